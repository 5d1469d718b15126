"""Figures: one function per figure, from an entry of the report model to a plot.

`catalogue.FIGURES` names them all. An entry comes from `analyze.figures.tables`; nothing is computed here, so
that `results.json` alone is enough to draw every figure again. `style` holds what they have in common.
"""
