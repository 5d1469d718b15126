"""What a network does: drawn from a seed, trained through a schedule, measured at the end.

The only room that imports TensorFlow, but for `groups` and `outcome`, which the parent imports too.
"""
