"""What a chain's state was at a block, by Merkle proofs (EIP-1186) that are checked against the block's hash."""

from __future__ import annotations

from typing import Final

from adapters.chain.hashing import EMPTY_STRING, keccak
from adapters.chain.headers import contradiction, read_header
from adapters.chain.index_trie import decoded, proven_at
from adapters.chain.transport import MalformedAnswer, Transport
from adapters.chain.values import read_data, read_list, read_object, read_quantity
from domain.application.ports import BlockRef, Deployment
from domain.kernel.ids import Address
from domain.kernel.money import Wei

_BALANCES_SLOT: Final = 0
"""Where the token keeps its balances: the first variable of OpenZeppelin's ERC20."""

_STORAGE_ROOT: Final = 2
_ACCOUNT_FIELDS: Final = 4


class ProvenBalances:
    """Reads balances of a deployment's token with proofs; implements the ProvenState port."""

    def __init__(self, transport: Transport, deployment: Deployment) -> None:
        self._transport = transport
        self._deployment = deployment

    def held_wei(self, at: BlockRef) -> Wei:
        """Return the token's balance of the arbiter. Raises Unavailable, also for a node that gives no proof."""
        return self.balance_wei(self._deployment.arbiter, at)

    def balance_wei(self, holder: Address, at: BlockRef) -> Wei:
        """Return the token's balance of an account at a block. Raises Unavailable."""
        token = self._deployment.token
        slot = keccak(bytes(12) + bytes.fromhex(holder[2:]) + _BALANCES_SLOT.to_bytes(32, "big"))
        answer = self._transport.request(
            "eth_getProof", [token, ["0x" + slot.hex()], hex(at.number)]
        )
        proof = read_object(answer, "proof")
        account = proven_at(
            self._state_root(at),
            keccak(bytes.fromhex(token[2:])),
            _nodes(proof.get("accountProof")),
        )
        if not account:
            raise contradiction(f"its proof of the token's account does not fit block {at.number}")
        parts, _ = decoded(account)
        if not isinstance(parts, list) or len(parts) != _ACCOUNT_FIELDS:
            raise MalformedAnswer("the proven account does not have four fields")
        root = parts[_STORAGE_ROOT]
        (entry,) = read_list(proof.get("storageProof"), "storageProof")[:1] or [None]
        storage = read_object(entry, "storageProof")
        claimed = read_quantity(storage.get("value"), "storageProof.value")
        value = proven_at(
            root if isinstance(root, bytes) else b"", keccak(slot), _nodes(storage.get("proof"))
        )
        if value is None:
            raise contradiction(f"its proof of a balance does not fit block {at.number}")
        number, _ = decoded(value or EMPTY_STRING)
        proven = int.from_bytes(number, "big") if isinstance(number, bytes) else -1
        if proven != claimed:
            raise contradiction(f"it claims a balance of {claimed} wei and proves {proven}")
        return Wei(proven)

    def _state_root(self, at: BlockRef) -> bytes:
        answer = self._transport.request("eth_getBlockByHash", [at.hash, False])
        header = read_header(answer, at.hash)
        if not header.hashes:
            raise contradiction(f"the header of block {at.number} does not hash to {at.hash}")
        return read_data(read_object(answer, "block").get("stateRoot"), "block.stateRoot")


def _nodes(value: object) -> list[bytes]:
    return [read_data(node, "proof") for node in read_list(value, "proof")]
