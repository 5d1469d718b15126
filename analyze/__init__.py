"""Compare groups of runs in any table, and write a report about it.

The main path: `cli` turns options into a `question.Question`; `table` reads the runs and says what is
left out; `comparison` computes all pairs with `stats` and gives verdicts; `figures` makes their tables and
draws them; `report` puts everything into one model (`results.json`) and renders it in every format.
"""
