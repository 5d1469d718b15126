"""Statistics: numbers in, numbers out. Nothing here knows groups by name, tables or sentences.

Start at `two_sample` (tests of two samples), `effects` (effect sizes with intervals), `omnibus` (many
samples), `paired_tests` and `paired_effects` (matched pairs). They work on counts of distinct values and draw
by named streams, both of `resampling`.

`functions` compares runs by their answers to single test examples; `dip` asks whether values have one mode.
"""
