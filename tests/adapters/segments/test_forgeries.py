"""An export that was changed in any way is refused, and nothing of what was changed gets into a ledger."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters.eventstore.log import LedgerLog, open_log
from adapters.segments.content import pack
from adapters.segments.folder import MANIFEST, open_export
from domain.application.log_import import check_start, import_log
from domain.application.segments import check_segments
from domain.kernel.errors import EvidenceMismatch, InvalidInput, LedgerError, NewerSchema
from domain.kernel.ids import Position
from domain.kernel.merkle import Checkpoint
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.segments.conftest import EVENTS, all_raw, contents, export
from tests.support.stored import StoredList

pytestmark = pytest.mark.usefixtures("small_segments")

SECOND = "events-000000000009-000000000016.gz"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LedgerLog]:
    """Without keys: what personal texts are sealed to says nothing of a forgery then."""
    with open_log(str(tmp_path / "target.db"), TickingClock()) as empty:
        yield empty


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A good export of three segments."""
    return Path(shutil.copytree(made / "export", tmp_path / "export"))


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / MANIFEST).read_text().splitlines()]


def write_lines(folder: Path, lines: Sequence[object]) -> None:
    texts = [json.dumps(line, separators=(",", ":"), sort_keys=True) for line in lines]
    (folder / MANIFEST).write_text("".join(f"{text}\n" for text in texts))


def put(folder: Path, content: bytes, *, number: int = 2, **said: object) -> None:
    """Replace the file of a segment, with the manifest saying of it what is true."""
    lines = lines_of(folder)
    line = lines[number]
    name = f"events-{line['after'] + 1:012}-{line['last']:012}.gz"
    (folder / name).write_bytes(content)
    line |= {"file_bytes": len(content), "sha256": sha256(content).hexdigest()} | said
    write_lines(folder, lines)


def refused(folder: Path, target: LedgerLog, *, keeps: int = 0) -> LedgerError:
    """Return why the export is refused, by the check and by an import, which takes in the segments before only."""
    with pytest.raises(LedgerError) as by_check:
        check_segments(open_export(folder))
    with pytest.raises(LedgerError) as by_import:
        import_log(open_export(folder), target, target.tree)
    assert target.head() == keeps
    assert by_import.value.message == by_check.value.message
    assert isinstance(by_check.value, EvidenceMismatch)
    return by_check.value


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """An export of two segments with few bytes, for tests that look at each."""
    export(StoredList([b"%d" % number for number in range(10)]), tmp_path / "little")
    return tmp_path / "little"


def test_every_byte_of_an_export_counts(little: Path) -> None:
    folder, whole = little, contents(little)
    assert len(whole) == 3
    for name, content in whole.items():
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 1 << place % 8
            (folder / name).write_bytes(changed)
            with pytest.raises((EvidenceMismatch, NewerSchema)):
                check_segments(open_export(folder))
        (folder / name).write_bytes(content)
    assert check_segments(open_export(folder)).head.size == 10


def test_an_export_that_is_cut_off_anywhere_is_noticed(little: Path) -> None:
    folder = little
    signed = Checkpoint("log", check_segments(open_export(folder)).head)
    for name, content in contents(folder).items():
        for size in range(len(content)):
            (folder / name).write_bytes(content[:size])
            with pytest.raises(EvidenceMismatch):
                check_segments(open_export(folder), signed)
        (folder / name).write_bytes(content + b"x")
        with pytest.raises(EvidenceMismatch):
            check_segments(open_export(folder), signed)
        (folder / name).unlink()
        with pytest.raises((EvidenceMismatch, InvalidInput)):
            check_segments(open_export(folder), signed)
        (folder / name).write_bytes(content)
    check_segments(open_export(folder), signed)


@pytest.mark.parametrize(
    "order", [[0, 1, 3], [0, 2, 1, 3], [0, 1, 2, 2, 3], [0, 2, 3], [1, 2, 3], [0, 1, 2, 3, 1]]
)
def test_segments_that_are_left_out_doubled_or_exchanged_are_refused(
    folder: Path, target: LedgerLog, order: list[int]
) -> None:
    lines = lines_of(folder)
    write_lines(folder, [lines[number] for number in order])
    refused(folder, target)


def test_exchanged_files_are_refused_with_the_segment_named(
    folder: Path, target: LedgerLog
) -> None:
    first = "events-000000000001-000000000008.gz"
    whole = contents(folder)
    (folder / first).write_bytes(whole[SECOND])
    (folder / SECOND).write_bytes(whole[first])
    assert "segment 1 to 8" in refused(folder, target).message


FORGERIES: list[tuple[Callable[[list[bytes]], list[bytes]], str]] = [
    (lambda states: [states[0].replace(b"main", b"mane"), *states[1:]], "not those"),
    (lambda states: states[::-1], "not those"),
    (lambda states: states[1:], "holds 7 events"),
    (lambda states: [*states, states[0]], "holds 9 events"),
    (lambda states: [*states[:-1], states[0]], "not those"),
    (lambda states: [], "holds 0 events"),
]


@pytest.mark.parametrize(("forge", "sentence"), FORGERIES, ids=range(len(FORGERIES)))
def test_other_events_under_true_hashes_of_the_file_are_refused(
    log: LedgerLog,
    folder: Path,
    target: LedgerLog,
    forge: Callable[[list[bytes]], list[bytes]],
    sentence: str,
) -> None:
    content, size = pack(forge([state for _, state in log.raw(Position(8), 8)]))
    put(folder, content, content_bytes=size)
    error = refused(folder, target, keeps=8)
    assert "segment 9 to 16" in error.message
    assert sentence in error.message
    assert all_raw(target) == log.raw(Position(0), 8)


def test_contents_that_are_no_events_are_refused(folder: Path, target: LedgerLog) -> None:
    for plain, said in (
        (b"\x00\x00", 2),
        (b"\x00\x00\x00\x09short", 9),
        (b"\xff\xff\xff\xff", 4),
        (b"\x00\x00\x00\x01x" * 8, 41),
        (b"\x00\x00\x00\x01x" * 8, 39),
        (b"\x00\x00\x00\x00" * 8, 32),
    ):
        put(folder, gzip.compress(plain), content_bytes=said)
        assert "segment 9 to 16" in refused(folder, target, keeps=8).message
    good = b"\x00\x00\x00\x01x" * 8
    for content in (
        b"",
        good,
        zlib.compress(good),
        gzip.compress(good)[:-1],
        gzip.compress(good) + gzip.compress(b""),
        gzip.compress(good) + b"x",
    ):
        put(folder, content, content_bytes=len(good))
        assert "decompress" in refused(folder, target, keeps=8).message


def test_a_decompression_bomb_is_not_unpacked(folder: Path, target: LedgerLog) -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush()
    put(folder, bomb, content_bytes=1_000)
    tracemalloc.start()
    try:
        refused(folder, target, keeps=8)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    # What the manifest says has a bound too.
    put(folder, bomb, content_bytes=256 << 20)
    assert "at most" in refused(folder, target, keeps=8).hint
    put(folder, bomb, content_bytes=1_000, file_bytes=1 << 40)
    refused(folder, target, keeps=8)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "agentgpt-ledger/export/x"},
        {"format": "another/export/1"},
        {"format": 1},
        {"origin": "AAAA"},
        {"origin": None},
        {"origin": "A" * 43 + "="},
        {"root": "A" * 43 + "="},
        {"after": 1},
        {"after": -1},
        {"after": True},
        {"after": "0"},
        {"more": 1},
    ],
)
def test_a_beginning_that_does_not_fit_is_refused(
    folder: Path, target: LedgerLog, change: dict[str, object]
) -> None:
    first, *lines = lines_of(folder)
    write_lines(folder, [first | change, *lines])
    refused(folder, target)


@pytest.mark.parametrize(
    "change",
    [
        {"after": 7},
        {"last": 17},
        {"last": 2**62},
        {"last": 8},
        {"edge": []},
        {"edge": ["A" * 43 + "="]},
        {"edge": ["A" * 43 + "="] * 70},
        {"edge": "A"},
        {"root": "A" * 43 + "="},
        {"proof": []},
        {"proof": ["A" * 43 + "="]},
        {"sha256": "00"},
        {"sha256": "0" * 64},
        {"content_bytes": -1},
        {"file_bytes": None},
    ],
)
def test_a_segment_of_which_something_else_is_said_is_refused(
    folder: Path, target: LedgerLog, change: dict[str, object]
) -> None:
    lines = lines_of(folder)
    lines[2] |= change
    write_lines(folder, lines)
    refused(folder, target, keeps=8 if "sha256" in change and change["sha256"] != "00" else 0)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"[" * 100_000 + b"\n", b"\xff\n"],
    ids=range(7),
)
def test_a_manifest_of_something_else_is_refused(
    folder: Path, target: LedgerLog, content: bytes
) -> None:
    (folder / MANIFEST).write_bytes(content)
    refused(folder, target)


def test_an_export_of_a_later_version_is_refused_in_a_sentence(
    folder: Path, target: LedgerLog
) -> None:
    first, *lines = lines_of(folder)
    write_lines(folder, [first | {"format": "agentgpt-ledger/export/2", "new": []}, *lines])
    with pytest.raises(NewerSchema, match="format 2, this program knows 1"):
        check_start(open_export(folder))


def test_a_pipe_in_the_place_of_a_file_does_not_stop_the_check(
    folder: Path, target: LedgerLog
) -> None:
    (folder / SECOND).unlink()
    os.mkfifo(folder / SECOND)
    assert "not a regular file" in refused(folder, target, keeps=8).message


def test_an_export_made_anew_after_a_change_needs_the_checkpoint_to_be_caught(
    log: LedgerLog, target: LedgerLog, tmp_path: Path
) -> None:
    signed = Checkpoint("log", log.tree.head())
    states = [state for _, state in all_raw(log)]
    states[11] = states[11].replace(b'"actor":""', b'"actor":"eve"')
    export(StoredList(states), tmp_path / "forged")
    forged = open_export(tmp_path / "forged")
    assert check_segments(forged).head.size == EVENTS
    with pytest.raises(EvidenceMismatch, match="not the one that was signed"):
        check_segments(forged, signed)
    with pytest.raises(EvidenceMismatch, match="not the one that was signed"):
        import_log(forged, target, target.tree, checkpoint=signed)
    assert target.head() == 0
    with pytest.raises(EvidenceMismatch, match="no segment ends there"):
        check_segments(forged, Checkpoint("log", log.tree.head(EVENTS - 1)))


# --- Exports whose hashes are all true, of logs that no ledger wrote.


def swapped(states: list[bytes], old: bytes, new: bytes) -> list[bytes]:
    changed = [*states[:9], states[9].replace(old, new), *states[10:]]
    assert changed != states
    return changed


LOGS: list[tuple[Callable[[list[bytes]], list[bytes]], str]] = [
    (lambda s: [*s[:9], b"nothing", *s[10:]], "position 10 cannot be read"),
    (lambda s: [*s[:9], b"", *s[10:]], "position 10 cannot be read"),
    (lambda s: [*s[:9], b"[]", *s[10:]], "position 10 cannot be read"),
    (lambda s: [*s[:9], b'{"version":1.5,"stream":[],"name":{}}', *s[10:]], "position 10 cannot"),
    (lambda s: swapped(s, b'"version":', b'"version":1'), "position 10 holds version"),
    (lambda s: swapped(s, b'"branch":"main"', b'"branch":"side"'), "position 10 is of the branch"),
    (lambda s: swapped(s, b'"name":"', b'"name":"x'), "is not a known event"),
    (lambda s: swapped(s, b'"schema_version":', b'"schema_version":9'), "at schema 9"),
    (lambda s: swapped(s, b'"stream":"', b'"stream":"x'), "position 10 holds version 2"),
    (lambda s: [*s[:9], s[8], *s[10:]], "position 10 holds version"),
]


@pytest.mark.parametrize(("change", "sentence"), LOGS, ids=range(len(LOGS)))
def test_events_that_cannot_stand_in_a_log_are_refused_with_their_position(
    log: LedgerLog,
    target: LedgerLog,
    tmp_path: Path,
    change: Callable[[list[bytes]], list[bytes]],
    sentence: str,
) -> None:
    states = [state for _, state in all_raw(log)]
    export(StoredList(change(states)), tmp_path / "export")
    with pytest.raises((EvidenceMismatch, NewerSchema), match=sentence) as error:
        import_log(open_export(tmp_path / "export"), target, target.tree)
    if isinstance(error.value, EvidenceMismatch):
        assert "segment 9 to 16" in error.value.message
    assert all_raw(target) == log.raw(Position(0), 8)


@pytest.mark.parametrize("place", [4, 12, 20])
def test_a_chain_fact_that_comes_twice_is_refused(
    log: LedgerLog, target: LedgerLog, tmp_path: Path, place: int
) -> None:
    """Whether both stand in one segment, or one is in the ledger already."""
    states = [state for _, state in all_raw(log)]
    for number, state in enumerate(states):
        envelope = json.loads(state)
        if number == place:
            # The fact of position 2, as the next event of the stream that stood here.
            envelope["provenance"] = json.loads(states[1])["provenance"]
        states[number] = json.dumps(envelope, separators=(",", ":"), sort_keys=True).encode()
    export(StoredList(states), tmp_path / "export")
    with pytest.raises(
        EvidenceMismatch, match=f"position {place + 1} holds the chain fact of position 2 again"
    ):
        import_log(open_export(tmp_path / "export"), target, target.tree)
    assert target.head() == place // 8 * 8


def test_the_event_that_a_forger_names_the_export_after_must_be_the_first(
    log: LedgerLog, target: LedgerLog, folder: Path, tmp_path: Path
) -> None:
    export(StoredList([state for _, state in all_raw(log)][::-1]), tmp_path / "other")
    first = lines_of(tmp_path / "other")[0]
    write_lines(folder, [first, *lines_of(folder)[1:]])
    assert "position 1 is not the one" in refused(folder, target).message
