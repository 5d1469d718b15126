"""Train populations of networks and append every run to a run database.

The main path: `cli` turns arguments into a `campaign.Plan`; `campaign` finds the seeds that the
database lacks and cuts them into blocks; `executor` hands the blocks to worker processes; a `worker`
trains each seed with `train` and commits the rows through `store`; `schema` says what a row is.
"""
