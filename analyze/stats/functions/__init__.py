"""Runs as functions: what their answers to single test examples say of runs, groups and pairs of groups.

An array of answers has a row a run and a column a test example; 0 is right, and equal codes are equal
answers to the same example. Two runs disagree on an example where their codes differ.
"""
