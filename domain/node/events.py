"""Facts about a node's membership. The stored names outlive the classes: a changed shape is a new SCHEMA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address
from domain.kernel.money import Wei
from domain.kernel.personal import Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRegistered(Event):
    """A node joined, or joined again after it left."""

    NAME: ClassVar[str] = "node.registered"
    SCHEMA: ClassVar[int] = 2
    node: Address
    metadata_uri: Annotated[str, Personal(subject="node", since=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDeregistered(Event):
    """A node left."""

    NAME: ClassVar[str] = "node.deregistered"
    node: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeJailed(Event):
    """A node fell below the minimum stake."""

    NAME: ClassVar[str] = "node.jailed"
    node: Address
    stake_wei: Wei
    min_stake_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUnjailed(Event):
    """A node is back above the minimum stake."""

    NAME: ClassVar[str] = "node.unjailed"
    node: Address
    stake_wei: Wei
    min_stake_wei: Wei


NodeEvent: TypeAlias = NodeRegistered | NodeDeregistered | NodeJailed | NodeUnjailed
