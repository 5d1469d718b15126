import pytest

from analyze.table.readers.seeds import split_seeds


@pytest.mark.parametrize(
    ("runs", "names", "seeds"),
    [
        (["base-s1", "base-s2", "big-s1"], ["base", "base", "big"], [1, 2, 1]),
        (["base_0", "base_1", "big_0", "big_1"], ["base", "base", "big", "big"], [0, 1, 0, 1]),
        (["Base (Seed 3)", "Base (Seed 14)"], ["Base", "Base"], [3, 14]),
        (["a/seed=7", "a/seed=8"], ["a", "a"], [7, 8]),
    ],
)
def test_seeds_at_the_end_of_names_are_found(runs, names, seeds):
    split = split_seeds(runs)
    assert [split[run]["name"] for run in runs] == names
    assert [split[run]["seed"] for run in runs] == seeds


@pytest.mark.parametrize(
    "runs",
    [
        ["fluffy-sun-1", "misty-lake-2", "warm-dew-3"],
        ["resnet_18", "resnet_34", "resnet_50", "vgg_16", "vgg_19"],
        ["lr_1", "lr_2"],
        ["base_seed0", "base_seed1", "tuned"],
        ["a_seed0", "b_seed0"],
        ["base_seed0", "base-seed0", "base_seed1"],
        ["fold0", "fold1"],
        ["run0", "run1"],
        ["overrun1", "overrun2"],
    ],
)
def test_other_numbers_are_no_seeds(runs):
    assert split_seeds(runs) == {}
