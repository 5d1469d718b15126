"""Which of several groups is best, and what rank each may have: confidence sets for all groups at once.

The statistics are `analyze.stats.ranks`; here they meet the groups, and words are found.
"""

from collections.abc import Sequence

import numpy as np

from analyze import text as fmt
from analyze.comparison.headline import Subject
from analyze.comparison.leaders import ranking
from analyze.question import Question
from analyze.records import Rank, Ranking
from analyze.stats import ranks
from analyze.stats.bootstrap import BootstrapSample, quantile, quantile_replicates
from analyze.stats.resampling import Floats, stream

# Two groups have a verdict, and need no ranks.
MIN_GROUPS = 3
# A sentence names so many groups.
MAX_NAMED = 6
MAX_DRAWS = 4999
# Shares have no error of their error: as many runs as make a normal one
_NORMAL = 1_000_000


def ranked(about: Subject) -> Ranking | None:
    """Return the rank sets of three groups or more: of means, medians over decades, shares of 0 and 1."""
    order = ranking(about)
    if len(order) < MIN_GROUPS:
        return None
    n_draws = min(about.question.resamples, MAX_DRAWS)
    found, n_units = _differences(order, about, n_draws)
    apart = ranks.told_apart(found, confidence=about.question.confidence)
    sets = ranks.rank_sets(found.estimates, apart)
    letters = ranks.letters(apart, range(len(order)))
    rows = tuple(
        # Shares with two runs added are in another order at times.
        Rank(group=group, rank=place, low=min(one.low, place), high=max(one.high, place), letters=letters[i])
        for i, (place, group, one) in enumerate(zip(range(1, len(order) + 1), order, sets, strict=True))
    )
    centre = {"decades": "median", "rates": "share"}.get(about.kind, "mean")
    return Ranking(centre=centre, n_units=n_units, ranks=rows, sentence=_sentence(rows, centre, about))


def _differences(order: Sequence[str], about: Subject, n_draws: int) -> tuple[ranks.Differences, int | None]:
    """Compare the groups in this order by what ranks them, where more is better; with the units of twins."""
    samples = [about.samples[group] for group in order]
    sign = -1.0 if about.question.better == "lower" else 1.0
    rng = stream(about.question.seed, "ranks")
    sizes = np.array([sample.n for sample in samples])
    if about.kind == "decades":
        medians = np.log10([quantile(sample.table, 0.5) for sample in samples])
        replicates = np.log10(np.column_stack([quantile_replicates(s, 0.5)[:n_draws] for s in samples]))
        return ranks.differences_of_replicates(sign * medians, sign * replicates), None
    if about.kind == "rates":
        hits = [int(s.table.counts[s.table.values == 1].sum()) for s in samples]
        # Agresti & Caffo 2000, doi 10.1080/00031305.2000.10474560
        shares = (np.array(hits) + 1) / (sizes + 2)
        errors = np.sqrt(shares * (1 - shares) / (sizes + 2))
        normal = np.full(len(sizes), _NORMAL)
        return ranks.differences_of_means(sign * shares, errors, normal, rng=rng, n_draws=n_draws), None
    means = np.array([sample.mean_offset + sample.table.values[0] for sample in samples])
    errors = _errors(samples)
    matched = _correlations(order, about)
    if matched is None:
        return ranks.differences_of_means(sign * means, errors, sizes, rng=rng, n_draws=n_draws), None
    correlations, n_units = matched
    found = ranks.differences_of_twins(sign * means, errors, correlations, n_units, rng=rng, n_draws=n_draws)
    return found, n_units


def _errors(samples: Sequence[BootstrapSample]) -> Floats:
    """Return standard errors of means; groups of equal runs have the mean spread of the others."""
    spreads = np.array([sample.scale * np.sqrt(sample.variance) for sample in samples])
    if (spreads > 0).any():
        spreads[spreads == 0] = np.sqrt(np.mean(spreads[spreads > 0] ** 2))
    return np.asarray(spreads / np.sqrt([sample.n for sample in samples]))


def _correlations(order: Sequence[str], about: Subject) -> tuple[Floats, int] | None:
    """Correlate groups over the units of which each has a run, if these are most of its runs."""
    if not about.table.pairable:
        return None
    runs = about.table.runs
    table = runs[runs["group"].isin(order)].pivot(index="unit", columns="group", values="value")
    values = table.dropna()[list(order)].to_numpy(dtype=np.float64)
    most = max(about.samples[group].n for group in order)
    if len(values) < MIN_GROUPS or 2 * len(values) <= most:
        return None
    spread = values.std(axis=0)
    centred = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    found = centred.T @ centred / len(values)
    np.fill_diagonal(found, 1.0)
    return found, len(values)


def _sentence(rows: Sequence[Rank], centre: str, about: Subject) -> str:
    question = about.question
    end = "lowest" if question.better == "lower" else "highest"
    what = f"the {end} {'share of 1' if centre == 'share' else f'{centre} {question.value}'}"
    if any(about.table.n_failed.values()):
        what += " of finished runs"
    first = [row.group for row in rows if row.low == 1]
    return best_sentence(first, rows, what, question)


def best_sentence(first: Sequence[str], rows: Sequence[Rank], what: str, question: Question) -> str:
    """Say which groups may have what makes the best; nothing where all may, as the verdict says that."""
    level = fmt.level(question.confidence)
    if len(first) == 1:
        return f"With {level} confidence {first[0]} has {what} of all {fmt.count(len(rows))} groups."
    if len(first) == len(rows):
        return ""
    are_first = first == [row.group for row in rows[: len(first)]]
    named = f"{'the first ' if are_first else ''}{fmt.count(len(first))} groups"
    if len(first) <= MAX_NAMED:
        named = fmt.listing(first)
    return f"With {level} confidence the group with {what} is among {named}."
