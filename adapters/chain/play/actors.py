"""The accounts of a story. Their keys follow from seed, deployment and run, so nothing has to be kept."""

from __future__ import annotations

from typing import Final

from eth_utils.crypto import keccak

from adapters.chain.keys import Signer
from adapters.chain.play.steps import DEPLOYER, PUBLISHER, Actor
from adapters.chain.transport import Transport
from adapters.chain.values import read_quantity
from domain.application.ports import Deployment
from domain.kernel.errors import RuleRejected
from domain.kernel.ids import Address

_MOST_RUNS: Final = 1_000


class Cast:
    """Gives each actor its key. Worthless keys: anybody who knows the seed can compute them."""

    def __init__(self, deployer: Signer, deployment: Deployment, seed: int, run: int) -> None:
        self._place = f"{deployment.chain_id} {deployment.genesis_hash} {deployment.arbiter}"
        self._story = f"{seed} {run}"
        self._signers: dict[Actor, Signer] = {DEPLOYER: deployer}

    def signer(self, actor: Actor) -> Signer:
        """Return what signs for the actor."""
        known = self._signers.get(actor)
        if known is None:
            key = keccak(text=f"agentgpt story actor {self._place} {self._story} {actor}")
            known = self._signers[actor] = Signer(key)
        return known

    def address(self, actor: Actor) -> Address:
        """Return the actor's address."""
        return self.signer(actor).address


def free_run(transport: Transport, deployer: Signer, deployment: Deployment, seed: int) -> int:
    """Return the first run of the seed that nobody has played on this deployment.

    The publisher is funded first, so its empty account shows that a run is free. Raises RuleRejected when
    all are taken, and Unavailable.
    """
    for run in range(_MOST_RUNS):
        publisher = Cast(deployer, deployment, seed, run).address(PUBLISHER)
        answers = transport.batch(
            [
                ("eth_getBalance", [publisher, "latest"]),
                ("eth_getTransactionCount", [publisher, "latest"]),
            ]
        )
        if read_quantity(answers[0], "balance") == 0 == read_quantity(answers[1], "nonce"):
            return run
    raise RuleRejected(
        f"seed {seed} was played {_MOST_RUNS} times on this deployment", hint="give another --seed"
    )
