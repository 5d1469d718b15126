"""Captions of raincloud and ridgelines."""

from collections.abc import Collection

from analyze import text as fmt
from analyze.figures.captions import words
from analyze.figures.captions.words import Samples


def raincloud(samples: Samples, *, n_outside: int, densities: bool) -> str:
    """Return the medians and what cloud, box and rain are."""
    cloud = "Cloud: Gaussian kernel density, all on one scale; " if densities else ""
    box = "box: middle half with the median; line: middle 90 %; "
    sizes = [values.size for values in samples.values()]
    most, fewer = max(sizes), " (of fewer runs: one each)" if min(sizes) < words.DOTS else ""
    rain = f"dots: one for every fiftieth of the runs{fewer}" if most > words.DOTS else "dots: the runs"
    text = f"{cloud}{box}{rain}."
    return f"{words.medians(samples)} {text[0].upper()}{text[1:]}{far(n_outside)}"


def ridgelines(samples: Samples, drawn: Collection[str], *, n_outside: int) -> str:
    """Return the medians and what areas, dotted outlines and ticks are."""
    baseline = words.name(next(iter(samples)))
    outline = f"dotted: that of {baseline} again; " if next(iter(samples)) in drawn else ""
    without = [words.name(group) for group in samples if group not in drawn]
    missing = (
        f" Too few runs or no spread for a density: {fmt.listing(without[: words.NAMED])}"
        f"{f' and {len(without) - words.NAMED} more' if len(without) > words.NAMED else ''}."
        if without
        else ""
    )
    return (
        f"{words.medians(samples)} Areas: Gaussian kernel densities, all on one scale; {outline}"
        f"upright ticks: medians.{missing}{far(n_outside)}"
    )


def far(n_outside: int) -> str:
    """Return how many runs lie outside the figure, as a sentence that follows another."""
    return f" Not drawn, because far away: {fmt.plural(n_outside, 'run')}." if n_outside else ""
