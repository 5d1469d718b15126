"""Tables in and out of a run database.

`export` writes the database as one table. `importing` brings tables of runs in: `ours` reads those that
this program wrote (another database, an export), `foreign` those of anybody else, column by column as a
`columns.ColumnMap` says.
"""
