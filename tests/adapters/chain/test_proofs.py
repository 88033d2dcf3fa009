"""Where facts came from, kept while they are read and proven without a node."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.chain.completeness import Verify
from adapters.chain.proof_audit import audit_proofs
from adapters.chain.proof_store import ProofStore
from adapters.chain.reader import JsonRpcReader
from domain.application.ingest import Ingestor
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import ForeignDatabase, NotFound
from domain.kernel.ids import Position, Timestamp
from tests.adapters.chain.conftest import Told
from tests.support.memory import MemoryLog


@pytest.fixture(scope="module")
def kept(told: Told, tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryLog, Path]:
    path = tmp_path_factory.mktemp("kept") / "ledger.db.proofs"
    log = MemoryLog()
    with closing(ProofStore(path)) as store:
        reader = JsonRpcReader(told.chain, told.deployment, verify=Verify.ALL, keeper=store)
        ingestor = Ingestor(log, reader, told.deployment)
        while not ingestor.step().at_head:
            pass
    return log, path


def unproven(told: Told, log: MemoryLog, path: Path) -> list[str]:
    with closing(ProofStore(path, readonly=True)) as store:
        result = audit_proofs(log, store, [told.deployment], anchor=None, limit=10_000)
    return [each.reason for each in result.unproven]


def test_every_fact_is_proven(told: Told, kept: tuple[MemoryLog, Path]) -> None:
    log, path = kept
    assert unproven(told, log, path) == []


@pytest.mark.parametrize("change", ["event", "contract", "block_time", "log_index"])
def test_an_event_that_was_changed_is_not_proven(
    told: Told, kept: tuple[MemoryLog, Path], change: str
) -> None:
    log, path = kept
    changed: list[NewEvent] = []
    for recorded in log.read(Position(0), 100_000):
        event, source = recorded.event, recorded.provenance
        if source is not None and recorded.position == Position(40):
            if change == "event":
                event = next(
                    each.event
                    for each in log.read(Position(60), 1_000)
                    if type(each.event) is not type(event) and each.provenance is not None
                )
            elif change == "contract":
                source = replace(source, contract=told.deployment.registry)
            elif change == "block_time":
                source = replace(source, block_time=Timestamp(source.block_time + 1))
            else:
                source = replace(source, log_index=source.log_index + 50)
        changed.append(NewEvent(stream=recorded.stream, event=event, provenance=source))
    assert len(unproven(told, MemoryLog(changed), path)) == 1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_changed_byte_of_a_header_or_proof_proves_its_facts(
    told: Told, kept: tuple[MemoryLog, Path], tmp_path: Path, data: st.DataObject
) -> None:
    log, path = kept
    copy = tmp_path / "copy.proofs"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        table, column = data.draw(st.sampled_from([("header", "rlp"), ("receipt", "proof")]))
        rows = target.execute(
            f"SELECT {'hash' if table == 'header' else 'block'}, {column} FROM {table} "
            + ("WHERE hash IN (SELECT block FROM receipt)" if table == "header" else "")
        ).fetchall()
        _, value = data.draw(st.sampled_from(rows))
        place, mask = data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(1, 255))
        broken = value[:place] + bytes((value[place] ^ mask,)) + value[place + 1 :]
        target.execute(
            f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
            (broken, value),
        )
        target.commit()
    assert unproven(told, log, copy)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE thing (x)")
    with pytest.raises(ForeignDatabase):
        ProofStore(other)
    with pytest.raises(NotFound, match="no proofs are kept"):
        ProofStore(tmp_path / "none", readonly=True)
