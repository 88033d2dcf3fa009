"""Shapes of health and of whole networks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.http.schemas.shape import AddressText, HashText, NetworkText, Shape


class ProjectionHealthOut(Shape):
    """How far a projection is."""

    name: str
    checkpoint: int
    lag: int = Field(description="Positions behind the head.")
    parked: int = Field(description="Events that it could not take in, of the oldest 10 000.")


class ParkedOut(Shape):
    """An event that a projection could not fold: skipped there and reported."""

    projection: str
    position: int
    key: str
    error: str


class FollowerOut(Shape):
    """How this process reads chains: the worst state of all."""

    state: Literal["none", "following", "waiting", "halted", "stopped"]
    detail: str


class EndpointOut(Shape):
    """A node that a chain is read through, named by its host."""

    label: str
    state: Literal["ok", "resting", "behind"]
    latency_ms: float
    failures: int = Field(description="In a row, up to now.")
    head: int | None = Field(description="Its newest block, as far as it was compared with others.")
    error: str


class ChainFollowerOut(Shape):
    """How this process reads one deployment's chain."""

    network: NetworkText
    state: Literal["following", "waiting", "halted", "stopped"]
    detail: str
    endpoints: list[EndpointOut]


class ChainCursorOut(Shape):
    """How far a deployment's chain has been read; null before the first block."""

    network: NetworkText
    chain_id: int
    arbiter: AddressText
    last_block: int | None
    last_block_hash: HashText | None
    last_block_time: int | None = Field(description="Seconds since 1970-01-01 UTC.")
    safe_block: int | None
    final_block: int | None
    reorg_count: int = Field(description="How often recorded blocks were replaced.")
    halted: bool = Field(description="A final block was contradicted; see `agentgpt chain heal`.")


class SuspenseHealthOut(Shape):
    """Whether the token's own transfers are all explained by what the contracts say."""

    state: Literal["settled", "unclaimed", "missing", "unread"] = Field(
        description="`unclaimed`: somebody sent tokens that are owed to nobody. `missing`: a contract counts on tokens "
        "that the token never moved. `unread`: this ledger holds no transfers of the token."
    )
    unclaimed: int = Field(description="Transactions, at most 1000.")
    missing: int = Field(description="Transactions, at most 1000.")


class HealthOut(Shape):
    """`ok`, `behind` while something catches up or the chain does not answer, `failing` when not all is well."""

    status: Literal["ok", "behind", "failing"]
    position: int
    projections: list[ProjectionHealthOut]
    positions_per_second: int | None = Field(
        description="How fast the read models moved on in the last minute, from earlier looks at health."
    )
    parked: list[ParkedOut] = Field(description="The oldest parked events, at most twenty.")
    follower: FollowerOut
    followers: list[ChainFollowerOut]
    suspense: SuspenseHealthOut
    keyring: Literal["ok", "missing", "unused"] = Field(
        description="The keys of personal texts; while they are missing these texts read `[sealed]`."
    )
    chains: list[ChainCursorOut]


class ReadyOut(Shape):
    """Whether this process answers with what the chains say: `reasons` is empty when it does."""

    ready: bool
    reasons: list[str]
