"""How the table was understood: what a run is, which words failed, which way is better."""

from analyze.results import Results


def how_read(results: Results) -> list[str]:
    """Return what a reader has to know of what was taken as what; nothing for runs of our own."""
    read, question = results.read_as, results.question
    # Of our own runs nothing has to be guessed
    parts = [read.kind] if read.kind not in ("", "run database") else []
    if read.at is not None:
        row = f"the {read.at} row" if read.at in ("last", "best", "first") else f"the row at {read.at}"
        parts.append(f"of each {read.unit} {row}")
    elif read.unit is not None and read.unit_assumed:
        parts.append(f"a run is told by its {read.unit}")
    if question.paired is not None:
        parts.append(f"pairs by {question.paired}")
    if read.value_unit:
        parts.append(f"{question.value} in {read.value_unit}")
    if parts or read.told:
        assumed = " (assumed)" if read.better_assumed else ""
        parts.append(f"{question.better} {question.value} is better{assumed}")
    line = " · ".join(parts)
    return [f"{line[0].upper()}{line[1:]}", *read.told] if line else list(read.told)
