"""Tables of distribution functions with bands, and of their differences from the baseline."""

import numpy as np
from numpy.typing import NDArray

from analyze.figures import binning
from analyze.figures.binning import Floats
from analyze.figures.captions import ecdf as captions
from analyze.figures.captions import words
from analyze.figures.source import Columns, Entry, FigureSource, entry, stack
from analyze.stats.ecdf_difference import EcdfDifference

MAX_DIFFERENCES = 4
MAX_STEPS = 256


def ecdf(source: FigureSource) -> Entry | None:
    """Empirical distribution functions with simultaneous bands, and their differences from the baseline."""
    samples = source.samples()
    names = list(samples)
    places = binning.window(list(source.placed().values()))
    last_third = source.at((places[0] + 2 * places[1]) / 3)
    low, high = (source.at(place) for place in places)
    if low == high:  # one step in the middle of the figure
        half = max(abs(low) * 0.01, 1e-3)
        low, high = low - half, high + half
    most = MAX_STEPS if len(samples) <= 12 else MAX_STEPS // 2
    steps = [_ecdf_rows(g, v, source.confidence, (low, high), most) for g, v in samples.items()]
    tables = {"steps": stack(steps), "window": {"low": [low], "high": [high]}}
    others = [g for g in names[1:] if g in source.differences][:MAX_DIFFERENCES]
    differences = {g: source.differences[g] for g in others}
    if differences:
        a = names[0]
        tables["difference"] = stack(
            [_difference_rows(f"{g} − {a}", g, d, (low, high)) for g, d in differences.items()]
        )
        tables["largest"] = stack(
            [
                _largest_row(f"{g} − {a}", g, d, (samples[a], samples[g]), last_third)
                for g, d in differences.items()
            ]
        )
    return entry(
        source,
        "ecdf",
        f"Share of runs at or below each {source.value}",
        captions.ecdf(samples, source.value, source.confidence, tables, differences),
        f"Empirical distribution functions of {source.value} with bands. {words.samples_alt(samples)} "
        f"{captions.largest_alt(samples, source.value, tables)}",
        tables,
    )


def _ecdf_rows(
    group: str, values: Floats, confidence: float, window: tuple[float, float], max_steps: int
) -> Columns:
    """Return steps with the band of Dvoretzky, Kiefer, Wolfowitz and Massart (doi 10.1214/aop/1176990746)."""
    x, index = np.unique(values, return_index=True)
    y = np.append(index[1:], values.size) / values.size
    keep = _thin(x.size, max_steps)
    x, y = x[keep], y[keep]
    x, y = _across(x, y, window)
    half = np.sqrt(np.log(2 / (1 - confidence)) / (2 * values.size))
    return {
        "group": [group] * x.size,
        "x": x.tolist(),
        "y": y.tolist(),
        "low": np.maximum(y - half, 0.0).tolist(),
        "high": np.minimum(y + half, 1.0).tolist(),
    }


def _difference_rows(
    comparison: str, group: str, found: EcdfDifference, window: tuple[float, float]
) -> Columns:
    """Return the steps of F_b − F_a with its simultaneous band, which the drawing cuts at −1 and 1."""
    x, gap = _across(found.x, found.difference, window)
    return {
        "comparison": [comparison] * x.size,
        "group": [group] * x.size,
        "x": x.tolist(),
        "difference": gap.tolist(),
        "low": np.maximum(gap - found.half_width, -1.0).tolist(),
        "high": np.minimum(gap + found.half_width, 1.0).tolist(),
    }


def _across(x: Floats, y: Floats, window: tuple[float, float]) -> tuple[Floats, Floats]:
    """Extend steps over the window: 0 before the first, the last one's height after it."""
    before, after = int(window[0] < x[0]), int(window[1] > x[-1])
    x = np.concatenate([[window[0]] * before, x, [window[1]] * after])
    return x, np.concatenate([[0.0] * before, y, [y[-1]] * after])


def _largest_row(
    comparison: str, group: str, found: EcdfDifference, samples: tuple[Floats, Floats], last_third: float
) -> Columns:
    share_a, share_b = (
        float(np.searchsorted(sample, found.largest_x, side="right") / sample.size) for sample in samples
    )
    return {
        "comparison": [comparison],
        "group": [group],
        "x": [found.largest_x],
        "difference": [found.largest_difference],
        "label_side": ["left" if found.largest_x > last_third else "right"],
        "share_a": [share_a],
        "share_b": [share_b],
    }


def _thin(size: int, max_steps: int) -> NDArray[np.int64]:
    return np.unique(np.rint(np.linspace(0, size - 1, min(size, max_steps))).astype(np.int64))
