"""From groups of numbers to an answer: pairs, families of tests, verdicts, checks, sentences.

`compare.compare` is the way through it: `pair` for each two groups, `adjustment` over all tests, `verdict`
and `answer` for the words, `checks` for what a reader should know first.
"""
