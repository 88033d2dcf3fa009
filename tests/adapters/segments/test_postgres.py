"""A ledger moves from a file into PostgreSQL and back: the same bytes, positions and root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_log import open_postgres_log
from adapters.segments.folder import open_export
from domain.application.log_import import import_log
from domain.application.tree_check import check_tree
from domain.kernel.errors import DifferentLog, EvidenceMismatch, NewerSchema
from domain.kernel.ids import Position
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.segments.conftest import EVENTS, all_raw, contents, export, fill
from tests.adapters.segments.test_forgeries import LOGS, swapped
from tests.adapters.segments.test_interruptions import MOVER, ROOT, kill_after, moved
from tests.support.postgres import new_schema, shared_server
from tests.support.stored import StoredList

pytestmark = pytest.mark.usefixtures("small_segments")


@pytest.fixture
def url() -> str:
    return f"{shared_server().url()}&schema={new_schema()}"


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[LedgerLog]:
    """An empty ledger in PostgreSQL, with the keys of the source."""
    with open_postgres_log(url, TickingClock(), keyring=tmp_path / "source.db.keys") as log:
        yield log


def test_a_ledger_goes_into_postgresql_and_comes_back(
    log: LedgerLog, server: LedgerLog, target: LedgerLog, tmp_path: Path
) -> None:
    export(log, tmp_path / "out")
    taken = import_log(open_export(tmp_path / "out"), server, server.tree)
    assert taken.new_events == EVENTS
    assert all_raw(server) == all_raw(log)
    assert server.tree.head() == log.tree.head()
    assert check_tree(server, server.tree).difference is None
    assert server.read(Position(0), 100) == log.read(Position(0), 100)
    # The files that come out of it are the same, and so is what they become in a file again.
    export(server, tmp_path / "back")
    assert contents(tmp_path / "back") == contents(tmp_path / "out")
    import_log(open_export(tmp_path / "back"), target, target.tree)
    assert all_raw(target) == all_raw(log)
    assert target.tree.head() == log.tree.head()


def test_postgresql_goes_on_where_the_file_ended(
    log: LedgerLog, server: LedgerLog, target: LedgerLog, tmp_path: Path
) -> None:
    export(log, tmp_path / "out")
    import_log(open_export(tmp_path / "out"), server, server.tree)
    fill(server, EVENTS + 1, EVENTS + 9)
    assert export(server, tmp_path / "out").new_events == 9
    import_log(open_export(tmp_path / "out"), target, target.tree)
    import_log(open_export(tmp_path / "out"), log, log.tree)
    assert all_raw(server) == all_raw(target) == all_raw(log)
    assert server.tree.head() == target.tree.head() == log.tree.head()
    assert check_tree(server, server.tree).difference is None


@pytest.mark.parametrize("held", [1, 8, 13, EVENTS])
def test_an_import_into_postgresql_goes_on_wherever_it_ended(
    log: LedgerLog, server: LedgerLog, tmp_path: Path, held: int
) -> None:
    export(log, tmp_path / "out")
    server.restore(Position(0), [state for _, state in log.raw(Position(0), held)])
    assert (
        import_log(open_export(tmp_path / "out"), server, server.tree).new_events == EVENTS - held
    )
    assert all_raw(server) == all_raw(log)


def test_a_ledger_in_postgresql_with_other_events_is_refused(
    log: LedgerLog, server: LedgerLog, tmp_path: Path
) -> None:
    export(log, tmp_path / "out")
    fill(server, 1_001, 1_010)
    before = all_raw(server)
    with pytest.raises(DifferentLog):
        import_log(open_export(tmp_path / "out"), server, server.tree)
    assert all_raw(server) == before


@pytest.mark.parametrize(("change", "sentence"), LOGS, ids=range(len(LOGS)))
def test_postgresql_refuses_what_a_file_refuses(
    log: LedgerLog,
    url: str,
    tmp_path: Path,
    change: Callable[[list[bytes]], list[bytes]],
    sentence: str,
) -> None:
    states = [state for _, state in all_raw(log)]
    export(StoredList(change(states)), tmp_path / "out")
    with open_postgres_log(url, TickingClock(), keyring=tmp_path / "other.keys") as server:
        with pytest.raises((EvidenceMismatch, NewerSchema), match=sentence):
            import_log(open_export(tmp_path / "out"), server, server.tree)
        assert all_raw(server) == log.raw(Position(0), 8)
        assert check_tree(server, server.tree).difference is None


def test_postgresql_refuses_a_chain_fact_that_it_has(
    log: LedgerLog, server: LedgerLog, tmp_path: Path
) -> None:
    states = [state for _, state in all_raw(log)]
    fact = json.dumps(json.loads(states[1])["provenance"], separators=(",", ":"), sort_keys=True)
    own = json.dumps(json.loads(states[9])["provenance"], separators=(",", ":"), sort_keys=True)
    export(StoredList(swapped(states, own.encode(), fact.encode())), tmp_path / "out")
    with pytest.raises(EvidenceMismatch, match="position 10 holds the chain fact of position 2"):
        import_log(open_export(tmp_path / "out"), server, server.tree)
    assert server.head() == 8


@pytest.mark.slow
def test_a_killed_import_into_postgresql_goes_on_to_the_same_root(url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with open_log(str(tmp_path / "long.db"), TickingClock(), keyring=keys) as source:
        fill(source, 1, 1_000)
        export(source, tmp_path / "out")
        for lines in (3, 9):
            reported = kill_after(importer(tmp_path / "out", url, keys), lines)
            with open_postgres_log(url, TickingClock(), keyring=keys) as server:
                assert server.head() >= reported
                assert server.head() % 8 == 0
        assert moved(importer(tmp_path / "out", url, keys))[-1] == "whole"
        with open_postgres_log(url, TickingClock(), keyring=keys) as server:
            assert all_raw(server) == all_raw(source)
            assert check_tree(server, server.tree).head == source.tree.head()


def importer(folder: Path, url: str, keys: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MOVER, "import", str(folder), url, "0"],
        cwd=ROOT,
        env={**os.environ, "AGENTGPT_KEYRING": str(keys)},
        stdout=subprocess.PIPE,
        text=True,
    )
