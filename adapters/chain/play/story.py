"""Tells a planned story on a chain, one transaction after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from adapters.chain.deploy import read_policy, role_of, verify
from adapters.chain.keys import Signer
from adapters.chain.play.actors import Cast, free_run
from adapters.chain.play.calls import TRANSACTION_GAS, Calls
from adapters.chain.play.plan import Plan, Setting, make_plan
from adapters.chain.play.steps import Actor, Pass, Step, actor_of
from adapters.chain.play.telling import tell
from adapters.chain.play.timing import ChainClock
from adapters.chain.sender import Sender, Transaction, read_views
from adapters.chain.transport import Transport
from adapters.chain.values import read_result
from contracts.bindings import agpt, timelock_controller
from domain.application.ports import Deployment
from domain.kernel.errors import InternalError, RuleRejected
from domain.kernel.ids import Address, BlockNumber, Seconds

_FEE_MARGIN: Final = 3
"""Fees may grow so much between the funding and the last transaction."""

_TYPICAL_GAS: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryProgress:
    """One step was told. `block` is the block of its last transaction, None for a wait."""

    done: int
    total: int
    sentence: str
    block: BlockNumber | None


class Story:
    """A story ready to be told: checked against the chain, planned, nothing sent yet."""

    def __init__(
        self,
        transport: Transport,
        deployment: Deployment,
        key: bytes,
        *,
        seed: int,
        tasks: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Check the place and plan. `key` is the deployer's of a development deployment.

        Raises WrongChain for a chain or contracts other than the deployment's, RuleRejected for a key
        without the roles that a story needs, InvalidInput for a number of tasks out of bounds, Unavailable.
        """
        verify(transport, deployment)
        deployer = Signer(key)
        _check_roles(transport, deployment, deployer.address)
        self._sender = Sender(transport, pause=pause)
        self._clock = ChainClock(transport, pause=pause)
        run = free_run(transport, deployer, deployment, seed)
        delay = _min_delay(transport, deployment)
        self._plan = make_plan(
            Setting(
                seed=seed,
                run=run,
                tasks=tasks,
                policy=read_policy(transport, deployment),
                delay_seconds=delay,
                can_travel=self._clock.can_travel,
            )
        )
        self._cast = Cast(deployer, deployment, seed, run)
        self._calls = Calls(deployment, self._cast, f"{seed} {run}", delay)

    @property
    def plan(self) -> Plan:
        """What will happen."""
        return self._plan

    def address_of(self, actor: Actor) -> Address:
        """Return the address of one of the story's accounts."""
        return self._cast.address(actor)

    def tell(self) -> Iterator[StoryProgress]:
        """Send the transactions, and yield after each step so that the caller can follow.

        Raises Reverted when a contract refuses a step, RuleRejected and Unavailable. To be told once.
        """
        steps = self._plan.steps
        for done, step in enumerate(steps, start=1):
            block = self._take(step)
            yield StoryProgress(done=done, total=len(steps), sentence=tell(step), block=block)

    def _take(self, step: Step) -> BlockNumber | None:
        if isinstance(step, Pass):
            self._clock.let_pass(step.seconds)
            return None
        actor = actor_of(step)
        if actor is None:
            raise InternalError(f"nobody signs the step `{tell(step)}`")
        block: BlockNumber | None = None
        for call in self._calls.of(step, wei_per_transaction=self._wei_per_transaction()):
            transaction = Transaction(
                label=tell(step),
                to=call.to,
                data=call.data,
                value_wei=call.value_wei,
                gas=call.gas,
            )
            block = self._sender.send(self._cast.signer(actor), transaction).block_number
        return block

    def _wei_per_transaction(self) -> int:
        # A node checks the whole gas limit against the balance, though most of it is not used.
        spent = _FEE_MARGIN * _TYPICAL_GAS
        return self._sender.most_wei_per_gas * max(spent, TRANSACTION_GAS)


def _check_roles(transport: Transport, deployment: Deployment, deployer: Address) -> None:
    needed = (
        (deployment.token, "MINTER_ROLE"),
        (deployment.verifier, "ATTESTER_ROLE"),
        (deployment.registry, "GOVERNANCE_ROLE"),
        (deployment.arbiter, "SCHEDULER_ROLE"),
        (deployment.arbiter, "PAUSER_ROLE"),
        (deployment.timelock, "PROPOSER_ROLE"),
        (deployment.timelock, "EXECUTOR_ROLE"),
    )
    # Every contract's AccessControl takes and gives the same bytes.
    answers = read_views(
        transport,
        [(contract, agpt.encode_has_role(role_of(role), deployer)) for contract, role in needed],
    )
    for (contract, role), answer in zip(needed, answers, strict=True):
        if not read_result(agpt.decode_has_role, answer, "hasRole"):
            raise RuleRejected(
                f"{deployer} has no {role} on {contract}, so it cannot play",
                hint="play with the key that made the deployment, on one made with --dev",
            )


def _min_delay(transport: Transport, deployment: Deployment) -> Seconds:
    (answer,) = read_views(
        transport, [(deployment.timelock, timelock_controller.encode_get_min_delay())]
    )
    return Seconds(read_result(timelock_controller.decode_get_min_delay, answer, "getMinDelay"))
