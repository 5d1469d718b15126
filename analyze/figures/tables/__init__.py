"""What every figure shows, as tidy tables: computed here, once; drawn by `analyze.figures`.

`catalogue.figure_entries` takes a `source.FigureSource` and returns plain data for each figure that the runs
admit: ``figure, title, caption, alt, value, groups, tables``. The caption states the finding, the alt text
says in words what a reader would see; `tables` are small however many runs there are.
"""
