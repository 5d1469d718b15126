"""The report's sections, from the results to blocks of a document; `catalogue.SECTIONS` has their order."""
