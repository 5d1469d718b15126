"""Who trains when: a plan is cut into blocks, workers train them and say what has become of each seed.

`pool` has workers of this machine, `dask` those of a cluster; both take blocks and give `messages`.
"""
