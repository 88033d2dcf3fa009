"""What goes out comes in: the same bytes at the same positions under the same root, however it was interrupted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.eventstore.log import LedgerLog, open_log
from adapters.segments.folder import MANIFEST, PARTIAL, growing_export, open_export
from domain.application import log_export
from domain.application.log_import import import_log
from domain.application.segments import check_outline, check_segments
from domain.application.tree_check import check_tree
from domain.kernel.errors import (
    CorruptRecord,
    DifferentLog,
    InvalidCursor,
    InvalidInput,
    Unavailable,
)
from domain.kernel.ids import Position
from domain.kernel.merkle import Checkpoint
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.segments.conftest import EVENTS, SEGMENT, all_raw, contents, export, fill
from tests.support.stored import StoredList

pytestmark = pytest.mark.usefixtures("small_segments")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "export"


def test_an_import_has_the_same_bytes_positions_and_root(
    log: LedgerLog, target: LedgerLog, folder: Path
) -> None:
    done = export(log, folder)
    assert (done.outline.segments, done.new_events) == (3, EVENTS)
    taken = import_log(open_export(folder), target, target.tree)
    assert (taken.new_segments, taken.new_events, taken.outline) == (3, EVENTS, done.outline)
    assert all_raw(target) == all_raw(log)
    assert target.tree.head() == log.tree.head()
    assert check_tree(target, target.tree).difference is None
    assert target.read(Position(0), 100) == log.read(Position(0), 100)


def test_the_imported_log_goes_on_as_the_exported_one_would(
    log: LedgerLog, target: LedgerLog, folder: Path
) -> None:
    export(log, folder)
    import_log(open_export(folder), target, target.tree)
    fill(target, EVENTS + 1, EVENTS + 4)
    assert check_tree(target, target.tree).difference is None
    assert target.head() == EVENTS + 4
    fill(log, EVENTS + 5, EVENTS + 9)
    export(log, folder)
    with pytest.raises(DifferentLog, match="does not begin with"):
        export(target, folder)


@settings(max_examples=8, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=6))
def test_exports_and_imports_in_steps_end_where_one_step_does(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool]]
) -> None:
    here = tmp_path_factory.mktemp("steps")
    with (
        open_log(str(here / "source.db"), TickingClock()) as source,
        open_log(str(here / "target.db"), TickingClock()) as target,
    ):
        for count, also_import in steps:
            fill(source, source.head() + 1, source.head() + count)
            before = contents(here / "export") if (here / "export").exists() else {}
            export(source, here / "export")
            after = contents(here / "export")
            # What is sealed stays as it is: files are added, and lines.
            assert all(after[name].startswith(content) for name, content in before.items())
            if also_import:
                import_log(open_export(here / "export"), target, target.tree)
                assert all_raw(target) == all_raw(source)
        outline = check_segments(open_export(here / "export"))
        assert outline.head == source.tree.head()
        import_log(open_export(here / "export"), target, target.tree)
        assert all_raw(target) == all_raw(source)
        assert target.tree.head() == source.tree.head()


def test_the_same_log_makes_the_same_files(log: LedgerLog, folder: Path, tmp_path: Path) -> None:
    export(log, folder)
    export(log, tmp_path / "again")
    assert contents(folder) == contents(tmp_path / "again")
    assert not export(log, folder).new_segments
    assert contents(folder) == contents(tmp_path / "again")


def test_a_full_segment_is_one_node_of_the_tree_and_can_be_read_with_other_tools(
    log: LedgerLog, folder: Path
) -> None:
    export(log, folder)
    first, *lines = [json.loads(line) for line in (folder / MANIFEST).read_text().splitlines()]
    assert first["format"] == "agentgpt-ledger/export/1"
    assert [(line["after"], line["last"]) for line in lines] == [(0, 8), (8, 16), (16, 21)]
    assert [len(line["edge"]) for line in lines] == [0, 1, 1]
    plain = gzip.decompress((folder / "events-000000000009-000000000016.gz").read_bytes())
    states = []
    while plain:
        size = int.from_bytes(plain[:4], "big")
        states.append(plain[4 : 4 + size])
        plain = plain[4 + size :]
    assert states == [state for _, state in log.raw(Position(8), SEGMENT)]


@pytest.mark.parametrize("after", [0, 1, 8, 13, EVENTS])
def test_an_export_can_begin_behind_a_position(
    log: LedgerLog, target: LedgerLog, folder: Path, tmp_path: Path, after: int
) -> None:
    done = export(log, folder, after=after)
    assert (done.outline.after, done.new_events) == (after, EVENTS - after)
    assert check_segments(open_export(folder)).head == log.tree.head()
    if after:
        with pytest.raises(DifferentLog, match="the ledger ends at 0"):
            import_log(open_export(folder), target, target.tree)
        export(log, tmp_path / "first", until=after)
        import_log(open_export(tmp_path / "first"), target, target.tree)
    import_log(open_export(folder), target, target.tree)
    assert all_raw(target) == all_raw(log)
    fill(log, EVENTS + 1, EVENTS + 9)
    assert export(log, folder).new_events == 9
    import_log(open_export(folder), target, target.tree)
    assert all_raw(target) == all_raw(log)


def test_positions_that_an_export_cannot_begin_behind_are_refused(
    log: LedgerLog, folder: Path
) -> None:
    for after in (-1, EVENTS + 1):
        with pytest.raises(InvalidCursor):
            export(log, folder, after=after)
    assert contents(folder) == {}
    export(log, folder, after=3)
    before = contents(folder)
    with pytest.raises(InvalidCursor, match="begins behind position 3, not 4"):
        export(log, folder, after=4)
    assert contents(folder) == before
    export(log, folder, after=3)


@pytest.mark.parametrize("held", [0, 1, 7, 8, 9, 16, 20, EVENTS])
def test_an_import_goes_on_wherever_the_ledger_ends(
    log: LedgerLog, target: LedgerLog, folder: Path, held: int
) -> None:
    export(log, folder)
    states = [state for _, state in log.raw(Position(0), max(held, 1))][:held]
    target.restore(Position(0), states)
    taken = import_log(open_export(folder), target, target.tree)
    assert taken.new_events == EVENTS - held
    assert all_raw(target) == all_raw(log)
    assert target.tree.head() == log.tree.head()


def test_a_ledger_that_is_ahead_of_the_export_has_nothing_to_take_in(
    log: LedgerLog, target: LedgerLog, folder: Path
) -> None:
    export(log, folder, until=10)
    import_log(open_export(folder), target, target.tree)
    fill(target, 100, 120)
    taken = import_log(open_export(folder), target, target.tree)
    assert (taken.new_segments, taken.new_events) == (0, 0)


@pytest.mark.parametrize("held", [1, 8, 20, EVENTS, EVENTS + 5])
def test_a_ledger_with_other_events_is_refused_and_left_as_it_is(
    log: LedgerLog, target: LedgerLog, folder: Path, held: int
) -> None:
    export(log, folder)
    # Other blocks, so other bytes.
    fill(target, 1_001, 1_000 + held)
    before = all_raw(target)
    with pytest.raises(DifferentLog, match="not those of the export"):
        import_log(open_export(folder), target, target.tree)
    assert all_raw(target) == before


def test_a_ledger_that_is_written_to_meanwhile_is_not_imported_into(
    log: LedgerLog, target: LedgerLog, folder: Path
) -> None:
    export(log, folder)

    def somebody_writes(done: int, total: int) -> None:
        if done == SEGMENT:
            fill(target, 1_001, 1_001)

    with pytest.raises(DifferentLog, match="written to meanwhile"):
        import_log(open_export(folder), target, target.tree, on_progress=somebody_writes)
    assert target.head() == SEGMENT + 1
    assert check_tree(target, target.tree).difference is None


def test_the_end_of_the_export_is_held_against_a_signed_head(log: LedgerLog, folder: Path) -> None:
    export(log, folder, until=10)
    export(log, folder)
    segments = open_export(folder)
    for size in (0, 8, 10, 16, EVENTS):
        assert check_outline(segments, Checkpoint("log", log.tree.head(size))).head.size == EVENTS


# --- Interruptions and folders.


def test_every_place_where_an_export_can_stop_is_gone_on_from(
    log: LedgerLog, folder: Path, tmp_path: Path
) -> None:
    export(log, folder)
    whole = contents(folder)
    lines = whole[MANIFEST].splitlines(keepends=True)
    names = sorted(name for name in whole if name != MANIFEST)
    for cut in range(len(whole[MANIFEST]) + 1):
        stopped = tmp_path / f"stopped{cut}"
        stopped.mkdir()
        (stopped / MANIFEST).write_bytes(whole[MANIFEST][:cut])
        done = max(0, len(whole[MANIFEST][:cut].splitlines(keepends=True)) - 1)
        # The file of the next segment is there before its line is.
        for name in names[: done + 1]:
            (stopped / name).write_bytes(whole[name])
        (stopped / PARTIAL).write_bytes(b"half")
        if cut % 40 == 0 or whole[MANIFEST][cut - 1 : cut] == b"\n":
            export(log, stopped)
            assert contents(stopped) == whole
    assert len(lines) == 4


def test_a_file_that_an_interrupted_export_left_does_not_stay(log: LedgerLog, folder: Path) -> None:
    export(log, folder, until=8)
    (folder / "events-000000000009-000000000010.gz").write_bytes(b"the log was shorter then")
    export(log, folder)
    assert [name for name in contents(folder) if name.startswith("events-000000000009")] == [
        "events-000000000009-000000000016.gz"
    ]


def test_one_process_at_a_time_adds_to_a_folder(log: LedgerLog, folder: Path) -> None:
    with growing_export(folder), pytest.raises(Unavailable, match="another process exports"):
        export(log, folder)
    export(log, folder)


def test_folders_that_are_no_exports_are_refused_and_left_as_they_are(
    log: LedgerLog, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for place in (other, tmp_path / "file", tmp_path / "missing" / "export"):
        with pytest.raises(InvalidInput) as refusal:
            export(log, place)
        assert refusal.value.hint
        with pytest.raises(InvalidInput, match="there is no export"):
            open_export(place)
    assert contents(other) == {"letter.txt": b"mine"}
    assert (tmp_path / "file").read_text() == "mine"
    assert not (tmp_path / "missing").exists()


def test_a_log_that_does_not_agree_with_its_tree_is_not_exported(
    log: LedgerLog, folder: Path
) -> None:
    stored = StoredList([state for _, state in all_raw(log)])
    stored.states[12] = stored.states[12].replace(b"main", b"mane")
    with pytest.raises(CorruptRecord, match="from position 9 to 16 do not agree"):
        export(stored, folder)
    # The segment before it is whole.
    assert check_outline(open_export(folder)).head.size == 8


def test_a_segment_ends_before_it_has_too_many_bytes(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(log_export, "SEGMENT_BYTES_AIMED_AT", 100)
    monkeypatch.setattr(log_export, "SEGMENT_BYTES_MAX", 500)
    stored = StoredList([b"x" * size for size in (40, 40, 96, 97, 1, 1, 300, 5, 5, 5)])
    export(stored, folder)
    ends = [segment.last for segment in open_export(folder).described()]
    assert ends == [2, 3, 4, 6, 7, 8, 10]
    stored.states.append(b"x" * 497)
    with pytest.raises(InvalidInput, match="position 11 has 497 bytes"):
        export(StoredList(stored.states), folder)
