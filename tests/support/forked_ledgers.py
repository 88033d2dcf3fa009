"""Ledgers in files whose chain forks: what they show at the end, without the positions that tell the way there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.chain.reader import JsonRpcReader
from adapters.chain.transport import Transport
from api.bootstrap import writing_ledger
from api.ledger import Ledger
from domain.application.ingest import Ingestor
from domain.application.ports import Deployment
from domain.application.standing import Standing
from domain.chain.finality import FinalityPolicy
from domain.kernel.ids import Position
from domain.kernel.streams import category_of
from projections.catalogue import ALL

TELLING_THE_WAY = ("chains", "timeline")
"""Projections about how the ledger got there."""


def standing_events(ledger: Ledger) -> list[tuple[object, ...]]:
    """Return what stands besides the ledger's own reading, in order."""
    standing = Standing(ledger.log)
    standing.refresh()
    found: list[tuple[object, ...]] = []
    position = Position(0)
    while page := ledger.log.read(position, 5_000):
        found += [
            (each.stream, each.event, each.provenance)
            for each in page
            if category_of(each.stream) != "chain" and standing.stands(each.position)
        ]
        position = page[-1].position
    return found


def rows_of(ledger: Ledger) -> Mapping[str, Mapping[str, object]]:
    """Return every row of the read models by projection and key."""
    ledger.engine.catch_up()
    return {
        projection.name: {
            row.key: (row.scope, without_positions(row.body))
            for row in ledger.read_models.rows(projection.name)
        }
        for projection in ALL
        if projection.name not in TELLING_THE_WAY
    }


def without_positions(value: object) -> object:
    """Return a row's content without members that name positions of the log."""
    match value:
        case Mapping():
            return {
                name: without_positions(inner)
                for name, inner in value.items()
                if not str(name).endswith("position")
            }
        case str():
            return value
        case Sequence():
            return [without_positions(each) for each in value]
        case _:
            return value


def ingestor_on(
    ledger: Ledger, transport: Transport, deployment: Deployment, policy: FinalityPolicy
) -> Ingestor:
    """Return what follows a node."""
    return Ingestor(ledger.log, JsonRpcReader(transport, deployment), deployment, policy)


def assert_like_a_fresh_one(
    ledger: Ledger,
    folder: Path,
    transport: Transport,
    deployment: Deployment,
    policy: FinalityPolicy,
) -> None:
    """Check that the ledger holds what one holds that only ever saw the chain as it is now."""
    with writing_ledger(str(folder / "fresh.db"), create=True) as fresh:
        ingestor = ingestor_on(fresh, transport, deployment, policy)
        while not ingestor.step().at_head:
            pass
        assert standing_events(ledger) == standing_events(fresh)
        mine, theirs = rows_of(ledger), rows_of(fresh)
        for name, rows in theirs.items():
            assert mine[name] == rows, name
        assert any(theirs.values())
