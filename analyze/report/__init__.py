"""The report: `build` puts together everything that it says, `sections` turn that into a `document`.

The other modules are formats, one each: they render a document or the results, and compute nothing.
"""
