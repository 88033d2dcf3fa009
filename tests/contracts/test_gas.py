"""What each operation costs is a committed number; a change of a contract shows it in its diff."""

from __future__ import annotations

import json

import pytest

from tests.contracts.gas import COMMAND, SNAPSHOT, Story

# Ethereum refuses a transaction above this since EIP-7825.
TRANSACTION_GAS_CAP = 2**24


@pytest.mark.slow
def test_gas_is_what_the_snapshot_says() -> None:
    committed = json.loads(SNAPSHOT.read_text("utf-8"))
    measured = Story().run()
    changed = {
        label: (committed.get(label), measured.get(label))
        for label in sorted(committed.keys() | measured.keys())
        if committed.get(label) != measured.get(label)
    }
    assert not changed, f"gas changed (committed, measured); if it should, run `{COMMAND}`"


def test_the_dearest_operation_is_far_below_what_a_transaction_may_cost() -> None:
    committed = json.loads(SNAPSHOT.read_text("utf-8"))
    assert max(committed.values()) < TRANSACTION_GAS_CAP // 2
