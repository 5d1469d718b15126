"""The report's sections, from the model to blocks of a document; `catalogue.SECTIONS` has their order."""
