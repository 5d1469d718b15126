"""The report: `model` is everything that it says (`results.json`), `sections` turn it into a `document`.

The other modules are formats, one each: they render a document or the model, and compute nothing.
"""
