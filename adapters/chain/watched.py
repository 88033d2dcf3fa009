"""Which logs a ledger wants of a chain: all of its contracts, and the token's transfers to and from these.

The token's other logs, however many, are neither asked for nor taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.chain.transport import Json
from domain.application.ports import Deployment
from domain.kernel.ids import Address, Hash32

TRANSFER_TOPIC: Final = Hash32("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
"""keccak256 of `Transfer(address,address,uint256)`. Source: ERC-20."""

_SENDER, _RECIPIENT = 1, 2


@dataclass(frozen=True, slots=True)
class Interest:
    """Logs of one address: all of them, or with `party` the token's transfers to and from that contract."""

    address: Address
    party: Address | None = None

    def covers(self, address: Address, topics: Sequence[Hash32]) -> bool:
        """Tell whether a log is one of these."""
        if address != self.address:
            return False
        if self.party is None:
            return True
        return tuple(topics[:1]) == (TRANSFER_TOPIC,) and topic_of(self.party) in topics[_SENDER:3]

    def values(self) -> tuple[bytes, ...]:
        """Return what such a log puts into its block's bloom, at least."""
        address = bytes.fromhex(self.address[2:])
        if self.party is None:
            return (address,)
        topics = (TRANSFER_TOPIC, topic_of(self.party))
        return (address, *(bytes.fromhex(topic[2:]) for topic in topics))

    def filters(self, where: Mapping[str, Json]) -> list[Mapping[str, Json]]:
        """Return the filters of `eth_getLogs` that find exactly these logs in the blocks that `where` names."""
        if self.party is None:
            return [{**where, "address": [self.address]}]
        return _transfers(self.address, [self.party], where)


class Watched:
    """All that is wanted of a deployment. `contracts` are those that must hold no more than they owe.

    The timelock is not one of them: governance may own tokens.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._whole = (deployment.arbiter, deployment.registry, deployment.verifier)
        self._token = deployment.token
        self.contracts: Sequence[Address] = (*self._whole, deployment.token)
        self.interests: Sequence[Interest] = (
            *(Interest(address) for address in self._whole),
            *(Interest(deployment.token, party) for party in self.contracts),
        )

    def covers(self, address: Address, topics: Sequence[Hash32]) -> bool:
        """Tell whether a log is wanted."""
        if address in self._whole:
            return True
        return any(each.covers(address, topics) for each in self.interests)

    def filters(self, where: Mapping[str, Json]) -> list[Mapping[str, Json]]:
        """Return the few filters of `eth_getLogs` that find all of it in the blocks that `where` names.

        A transfer between two of the contracts is found by two of them.
        """
        whole: Mapping[str, Json] = {**where, "address": list(self._whole)}
        return [whole, *_transfers(self._token, self.contracts, where)]


def topic_of(address: Address) -> Hash32:
    """Return an address as an indexed parameter stands in a log."""
    return Hash32("0x" + "00" * 12 + address[2:])


def _transfers(
    token: Address, parties: Sequence[Address], where: Mapping[str, Json]
) -> list[Mapping[str, Json]]:
    topics: list[Json] = [topic_of(party) for party in parties]
    sent: list[Json] = [TRANSFER_TOPIC, topics]
    received: list[Json] = [TRANSFER_TOPIC, None, topics]
    return [{**where, "address": [token], "topics": each} for each in (sent, received)]
