"""From logs of our contracts to domain events: pure, total, one log to exactly one event.

A log that cannot be translated becomes a LogUnrecognised event that keeps its bytes: nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from adapters.chain.translate_arbiter import (
    ROLE_ADMIN_REASON,
    Placed,
    Untranslatable,
    small,
    translate_arbiter,
)
from adapters.chain.watched import Watched
from contracts.bindings import agpt as token_abi
from contracts.bindings import attester_verifier as verifier_abi
from contracts.bindings import heavy_compute_arbiter as arbiter_abi
from contracts.bindings import workflow_registry as registry_abi
from contracts.bindings.abi import AbiError
from domain.application.ports import Deployment
from domain.chain.events import LogUnrecognised
from domain.kernel.ids import Address, Epoch, Hash32
from domain.kernel.money import Wei
from domain.kernel.streams import (
    Network,
    network_stream,
    registry_stream,
    task_stream,
    token_stream,
    workflow_stream,
)
from domain.network import events as network_events
from domain.task import events as task_events
from domain.workflow import events as workflow_events


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """A log with checked formats and not yet looked into."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes
    block_number: int
    block_hash: Hash32
    transaction_hash: Hash32
    log_index: int


class Translator:
    """Translates the logs of one deployment. `addresses` are the contracts whose logs it understands.

    Of the token's logs it understands transfers to and from the others.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._network = Network(deployment.chain_id, deployment.arbiter)
        self._contracts: Mapping[Address, Callable[[RawLog], Placed]] = {
            deployment.arbiter: self._arbiter,
            deployment.registry: self._registry,
            deployment.verifier: self._verifier,
            deployment.token: self._token,
        }
        self._watched = frozenset(Watched(deployment).contracts)

    @property
    def addresses(self) -> Sequence[Address]:
        """The contracts whose logs are translated."""
        return tuple(self._contracts)

    def translate(self, log: RawLog) -> Placed:
        """Return the log's event and stream."""
        try:
            return self._contracts[log.address](log)
        except (AbiError, Untranslatable) as error:
            unread = LogUnrecognised(
                contract=log.address,
                topics=log.topics,
                data="0x" + log.data.hex(),
                reason=str(error)[:500],
            )
            return network_stream(self._network), unread

    def _arbiter(self, log: RawLog) -> Placed:
        decode = arbiter_abi.EVENTS.get(_signature_of(log))
        if decode is None:
            raise Untranslatable("the arbiter's ABI has no event of this signature")
        return translate_arbiter(decode(log.topics, log.data), self._network, log.address)

    def _registry(self, log: RawLog) -> Placed:
        decode = registry_abi.EVENTS.get(_signature_of(log))
        if decode is None:
            raise Untranslatable("the registry's ABI has no event of this signature")
        return translate_registry(decode(log.topics, log.data), self._network, log.address)

    def _verifier(self, log: RawLog) -> Placed:
        decode = verifier_abi.EVENTS.get(_signature_of(log))
        if decode is None:
            raise Untranslatable("the verifier's ABI has no event of this signature")
        return translate_verifier(decode(log.topics, log.data), self._network, log.address)

    def _token(self, log: RawLog) -> Placed:
        decode = token_abi.EVENTS.get(_signature_of(log))
        event = None if decode is None else decode(log.topics, log.data)
        if not isinstance(event, token_abi.Transfer):
            raise Untranslatable("of the token's logs only transfers are understood")
        parties = (Address(event.from_), Address(event.to))
        contracts = tuple(dict.fromkeys(each for each in parties if each in self._watched))
        if not contracts:
            raise Untranslatable("a transfer between others")
        return token_stream(self._network), network_events.TokenTransferred(
            token=log.address,
            sender=parties[0],
            recipient=parties[1],
            amount_wei=Wei(event.value),
            contracts=contracts,
        )


def _signature_of(log: RawLog) -> str:
    return log.topics[0] if log.topics else ""


def translate_registry(event: registry_abi.Event, network: Network, contract: Address) -> Placed:
    """Return the domain event that the registry's log states, and its stream. Raises Untranslatable."""
    match event:
        case registry_abi.WorkflowRegistered():
            workflow_id = Hash32(event.workflow_id)
            return workflow_stream(workflow_id), workflow_events.ChainWorkflowRegistered(
                workflow_id=workflow_id, owner=Address(event.owner), name=event.name
            )
        case registry_abi.VersionPublished():
            workflow_id = Hash32(event.workflow_id)
            return workflow_stream(workflow_id), workflow_events.ChainVersionPublished(
                workflow_id=workflow_id,
                version_hash=Hash32(event.version_hash),
                parent=Hash32(event.parent),
                content_hash=Hash32(event.content_hash),
                sequence=event.sequence,
                content_uri=event.content_uri,
                publisher=Address(event.publisher),
            )
        case registry_abi.VersionChanged():
            # The log names no workflow, so it cannot stand in the workflow's stream.
            return registry_stream(network), workflow_events.ChainVersionChanged(
                active_version=Hash32(event.active_version), version_hash=Hash32(event.version_hash)
            )
        case registry_abi.VersionRevoked():
            workflow_id = Hash32(event.workflow_id)
            return workflow_stream(workflow_id), workflow_events.ChainVersionRevoked(
                workflow_id=workflow_id, version_hash=Hash32(event.version_hash)
            )
        case registry_abi.RolledBack():
            workflow_id = Hash32(event.workflow_id)
            return workflow_stream(workflow_id), workflow_events.ChainRolledBack(
                workflow_id=workflow_id,
                from_version=Hash32(event.from_version),
                to_version=Hash32(event.to_version),
                revoked_count=event.revoked_count,
                by=Address(event.by),
            )
        case (
            registry_abi.RoleGranted()
            | registry_abi.RoleRevoked()
            | registry_abi.RoleAdminChanged()
        ):
            return network_stream(network), _role(event, contract)
        case _:
            assert_never(event)


def translate_verifier(event: verifier_abi.Event, network: Network, contract: Address) -> Placed:
    """Return the domain event that the verifier's log states, and its stream. Raises Untranslatable."""
    match event:
        case verifier_abi.ProofAttested():
            if event.arbiter != network.arbiter:
                raise Untranslatable(f"an attestation for another arbiter, {event.arbiter}")
            task_id = Hash32(event.task_id)
            return task_stream(network, task_id), task_events.ProofAttested(
                task_id=task_id,
                attester=Address(event.attester),
                node=Address(event.node),
                epoch=Epoch(small(event.epoch, "epoch")),
                proof_hash=Hash32(event.proof_hash),
                valid=event.valid,
            )
        case (
            verifier_abi.RoleGranted()
            | verifier_abi.RoleRevoked()
            | verifier_abi.RoleAdminChanged()
        ):
            return network_stream(network), _role(event, contract)
        case _:
            assert_never(event)


def _role(
    event: registry_abi.RoleGranted
    | registry_abi.RoleRevoked
    | registry_abi.RoleAdminChanged
    | verifier_abi.RoleGranted
    | verifier_abi.RoleRevoked
    | verifier_abi.RoleAdminChanged,
    contract: Address,
) -> network_events.NetworkEvent:
    match event:
        case registry_abi.RoleGranted() | verifier_abi.RoleGranted():
            return network_events.RoleGranted(
                contract=contract,
                role=Hash32(event.role),
                account=Address(event.account),
                by=Address(event.sender),
            )
        case registry_abi.RoleRevoked() | verifier_abi.RoleRevoked():
            return network_events.RoleRevoked(
                contract=contract,
                role=Hash32(event.role),
                account=Address(event.account),
                by=Address(event.sender),
            )
        case registry_abi.RoleAdminChanged() | verifier_abi.RoleAdminChanged():
            raise Untranslatable(ROLE_ADMIN_REASON)
        case _:
            assert_never(event)
