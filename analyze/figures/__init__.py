"""Figures: one file a figure, with all that is known of it, from its tables to its drawing.

`figure.Figure` is the record that each file makes one of; `catalogue.FIGURES` names them all. A figure's
`content` computes tables and words from a `source.FigureSource`; its `draw` computes nothing, so that
`results.json` alone is enough to draw it again. `style`, `words` and `binning` hold what figures share.
"""
