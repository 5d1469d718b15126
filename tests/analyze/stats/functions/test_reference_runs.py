"""The runs of data/reference, 3 × 500 × 10,000 answers, against a prototype that shares no line with this."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_answers import matrices

from analyze.stats.functions import consistency
from analyze.stats.functions.attribution import attribution, same_seed
from analyze.stats.functions.disagreement import between, within
from analyze.stats.functions.energy import energy_test
from analyze.stats.functions.maps import effective_dimension, scaling
from analyze.stats.functions.separating import separating
from analyze.stats.functions.votes import plurality_votes
from analyze.stats.resampling import stream

REFERENCE = Path(__file__).parents[4] / "data" / "reference"
M = 10_000


@pytest.fixture(scope="module")
def answers():
    found = {}
    for path in REFERENCE.glob("*.parquet"):
        rows = pq.read_table(path, columns=["schedule", "seed", "status", "errors"]).sort_by("seed")
        assert set(rows["status"].to_pylist()) == {"ok"}
        codes = np.frombuffer(b"".join(rows["errors"].to_pylist()), dtype=np.uint8)
        found[rows["schedule"][0].as_py()] = codes.reshape(len(rows), -1)
    return found


@pytest.fixture(scope="module")
def staged(answers):
    return matrices(answers["joint"], answers["staged"])


@pytest.fixture(scope="module")
def longer(answers):
    return matrices(answers["joint"], answers["joint-long"])


def test_within(answers, staged):
    # disagreement, least and largest, κ, dimension, right answers of the vote of all
    expected = {
        "joint": (641.66, 514, 775, 0.7705, 362, 8874.0),
        "staged": (545.98, 446, 665, 0.8081, 347, 8821.0),
    }
    for (name, numbers), matrix in zip(expected.items(), staged, strict=False):
        found, codes = within(matrix, M, confidence=0.95), answers[name]
        assert found.n_identical_pairs == 0
        assert found.disagreement * M == pytest.approx(numbers[0], abs=0.006)
        assert (found.minimum * M, found.maximum * M) == pytest.approx(numbers[1:3])
        assert consistency.within(codes) == pytest.approx(numbers[3], abs=6e-5)
        assert effective_dimension(matrix) == pytest.approx(numbers[4], abs=0.5)
        (*_, vote) = plurality_votes(codes, rng=stream(0, "votes"), n_draws=2)
        assert vote.accuracy * M == pytest.approx(numbers[5], abs=1e-3)


def test_staged_is_another_function(answers, staged):
    found = between(*staged, M, twins=True, confidence=0.95)
    assert found.between * M == pytest.approx(614.13, abs=0.006)
    assert found.excess * M == pytest.approx(20.31, abs=0.006)
    assert (found.high - found.low) / 2 / 1.9647 * M == pytest.approx(0.370, abs=6e-4)  # t of 499, 97.5 %
    assert found.twins * M == pytest.approx(504.91, abs=0.006)
    assert (found.share, found.twins_ratio) == pytest.approx((0.0331, 0.822), abs=6e-4)
    assert staged[2].mean() == pytest.approx(613.91, abs=0.01)  # twins among the others
    kappa = consistency.between(answers["joint"], answers["staged"], twins=True)
    assert (kappa.between, kappa.twins) == pytest.approx((0.7821, 0.8216), abs=6e-5)
    told = attribution(*staged, twins=True)
    assert (told.balanced_accuracy, told.twins_told_apart) == (0.999, 1)
    assert told.auc == pytest.approx(1, abs=6e-5)


def test_images_that_separate(answers):
    joint, staged, longer = (answers[name] for name in ("joint", "staged", "joint-long"))
    found = separating(joint, staged, twins=True)
    change = found.n_right_b - found.n_right_a
    told = found.qvalues <= 0.05
    assert ((told & (change > 0)).sum(), (told & (change < 0)).sum()) == (506, 590)
    assert (change.argmax(), change.max(), change.argmin(), change.min()) == (1166, 180, 5657, -227)
    assert (separating(joint, longer, twins=True).qvalues <= 0.05).sum() == 337


def test_twins_of_longer_training_are_swapped_since_labels_see_nothing(longer):
    found = between(*longer, M, twins=True, confidence=0.95)
    assert found.between * M == pytest.approx(641.36, abs=0.006)
    assert found.twins * M == pytest.approx(28.96, abs=0.006)
    told = attribution(*longer, twins=True)
    assert (told.balanced_accuracy, told.twins_told_apart) == (0.651, 1)
    assert told.auc == pytest.approx(0.7245, abs=2e-4)
    swaps, labels = (
        energy_test(*longer, twins=twins, rng=stream(0, "energy"), n_resamples=999).pvalue
        for twins in (True, False)
    )
    assert (swaps, labels) == (0.001, 1)
    assert same_seed(longer[2], rng=stream(0, "seeds"), n_resamples=999)[0] == 0.001


def test_map_of_both(staged):
    of_a, of_b, of_both = staged
    found = scaling(np.block([[of_a, of_both], [of_both.T, of_b]]), first=500)
    assert found.shares[:2] == pytest.approx([0.0196, 0.0061], abs=6e-5)
    # the first axis separates them
    x = found.points[:, 0]
    assert ((x[:500] > 0).mean() + (x[500:] < 0).mean()) / 2 > 0.99
