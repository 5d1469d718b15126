"""Captions of histograms, raincloud and ridgelines."""

from collections.abc import Mapping

from analyze import text as fmt
from analyze.figures.binning import Bins
from analyze.figures.captions import words
from analyze.figures.captions.words import Columns, Samples


def distributions(samples: Samples, bins: Bins, tables: Mapping[str, Columns], *, log: bool) -> str:
    """Return the finding of the histogram, what bars and lines are, and what is not drawn."""
    sentences = [words.medians(samples), _overlap(tables.get("bins")), _bars(bins, tables, log=log)]
    for row in words.rows(tables.get("spikes")):
        value, n = words.precise(row["x"], samples), fmt.plural(row["n"], "run")
        sentences.append(f"{words.name(row['group'])} is constant: {n} at {value} (a spike, not to scale).")
    for row in words.rows(tables.get("outside")):
        beyond = [(row["n_below"], "below"), (row["n_above"], "above")]
        counts = fmt.listing([f"{fmt.count(n)} {side}" for n, side in beyond if n])
        sentences.append(f"Not drawn, because far away: {words.name(row['group'])} {counts}.")
    return " ".join(s for s in sentences if s)


def _overlap(bins: Columns | None) -> str:
    if not bins:
        return ""
    shares: dict[str, list[float]] = {}
    for group, share in zip(bins["group"], bins["share"], strict=True):
        shares.setdefault(group, []).append(share)
    if len(shares) != 2:
        return ""
    a, b = shares.values()
    common = sum(min(pair) for pair in zip(a, b, strict=True))
    return f"The two histograms share {fmt.percent(common)} of their area."


def _bars(bins: Bins, tables: Mapping[str, Columns], *, log: bool) -> str:
    width = f"a factor of {fmt.number(10**bins.width, 3)}" if log else fmt.number(bins.width, 3)
    if bins.step is None:
        grid = ""
    else:
        grid = f" ({fmt.plural(round(bins.width / bins.step), 'step')} of the measurement grid)"
    lines = "; lines: Gaussian kernel density on their scale" if "density" in tables else ""
    return f"Bars: share of a group's runs in bins of {width}{grid}{lines}."
