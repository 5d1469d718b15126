"""Runs as functions: what their answers to single test examples say of runs, groups and pairs of groups.

An array of answers has a row a run and a column a test example; 0 is right, and equal codes are equal
answers to the same example. Start at `disagreement`: its matrices of pairs of runs are what `energy` tests,
`attribution` classifies by and `maps` draws. `consistency`, `separating` and `votes` take the answers.

`twins` says that row r of both groups are runs that started alike, such as those of one seed.
"""
