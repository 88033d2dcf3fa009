"""Read models that followed every fork equal those of a ledger that only ever saw the surviving branch."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from adapters.readmodels.sqlite import SqliteReadModels
from domain.application.ingest import Ingestor
from domain.kernel.errors import Unavailable
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.replay import compare, replay
from tests.support.chain_fakes import DEPLOYMENT
from tests.support.forked_ledgers import TELLING_THE_WAY, without_positions
from tests.support.forking_chain import ForkingChain, joined, some_facts
from tests.support.reorg_runs import POLICY, StrictLog, change, follow, fresh


def shown(log: StrictLog, store: SqliteReadModels | None = None) -> dict[str, object]:
    """Return the rows that tell of the chain: of a store, or as the log says they are."""
    replayed = replay(log, ALL)
    assert not replayed.parked
    return {
        projection.name: {
            row.key: without_positions(row.body)
            for row in (
                replayed.rows[projection.name].values()
                if store is None
                else store.rows(projection.name)
            )
        }
        for projection in ALL
        if projection.name not in TELLING_THE_WAY
    }


@pytest.mark.parametrize("seed", range(40))
def test_stored_rows_end_like_those_of_the_surviving_branch(seed: int, tmp_path: Path) -> None:
    chance, chain, log = Random(seed), ForkingChain(), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    with SqliteReadModels(str(tmp_path / "rows.db")) as store:
        engine = ProjectionEngine(log, store, ALL, batch_events=chance.choice([3, 17, 5_000]))
        for _ in range(25):
            change(chance, chain)
            try:
                ingestor.step(max_blocks=chance.choice([1, 3, 50, 2_000]))
            except Unavailable:
                continue
            if chance.random() < 0.6:
                engine.catch_up()
        while len(chain.blocks) <= chain.highest:
            chain.mine(*some_facts(chance))
        # A fact at the very end: blocks without any are not worth a cursor.
        chain.mine(joined(99))
        follow(ingestor)
        engine.catch_up()
        assert compare(replay(log, ALL), store) == []
        assert shown(log, store) == shown(fresh(chain))
