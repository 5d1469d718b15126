"""Train populations of networks and append every run to a run database.

The rooms follow the life of a run: `cli` turns arguments into a `running.plan.Plan`; `running` finds the
seeds that the database lacks, cuts them into blocks and hands these to workers; `training` trains each
seed; `store` keeps the rows; `strategy` says what is asked. Imports point that way only.
"""
