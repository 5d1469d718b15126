"""Groups compared within tasks, and over them: method × task × run.

`van_elteren` tests within tasks, `scores` sums up over these tasks with intervals, `random_effects` asks of a
further task like these, `friedman` ranks by the tasks' means as critical-difference diagrams do.
"""
