"""The run database: immutable Parquet segments in one place; the listing is the truth.

`place` is where segments live (`local` directory or `objects` in a bucket): publish whole or not at all.
`segment` turns rows into the bytes of a segment and back, and admits nothing broken.
`database` appends rows, reads them, and decides between rows of the same run.
`compaction`, `verification`, `status`, `export` and `copying` are the maintenance commands.
"""
