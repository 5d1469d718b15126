"""The headline of a report: how large the difference is, in the reader's unit and with the groups' names.

Each kind of runs has its sentence (`kinds.Kind`); which groups fail comes before it, where that differs. The
name of the test and its p-value stand in the verdict's own sentence.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyze import text as fmt
from analyze.comparison.attainable import what_reaches
from analyze.comparison.kinds import Clusters, Kind, is_logarithmic, recognise
from analyze.comparison.pair import PairComparison
from analyze.direction import is_known, name_words
from analyze.question import Question
from analyze.stats.bootstrap import BootstrapSample, quantile, quantile_replicates
from analyze.stats.centres import Triple
from analyze.stats.estimates import middle_percentiles
from analyze.stats.resampling import Counts, rounding, weighted_sum
from analyze.stats.two_sample import compare_means
from analyze.table.runs import RunTable

# Below this part of the groups' spread a difference is hardly one
NEXT_TO_NOTHING = 0.1
# Half of so many ties show in the digits of a probability
MANY_TIES = 0.02
_VERBS = {
    "solved": "solves", "solve": "solves", "success": "succeeds in", "succeeded": "succeeds in",
    "correct": "is right in", "passed": "passes", "pass": "passes", "win": "wins", "won": "wins",
    "reached": "reaches the goal in", "converged": "converges in",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What headlines are about: the table, its groups and the kind of its runs."""

    table: RunTable
    samples: dict[str, BootstrapSample]
    kind: Kind
    clusters: Clusters | None
    n_pairs: int

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.table.question

    @property
    def better(self) -> tuple[str, str]:
        """Words for groups with smaller and with larger values; neutral where none are known to be better."""
        if self.question.better_assumed and not is_known(self.question.value):
            return "lower", "higher"
        return ("worse", "better") if self.question.better == "higher" else ("better", "worse")

    @property
    def examples(self) -> str:
        """What an accuracy is counted in."""
        return "test images" if not self.table.read_as.kind else "test examples"

    @property
    def level(self) -> str:
        """Words for the level of the intervals."""
        return f"{fmt.level(self.question.confidence)} interval"

    def fails_apart(self, pairs: Sequence[PairComparison]) -> bool:
        """Return whether groups fail with different probabilities, adjusted over the pairs."""
        compared = [pair.failures.pvalue for pair in pairs if pair.failures is not None]
        return bool(compared) and min(compared) * len(pairs) <= self.question.alpha

    def group(self, name: str) -> Counts:
        """Return the runs of a group that finished."""
        return self.samples[name].table


def subject(table: RunTable, samples: dict[str, BootstrapSample], *, n_pairs: int) -> Subject:
    """Recognise what kind of runs a table holds."""
    question = table.question
    values = {group: sample.table.values for group, sample in samples.items()}
    log = is_logarithmic(values, asked="auto", better=question.better, value=question.value)
    kind, clusters = recognise({g: s.table for g, s in samples.items()}, better=question.better, log=log)
    return Subject(table=table, samples=samples, kind=kind, clusters=clusters, n_pairs=n_pairs)


def of_pair(pair: PairComparison, about: Subject) -> str:
    """Say what was found of two groups, in one sentence or two."""
    if about.clusters is not None:
        return _clusters(pair, about, about.clusters)
    if about.kind == "rates":
        return _rates(pair, about)
    if pair.verdict == "inconclusive":
        return _too_few(pair, about)
    if pair.verdict == "no difference shown":
        return _nothing(pair, about)
    if pair.verdict == "equivalent":
        return _equivalent(pair, about)
    if about.kind == "decades":
        return _decades(pair, about)
    chance = f" {chance_sentence(pair, about)}" if about.n_pairs == 1 else ""
    return f"{_differs(pair, about)}{chance}"


def mean_difference(pair: PairComparison) -> tuple[float, float, float]:
    """Return the difference of means b − a and its interval: within pairs where the runs are matched."""
    within = None if pair.matched is None else pair.matched.headline
    if within is not None:
        return within
    row = pair.effects.loc[pair.effects["effect"] == "mean_difference"].iloc[0]
    return float(row["estimate"]), float(row["low"]), float(row["high"])


def size(pair: PairComparison, about: Subject, than: str = "") -> str:
    """Say how large a difference of means is: "22 fewer of 10,000 test images right (19 to 25)"."""
    estimate, low, high = mean_difference(pair)
    n_test = about.table.n_test
    scale = 1 if n_test is None else n_test
    first, *ends = fmt.roughly(scale * estimate, scale * low, scale * high)
    inside = _ends(low, high, ends, ("fewer", "more") if n_test else ("lower", "higher"))
    inside += _pairs_clause(pair, about)
    amount, word = _unsigned(first), "lower" if estimate < 0 else "higher"
    if n_test is None:
        much = "equal" if amount == "0" else f"{amount} {word}"
        return f"{about.question.value} {much} on average{than} ({inside})"
    much = "equally many" if amount == "0" else f"{amount} {'fewer' if estimate < 0 else 'more'}"
    return f"{much} of {fmt.count(n_test)} {about.examples} right{than} ({inside})"


def chance_sentence(pair: PairComparison, about: Subject) -> str:
    """Say how often a run of the second group beats one of the first."""
    share, ties = chance(pair, about)
    beats = "beats" if about.better != ("lower", "higher") else "lies above"
    plain = all(_WORD.fullmatch(name) for name in (pair.group_a, pair.group_b))
    who = f"A run of {pair.group_b} {beats} one of {pair.group_a}"
    if plain:
        one, other = f"{_article(pair.group_b)} {pair.group_b} run", _article(pair.group_a).lower()
        who = f"{one} {beats} {other} {pair.group_a} one"
    if ties < MANY_TIES:
        if share in (0, 1):
            return f"{'No' if share == 0 else 'Every'}{who.removeprefix('An').removeprefix('A')}."
        return f"{who} {fmt.percent(share)} of the time."
    return f"{who} {fmt.percent(share - ties / 2)} of the time, and equals it {fmt.percent(ties)}."


def chance(pair: PairComparison, about: Subject) -> tuple[float, float]:
    """Return P(a run of b beats one of a), half the ties counted, and P(they are equal)."""
    row = pair.effects.loc[pair.effects["effect"] == "probability_of_superiority"].iloc[0]
    above = float(row["estimate"])
    lower = about.better == ("better", "worse")
    return (1 - above if lower else above), pair.share_equal


def median_ratio(pair: PairComparison, about: Subject) -> tuple[str, str, tuple[float, float, float]]:
    """Return the group with the larger median, the other, and the ratio of medians with its interval.

    The interval is a percentile bootstrap of the difference of log medians.
    """
    a, b = about.samples[pair.group_a], about.samples[pair.group_b]
    larger, smaller = (pair.group_b, pair.group_a), (a, b)
    if quantile(b.table, 0.5) < quantile(a.table, 0.5):
        larger, smaller = (pair.group_a, pair.group_b), (b, a)
    below, above = smaller
    replicates = quantile_replicates(above, 0.5) / quantile_replicates(below, 0.5)
    low, high = middle_percentiles(
        replicates, confidence=about.question.confidence, spacing=rounding(above.table, below.table)
    )
    return *larger, (quantile(above.table, 0.5) / quantile(below.table, 0.5), low, high)


def ratios(pairs: Sequence[PairComparison], about: Subject) -> dict[str, Triple]:
    """Return median of b / median of a with its interval, by b, where values span decades.

    Of pairs with the first group only.
    """
    found: dict[str, Triple] = {}
    for pair in pairs if about.kind == "decades" else ():
        if pair.group_a == pairs[0].group_a:
            larger, _, (ratio, low, high) = median_ratio(pair, about)
            turned = larger != pair.group_b
            found[pair.group_b] = (1 / ratio, 1 / high, 1 / low) if turned else (ratio, low, high)
    return found


def _differs(pair: PairComparison, about: Subject) -> str:
    estimate, low, high = mean_difference(pair)
    than = f" than {pair.group_a}" if about.n_pairs > 1 else ""
    if low <= 0 <= high:
        unlike, which = _spread(pair), f" for {pair.group_b}"
        how = f"in spread: {unlike}" if unlike else "but hardly on average: "
        groups = f"{fmt.sentence_start(pair.group_a)} and {pair.group_b} differ{'' if unlike else ','}"
        return f"{groups} {how}{size(pair, about, which)}."
    word = about.better[estimate > 0]
    small = max(abs(low), abs(high)) < NEXT_TO_NOTHING * _spread_of(pair, about)
    hardly = ", by next to nothing" if small else ""
    return f"{fmt.sentence_start(pair.group_b)} is {word}{than}{hardly}: {size(pair, about)}."


def _spread(pair: PairComparison) -> str:
    row = pair.effects.loc[pair.effects["effect"] == "sd_ratio"].iloc[0]
    ratio, low, high = (float(row[name]) for name in ("estimate", "low", "high"))
    if not (low > 1 or high < 1):
        return ""
    first, *ends = fmt.roughly(ratio, low, high)
    return (
        f"the standard deviation of {pair.group_b} is {first} times that of {pair.group_a} "
        f"({ends[0]} to {ends[1]}); "
    )


def _nothing(pair: PairComparison, about: Subject) -> str:
    _, low, high = mean_difference(pair)
    between = f" between {pair.group_a} and {pair.group_b}" if about.n_pairs > 1 else ""
    if low > 0 or high < 0:
        return f"No difference of the distributions shown{between}, though of the means: {size(pair, about)}."
    n_test = about.table.n_test
    bound = max(-low, high) * (1 if n_test is None else n_test)
    if bound == 0:
        matched = pair.matched is not None and pair.matched.headline is not None
        who = "both runs of every pair have" if matched else "every run has"
        return f"No difference{between}: {who} the same {about.question.value}."
    if not math.isfinite(bound):
        return f"No difference shown{between}, and so few runs bound none."
    most = fmt.rounded_up(bound)
    of = "" if n_test is None else f" of {fmt.count(n_test)} {about.examples}"
    return f"No difference shown{between}; if there is one, it is below {most}{of} ({about.level})."


def _equivalent(pair: PairComparison, about: Subject) -> str:
    groups = f"{fmt.sentence_start(pair.group_a)} and {pair.group_b}"
    but = f", but not alike: {pair.unlike_spreads}" if pair.unlike_spreads else ""
    within = f"within ±{fmt.number(about.question.margin)}"
    return f"{groups} are equivalent on average, {within}{but}: {size(pair, about)}."


def _too_few(pair: PairComparison, about: Subject) -> str:
    n_runs = pair.n_a + pair.n_b
    of = f" {pair.group_a} from {pair.group_b}" if about.n_pairs > 1 else ""
    said = f"{fmt.sentence_start(fmt.few(n_runs)).capitalize()} runs cannot tell{of}."
    reachable = what_reaches(about.question, n_runs=min(pair.n_a, pair.n_b), n_pairs=1, two_values=False)
    if about.n_pairs == 1 and (needed := re.match(r"[\d,]+(?= (runs|pairs) .*without ties)", reachable)):
        large = "for so large a difference" if pair.separated else "if the groups did not overlap"
        said += f" {needed[0]} + {needed[0]} could, {large}; `analyze power` says how many."
    return said


def _rates(pair: PairComparison, about: Subject) -> str:
    def share(group: str) -> float:
        table = about.group(group)
        return float(table.counts[table.values == 1].sum()) / table.n

    verb = next((_VERBS[word] for word in name_words(about.question.value) if word in _VERBS), "")
    verb = verb or f"has {about.question.value} = 1 in"
    estimate, low, high = (100 * x for x in mean_difference(pair))
    first, *ends = fmt.roughly(estimate, low, high)
    none = ", no difference shown" if pair.verdict in ("no difference shown", "inconclusive") else ""
    return (
        f"{fmt.sentence_start(pair.group_a)} {verb} {fmt.percent(share(pair.group_a))}, "
        f"{pair.group_b} {fmt.percent(share(pair.group_b))}: {first} points ({ends[0]} to {ends[1]}){none}."
    )


def _decades(pair: PairComparison, about: Subject) -> str:
    larger, smaller, ratio = median_ratio(pair, about)
    first, *ends = fmt.roughly(*ratio)
    times = f"{first} times {smaller}'s ({ends[0]} to {ends[1]})"
    return f"{fmt.sentence_start(larger)}'s median {about.question.value} is {times}."


def _clusters(pair: PairComparison, about: Subject, found: Clusters) -> str:
    """Tell the runs that collapsed from the others, and compare these."""
    first, second = pair.group_a, pair.group_b
    lost = {group: found.collapsed(about.group(group)) for group in (first, second)}
    counts = {group: int(lost[group].counts.sum()) for group in lost}
    if counts[second] > counts[first]:
        first, second = second, first
    sizes = {group: about.group(group).n for group in lost}
    of = "" if sizes[first] == sizes[second] else f" of {fmt.count(sizes[second])}"
    in_second = f"{fmt.count(counts[second])}{of}" if counts[second] else "none"
    said = (
        f"{fmt.sentence_start(first)} {found.verb} to {_shortly(quantile(lost[first], 0.5))} in "
        f"{fmt.count(counts[first])} of {fmt.count(sizes[first])} runs, "
        f"{fmt.sentence_start(second)} in {in_second}"
    )
    rest = [found.others(about.group(group)) for group in (first, second)]
    if min(int(table.counts.sum()) for table in rest) < 2:
        return f"{said}."
    means = compare_means(rest[0], rest[1])
    low, high, _ = means.interval(about.question.confidence)
    decimals = fmt.decimals_for(high - low, 1)
    values = fmt.listing([fmt.fixed(weighted_sum(t.counts, t.values) / t.n, decimals) for t in rest])
    if not means.spreads or means.pvalue()[0] > about.question.alpha:
        return f"{said}; runs that train are alike ({values})."
    amount, *ends = fmt.roughly(means.estimate, low, high)
    return f"{said}; runs that train reach {values} (difference {amount}, {ends[0]} to {ends[1]})."


def _spread_of(pair: PairComparison, about: Subject) -> float:
    spreads = (about.samples[g] for g in (pair.group_a, pair.group_b))
    return float(max(s.scale * s.variance**0.5 for s in spreads))


def _ends(low: float, high: float, texts: Sequence[str], words: tuple[str, str]) -> str:
    """Name both ends, the nearer to zero first; their directions only where these differ."""
    first, last = map(_unsigned, texts)
    if low < 0 < high:
        return f"{first} {words[0]} to {last} {words[1]}"
    return f"{last} to {first}" if high <= 0 and low < 0 else f"{first} to {last}"


def _pairs_clause(pair: PairComparison, about: Subject) -> str:
    matched = pair.matched
    if matched is None or matched.headline is None:
        return ""
    left = matched.n_unmatched_a + matched.n_unmatched_b
    alone = f", {fmt.plural(left, 'run')} without a partner left out" if left else ""
    return f", {'same seeds' if about.question.unit == 'seed' else 'matched pairs'}{alone}"


def _shortly(value: float) -> str:
    return fmt.fixed(value, fmt.decimals_for(value, 2))


def _unsigned(text: str) -> str:
    return text.removeprefix(fmt.MINUS)


def _article(name: str) -> str:
    return "An" if name[0].lower() in "aeiou" else "A"
