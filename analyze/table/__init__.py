"""Somebody's columns become groups of numbers.

`source.read_source` makes one frame of paths, URLs or a DataFrame (`readers/` know other people's files);
`runs.read` gives its columns their roles and accounts for every row: `outcomes` says which runs failed,
`units` what a run is, `grouping` what makes a group, `mixtures` which settings a group mixes.
"""
