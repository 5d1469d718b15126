"""What is asked: schedules, optimizers, data sets, and the configuration that they make together.

Nothing here trains or stores; the canonical text of a `config.RunConfig` names a configuration everywhere.
"""
