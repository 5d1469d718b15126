"""Compare groups of runs in any table, and write a report about it.

The main path: `cli` turns options into a `question.Question`; `table` reads the runs and says what is
left out; `compare` tests all pairs and gives verdicts; `report` puts everything into one model
(`results.json`); `render` turns the model into HTML, PDF, CSV and a summary for the terminal.
"""
