"""A chain in the process that goes back to snapshots: the ledger follows, whatever it mined meanwhile."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from adapters.chain.deploy import deploy
from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.keys import Signer
from adapters.chain.sender import Sender, Transaction
from adapters.finality.policies import policy_named
from api.bootstrap import writing_ledger
from contracts.bindings import workflow_registry as registry
from domain.application.ports import Deployment
from tests.support.forked_ledgers import assert_like_a_fresh_one, ingestor_on

POLICY = policy_named("eth-tester")


def register(chain: EmbeddedChain, deployment: Deployment, name: str) -> None:
    call = Transaction(
        label="registering",
        to=deployment.registry,
        data=registry.encode_register_workflow(name),
        gas=400_000,
    )
    Sender(chain).send(Signer(DEPLOYER_KEY), call)


@pytest.mark.parametrize("seed", range(6))
def test_a_ledger_that_saw_reverted_blocks_ends_like_one_that_did_not(
    seed: int, tmp_path: Path
) -> None:
    chance = Random(seed)
    chain = EmbeddedChain()
    deployment = deploy(chain, DEPLOYER_KEY, dev=True)
    made = 0
    with writing_ledger(str(tmp_path / "forked.db"), create=True) as ledger:
        ingestor = ingestor_on(ledger, chain, deployment, POLICY)
        highest = 0
        orphaned = 0
        for _ in range(8):
            snapshot = chain.request("evm_snapshot", [])
            for _ in range(chance.randrange(1, 6)):
                register(chain, deployment, f"workflow {made}")
                made += 1
            highest = max(highest, chain_height(chain))
            if chance.random() < 0.8:
                while not (progress := ingestor.step()).at_head:
                    orphaned += progress.orphaned
                orphaned += progress.orphaned
            if chance.random() < 0.3:
                ingestor = ingestor_on(ledger, chain, deployment, POLICY)
            ledger.engine.catch_up()
            if chance.random() < 0.7:
                assert chain.request("evm_revert", [snapshot]) is True
                chain.request("evm_increaseTime", [chance.randrange(1, 9)])
                while chain_height(chain) <= highest:
                    register(chain, deployment, f"workflow {made}")
                    made += 1
        while not (progress := ingestor.step()).at_head:
            orphaned += progress.orphaned
        assert orphaned + progress.orphaned > 0
        assert_like_a_fresh_one(ledger, tmp_path, chain, deployment, POLICY)


def chain_height(chain: EmbeddedChain) -> int:
    return int(str(chain.request("eth_blockNumber", [])), 16)


def test_going_back_to_what_is_no_snapshot_is_refused() -> None:
    assert EmbeddedChain().request("evm_revert", ["0x" + "11" * 32]) is False
