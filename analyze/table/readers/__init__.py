"""Other people's files: one module a kind, one line each in `catalogue.READERS`.

`analyze.table.readers.catalogue.read_found` tries the readers in order; the first that recognises a `Found`
place reads it into a `Reading`: one row a run, or one row a step of a run, with what was decided on the way.
"""
