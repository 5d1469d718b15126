"""A schedule of one's own is what its file says, or one clear line says what is wrong with it."""

from pathlib import Path

import pytest

from collect.errors import DataError, UsageError
from collect.strategy.files import read_schedule
from collect.strategy.schedules import Schedule, Stage

GOOD = """
summary = "layer 1 without labels, then everything"
[[stages]]
objective = "reconstruct"
depth = 1
steps = 200
rate_factors = [[0, 0.1]]
corruption = 0.25
images = "all"
[[stages]]
depth = 3
steps = 1000
rate_factors = [[0, 1], [750, 0.3]]
layers = [3, 2]
reset = ["head3", "layer2"]
"""


def read(tmp_path, text, name="mine.toml"):
    (tmp_path / name).write_text(text)
    return read_schedule(tmp_path / name)


def test_a_file_is_read_as_it_says(tmp_path):
    assert read(tmp_path, GOOD) == Schedule(
        name="mine",
        summary="layer 1 without labels, then everything",
        stages=(
            Stage(
                objective="reconstruct",
                depth=1,
                steps=200,
                rate_factors=((0, 0.1),),
                corruption=0.25,
                images="all",
            ),
            Stage(
                depth=3,
                steps=1000,
                rate_factors=((0, 1.0), (750, 0.3)),
                layers=(2, 3),
                reset=("layer2", "head3"),
            ),
        ),
    )
    assert read(tmp_path, f'name = "other"\n{GOOD}').name == "other"


def stage(text, last="[[stages]]\ndepth = 3\nsteps = 1"):
    return f"[[stages]]\n{text}\n{last}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "stages is missing, but is to be at least one [[stages]] table"),
        ("stages = 3", "stages is 3, but is to be at least one [[stages]] table"),
        ("stages = []", "stages is [], but is to be at least one"),
        (
            "summary = 3\nstages = [{depth = 3, steps = 1}]",
            "summary is 3, but is to be a text in quotation marks",
        ),
        ("step = 3", "unknown key 'step': choose from name, summary, stages"),
        ('name = "a b"\n[[stages]]\ndepth = 3\nsteps = 1', "name is 'a b', but is to be letters, digits"),
        ('name = "ab\\n"\n[[stages]]\ndepth = 3\nsteps = 1', "name is 'ab\\n', but is to be letters, digits"),
        ('name = "joint"\n[[stages]]\ndepth = 3\nsteps = 1', "'joint' is the name of a built-in schedule"),
        (stage("depth = 1"), "stage 1: steps is missing"),
        (stage("steps = 1"), "stage 1: depth is missing"),
        (stage("depth = 1\nsteps = 0"), "stage 1: steps is 0, but is to be a whole number from 1"),
        (stage("depth = 1\nsteps = 1.5"), "stage 1: steps is 1.5"),
        (stage("depth = 1\nsteps = true"), "stage 1: steps is True"),
        (stage("depth = 4\nsteps = 1"), "stage 1: depth is 4, but is to be a whole number from 1 to 3"),
        (stage("depth = 1\nsteps = 1\nstepz = 1"), "stage 1: unknown key 'stepz': choose from depth, steps"),
        (
            stage("depth = 1\nsteps = 1\nlayers = [2]"),
            "layers is [2], but is to be a list of layers from 1 to",
        ),
        (stage('depth = 1\nsteps = 1\nreset = ["layer4"]'), "reset is ['layer4'], but is to be a list of"),
        (
            stage('depth = 1\nsteps = 1\nobjective = "decode"'),
            "objective is 'decode', but is to be one of classify",
        ),
        (
            stage('depth = 1\nsteps = 1\nimages = "test"'),
            "images is 'test', but is to be one of labelled, all",
        ),
        (stage('depth = 1\nsteps = 1\nimages = "all"'), "have no labels here"),
        (stage("depth = 1\nsteps = 1\ncorruption = 0.5"), "corruption is for objective = 'reconstruct' only"),
        (
            stage('depth = 1\nsteps = 1\nobjective = "reconstruct"\ncorruption = 1.0'),
            "corruption is 1.0, but is to be a probability",
        ),
        (
            stage('depth = 1\nsteps = 1\nobjective = "reconstruct"\nlayers = [1]'),
            "an autoencoder trains layer 1 only",
        ),
        (stage("depth = 1\nsteps = 9\nrate_factors = [[1, 1.0]]"), "first steps are to begin with 0"),
        (stage("depth = 1\nsteps = 9\nrate_factors = [[0, 1.0], [9, 0.1]]"), "less than the stage's 9 steps"),
        (stage("depth = 1\nsteps = 9\nrate_factors = [[0, nan]]"), "each is [first step, factor]"),
        (stage("depth = 1\nsteps = 9\nrate_factors = 0.1"), "rate_factors is 0.1"),
        (stage(f"depth = 1\nsteps = {2**31}"), "steps is 2147483648, but is to be a whole number from 1"),
        (20_000 * "[[stages]]\ndepth = 3\nsteps = 1\n", "[[stages]] table and at most 100"),
        (
            stage(f"depth = 1\nsteps = 999\nrate_factors = {[[n, 1.0] for n in range(101)]}"),
            "but is to be a list of at most 100 in which each is [first step, factor]",
        ),
        (stage("depth = 1\nsteps = 1\nlayers = " + 90 * "[" + 90 * "]"), "layers is [[[[[["),
        ('summary = "a\\u0000"\n' + stage("depth = 3\nsteps = 1"), "is to be a text in quotation marks"),
        (stage("depth = 1\nsteps = 1", last=""), "no stage trains head 3, which is measured"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"schedule file {tmp_path / 'mine.toml'}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.toml: no such file"):
        read_schedule(tmp_path / "absent.toml")
    with pytest.raises(DataError, match=r"mine\.toml cannot be read as TOML"):
        read(tmp_path, "stages = [")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read(tmp_path, f"stages = {50_000 * '['}{50_000 * ']'}")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read(tmp_path, f"stages = {'9' * 5_000}")
    with pytest.raises(DataError, match="is to be a file of at most 1,000,000 bytes"):
        read(tmp_path, "#" * 1_000_001)
    with pytest.raises(DataError, match="is to be a file of at most 1,000,000 bytes"):
        read_schedule(Path("/dev/zero"))
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read_schedule(tmp_path / "mine.toml")
