"""Checks without a chain that facts came from the blocks that they name: by kept headers and proofs of receipts.

For each fact that stands: the kept header hashes to the block that its provenance names; the receipt's proof leads to
the root in that header; the log in the receipt, translated again, is the recorded event. Then the blocks are
linked to one that is trusted, by the hashes of their parents.

Not proven: the hash of the transaction (receipts do not hold it), and how many logs stand before the receipt's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.chain.hashing import keccak
from adapters.chain.index_trie import Part, decoded, proven_value
from adapters.chain.proof_store import ProofStore
from adapters.chain.translate import RawLog, Translator
from adapters.chain.watched import Watched
from domain.application.ports import Deployment, EventLog
from domain.application.standing_pages import standing_pages
from domain.chain.events import ChainAdvanced
from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.ids import Address, ChainId, Hash32, Position
from domain.kernel.streams import Network, chain_stream

_PARENT: Final = 0
_RECEIPTS_ROOT: Final = 5
_NUMBER: Final = 8
_TIME: Final = 11
_LOGS: Final = 3


@dataclass(frozen=True, slots=True)
class Unproven:
    """A fact that is not proven, and why."""

    position: Position
    reason: str


@dataclass(slots=True)
class ProofAuditResult:
    """What was proven. `anchors` are the trusted blocks that the others were linked to, by network."""

    facts: int = 0
    proven: int = 0
    anchors: dict[str, Hash32] = field(default_factory=dict)
    unproven: list[Unproven] = field(default_factory=list)


def audit_proofs(
    log: EventLog,
    store: ProofStore,
    deployments: Sequence[Deployment],
    *,
    anchor: Hash32 | None,
    limit: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> ProofAuditResult:
    """Check every fact that stands; name up to `limit` that are not proven.

    Blocks are linked to `anchor`, or to the last block that the ledger read of each deployment. Raises Unavailable.
    """
    result = ProofAuditResult()
    checks = {
        _key(each.chain_id, address): _Check(store, each)
        for each in deployments
        for address in _of(each)
    }
    until = log.head()
    anchors: dict[str, Hash32] = {}
    streams = {chain_stream(Network(each.chain_id, each.arbiter)) for each in deployments}
    blocks: dict[Hash32, Position] = {}
    for reached, page in standing_pages(log, until):
        for recorded in page:
            source = recorded.provenance
            if source is None:
                if recorded.stream in streams and isinstance(recorded.event, ChainAdvanced):
                    anchors[recorded.stream] = recorded.event.last_block_hash
                continue
            check = checks.get(_key(source.chain_id, source.contract))
            if check is None:
                continue
            result.facts += 1
            if reason := check.why_not(recorded, source):
                result.unproven.append(Unproven(recorded.position, reason))
            else:
                result.proven += 1
                blocks.setdefault(source.block_hash, recorded.position)
        del result.unproven[limit:]
        if on_progress is not None:
            on_progress(reached, until)
    result.anchors = {"given": anchor} if anchor else anchors
    for block_hash, position in _unlinked(store, list(result.anchors.values()), blocks):
        if len(result.unproven) < limit:
            reason = f"block {block_hash} is not linked to a trusted block by the kept headers"
            result.unproven.append(Unproven(position, reason))
    return result


class _Check:
    def __init__(self, store: ProofStore, deployment: Deployment) -> None:
        self._store = store
        self._translator = Translator(deployment)

    def why_not(self, recorded: RecordedEvent, source: Provenance) -> str:
        """Say why a fact is not proven, nothing when it is."""
        header = _header(self._store, source.block_hash)
        if isinstance(header, str):
            return header
        if (_number(header[_NUMBER]), _number(header[_TIME])) != (
            source.block_number,
            source.block_time,
        ):
            return f"block {source.block_hash} has another number or time than the fact says"
        kept = self._store.receipt(source.block_hash, source.log_index)
        if kept is None:
            return f"no receipt is kept of log {source.log_index} of block {source.block_number}"
        root = header[_RECEIPTS_ROOT]
        receipt = proven_value(root if isinstance(root, bytes) else b"", kept.place, kept.proof)
        if receipt is None:
            return f"the proof of receipt {kept.place} does not lead to block {source.block_number}"
        log = _log_in(receipt, source.log_index - kept.first_log)
        if log is None:
            return f"the receipt has no log {source.log_index} of block {source.block_number}"
        address, topics, data = log
        raw = RawLog(
            address=address,
            topics=topics,
            data=data,
            block_number=source.block_number,
            block_hash=source.block_hash,
            transaction_hash=source.transaction_hash,
            log_index=source.log_index,
        )
        if address != source.contract:
            return f"the log is one of {address}, the fact says {source.contract}"
        if self._translator.translate(raw) != (recorded.stream, recorded.event):
            return f"the log in the receipt says something else than the {recorded.name} recorded"
        return ""


def _unlinked(
    store: ProofStore, anchors: Sequence[Hash32], blocks: dict[Hash32, Position]
) -> Sequence[tuple[Hash32, Position]]:
    """Return the blocks that following parents from the anchors does not lead to."""
    left = dict(blocks)
    for anchor in anchors:
        at = anchor
        while left:
            header = _header(store, at)
            if isinstance(header, str):
                break
            left.pop(at, None)
            parent = header[_PARENT]
            at = Hash32("0x" + (parent.hex() if isinstance(parent, bytes) else ""))
    return list(left.items())


def _header(store: ProofStore, block_hash: Hash32) -> list[Part] | str:
    """Return the fields of a kept header, or why there are none."""
    encoded = store.header(block_hash)
    if encoded is None:
        return f"no header is kept of block {block_hash}"
    if "0x" + keccak(encoded).hex() != block_hash:
        return f"the header kept of block {block_hash} does not hash to it"
    # It hashes to a block's hash, so it is a header.
    fields, _ = decoded(encoded)
    return (
        fields if isinstance(fields, list) else f"what is kept of block {block_hash} is no header"
    )


def _log_in(receipt: bytes, place: int) -> tuple[Address, tuple[Hash32, ...], bytes] | None:
    # A typed receipt begins with its type, a list with 0xc0 or above.
    body, _ = decoded(receipt if receipt[0] >= 0xC0 else receipt[1:])
    logs = body[_LOGS] if isinstance(body, list) else None
    if not isinstance(logs, list) or not 0 <= place < len(logs):
        return None
    match logs[place]:
        case [bytes(address), list(topics), bytes(data)]:
            hashes = [Hash32("0x" + topic.hex()) for topic in topics if isinstance(topic, bytes)]
            return Address("0x" + address.hex()), tuple(hashes), data
        case _:
            return None


def _number(part: Part) -> int:
    return int.from_bytes(part, "big") if isinstance(part, bytes) else -1


def _of(deployment: Deployment) -> Sequence[Address]:
    return Watched(deployment).contracts


def _key(chain_id: ChainId, contract: Address) -> tuple[ChainId, Address]:
    return chain_id, contract
