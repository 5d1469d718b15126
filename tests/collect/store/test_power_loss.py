"""Whatever a power cut leaves of unsynced writes, every acknowledged row is read and no batch is torn."""

import dataclasses
import functools
import itertools
import os
import shutil
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from faulty_os import killed, run_over
from made_rows import make_row, runs_of
from power_cut import Files, in_the_end, on_disk, restore, states
from recording_os import Event, RecordingOs, install

from collect.errors import CollectError
from collect.store import compaction, database, local
from collect.store.local import LocalDirectory
from collect.store.place import Place
from collect.store.schema import Run

FOLDER = "new/runs"
Batch = tuple[str, ...]  # its rows, by run_id
Outcome = tuple[str, frozenset[str]]  # what is wrong, and the run_ids that were read


@pytest.fixture(autouse=True)
def nobody_waits_for_the_device(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class Campaign:
    """Appends numbered batches, and logs what it was told is done."""

    def __init__(self, place: Place, recording: RecordingOs) -> None:
        self.place = place
        self.batches: list[list[Run]] = []
        self._recording = recording

    def prepare(self) -> None:
        """Start as a new process does: what it finds there it will not train again."""
        self.place.prepare()
        found = set(database.read(self.place)["run_id"].to_pylist())
        for batch in map(_batch, self.batches):
            if found.issuperset(batch):
                self._recording.acknowledge(batch)

    def append(self) -> None:
        n = len(self.batches)
        self.batches.append(
            [make_row(seed, schedule=f"s{n % 2}") for seed in range(3 * n, 3 * n + 2 + n % 2)]
        )
        database.append(self.place, self.batches[-1])
        self._recording.acknowledge(_batch(self.batches[-1]))

    def compact(self) -> None:
        compaction.compact(self.place, grace_s=0)
        self._recording.acknowledge(f"compacted at {len(self.batches)}")


def _batch(rows: Sequence[Run]) -> Batch:
    return tuple(sorted(row.run_id for row in rows))


@pytest.fixture
def record(monkeypatch, tmp_path):
    """Run a scenario over the recording file layer and return the campaign and its log."""

    def run(scenario: Callable[[Campaign], None], **options) -> tuple[Campaign, list[Event]]:
        shutil.rmtree(root := tmp_path / "disk", ignore_errors=True)
        root.mkdir()
        with monkeypatch.context() as patch:
            recording = install(patch, root, **options)
            campaign = Campaign(LocalDirectory(root / FOLDER), recording)
            # Somebody else appends while a compaction waits before it removes what it has replaced.
            patch.setattr(compaction, "time", SimpleNamespace(sleep=lambda _: campaign.append()))
            scenario(campaign)
        assert in_the_end(recording.log) == on_disk(root), "something happened behind the recording's back"
        return campaign, recording.log

    return run


@dataclasses.dataclass(slots=True)
class Search:
    """Reads the states that a power cut may leave, each once, until something is wrong."""

    campaign: Campaign
    folder: Path
    n_cuts: int = 4
    states: set[Files] = dataclasses.field(default_factory=set)
    outcomes: dict[Files, Outcome] = dataclasses.field(default_factory=dict)

    def violation(self, log: Sequence[Event]) -> str:
        """Return what is wrong in the first state that has lost, torn or unreadable rows, or nothing."""
        for files, acknowledged in states(log, n_cuts=self.n_cuts):
            self.states.add(files)
            wrong, rows = self._outcome(_without_contents_of_hidden(files))
            if wrong or (wrong := _lost(acknowledged, rows)):
                return wrong
        return ""

    def _outcome(self, files: Files) -> Outcome:
        if files not in self.outcomes:
            disk = self.folder / str(len(self.outcomes))
            restore(files, disk)
            self.outcomes[files] = _read_and_compare(LocalDirectory(disk / FOLDER), self.campaign.batches)
            shutil.rmtree(disk)
        return self.outcomes[files]


def _without_contents_of_hidden(files: Files) -> Files:
    """Readers look at no byte of a hidden file, so states that differ there alone are read once."""
    return frozenset((path, b"?" if path.rpartition("/")[2][0] == "." else c) for path, c in files)


def _read_and_compare(place: Place, batches: Sequence[list[Run]]) -> Outcome:
    """Return what is wrong with a database by itself, and the run_ids of its rows."""
    try:
        rows = {row.run_id: row for row in runs_of(database.read(place))}
        place.prepare()
    except CollectError as error:
        return str(error), frozenset()
    written = {row.run_id: row for batch in batches for row in batch}
    for run_id, row in rows.items():
        if row != written.get(run_id):
            return f"the row {run_id} was not written so", frozenset(rows)
    for batch in map(_batch, batches):
        if 0 < len(rows.keys() & set(batch)) < len(batch):
            return f"the batch {batch} is partial", frozenset(rows)
    return "", frozenset(rows)


def _lost(acknowledged: frozenset[Hashable], rows: frozenset[str]) -> str:
    for batch in acknowledged:
        if isinstance(batch, tuple) and not rows.issuperset(batch):
            return f"the acknowledged batch {batch} is lost"
    return ""


def a_collection(campaign: Campaign, *, n_before: int) -> None:
    campaign.prepare()
    for _ in range(n_before):
        campaign.append()
    campaign.compact()
    for _ in range(3):
        campaign.append()


@pytest.mark.parametrize("has_links", [True, False], ids=["links", "no links"])
def test_no_power_cut_loses_or_tears_an_acknowledged_row(record, tmp_path, stress, report_counts, has_links):
    n_before, n_cuts = (10, 64) if stress else (6, 40)
    campaign, log = record(functools.partial(a_collection, n_before=n_before), has_links=has_links)
    search = Search(campaign, tmp_path / "states", n_cuts)
    assert not search.violation(log)
    n_states = len(search.states)
    report_counts(
        f"power loss ({'hard links' if has_links else 'renames'}): cut at {len(log) + 1} points, "
        f"{n_states} legal states, {len(search.outcomes)} of them different for a reader, 0 violations"
    )
    assert n_states >= 1000


@pytest.fixture
def record_a_kill(record, monkeypatch):
    """Run a scenario in which one process is killed after so many calls, and another one goes on."""

    def run(killed_in: str, n_good: int) -> tuple[Campaign, list[Event], bool]:
        was_killed = False

        def scenario(campaign: Campaign) -> None:
            nonlocal was_killed
            if killed_in != "prepare":
                campaign.prepare()
                campaign.append()
            if killed_in == "compact":
                campaign.append()
            faulty = killed(n_good, inner=local.os)
            was_killed = run_over(monkeypatch, faulty, getattr(campaign, killed_in))
            campaign.prepare()
            campaign.append()

        return *record(scenario), was_killed

    return run


@pytest.mark.parametrize("killed_in", ["prepare", "append", "compact"])
def test_a_power_cut_after_a_killed_process_loses_nothing(
    record_a_kill, tmp_path, stress, report_counts, killed_in
):
    step = 1 if stress or killed_in != "compact" else 5
    n_states = n_kills = 0
    for n_good in itertools.count(step=step):
        campaign, log, was_killed = record_a_kill(killed_in, n_good)
        search = Search(campaign, tmp_path / "states", n_cuts=2)
        assert not search.violation(log)
        if not was_killed:
            break
        n_states += len(search.states)
        n_kills += 1
    report_counts(f"power loss after each of {n_kills} kills in {killed_in}: {n_states} states, 0 violations")
    assert n_kills >= 5


@pytest.mark.parametrize("removed", ["file", FOLDER, "new", "."])
def test_a_missing_fsync_is_found_out(record, tmp_path, removed, report_counts):
    campaign, log = record(functools.partial(a_collection, n_before=2), unsynced=removed)
    search = Search(campaign, tmp_path / "states")
    violation = search.violation(log)
    report_counts(f"power loss, without fsync of {removed}: state {len(search.states)} is a violation")
    assert violation
