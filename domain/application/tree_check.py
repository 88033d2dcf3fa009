"""Holds the log against its Merkle tree: every stored byte is hashed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.application.fact_tally import FactTally
from domain.application.ports import EventLog, LogTree
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Position
from domain.kernel.merkle import HASH_BYTES, Checkpoint, Frontier, TreeHead

BATCH_EVENTS = 5_000

OnProgress = Callable[[int, int], None]
"""Called with the position that is reached and the one aimed at."""


@dataclass(frozen=True, slots=True)
class TreeDifference:
    """The first thing that is not as it was written. `position` is None when no single event can be named."""

    position: Position | None
    sentence: str


@dataclass(frozen=True, slots=True)
class TreeCheck:
    """The head of everything that was hashed, and the first difference."""

    head: TreeHead
    difference: TreeDifference | None


def check_tree(
    log: EventLog,
    tree: LogTree,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> TreeCheck:
    """Hash every event again and compare with the stored tree, and at its size with a checkpoint.

    It stops at the first difference. The bytes are also decoded and held against the columns beside them and the
    indexes, which the tree does not cover.
    """
    until = tree.extent()
    signed = None if checkpoint is None else checkpoint.head
    frontier = Frontier()
    tally = FactTally()
    difference = _before_first(tree) or _other_root(frontier, signed)
    while difference is None and frontier.size < until:
        after = frontier.size
        stop = min(after + BATCH_EVENTS, until)
        if signed is not None and after < signed.size < stop:
            stop = signed.size
        difference = _batch(log, tree, frontier, stop, tally) or _other_root(frontier, signed)
        if on_progress is not None:
            on_progress(stop, until)
    if difference is None and signed is not None and signed.size > until:
        difference = TreeDifference(
            Position(until + 1),
            f"position {until + 1}: the event is missing, the checkpoint covers {signed.size} events",
        )
    if difference is None:
        surplus = tally.surplus(log, tree)
        if surplus is not None:
            sentence = f"position {surplus}: the index of chain facts has one that the log does not"
            difference = TreeDifference(surplus, sentence)
    return TreeCheck(TreeHead(frontier.size, frontier.root()), difference)


def _before_first(tree: LogTree) -> TreeDifference | None:
    for rows in tree.stored(Position(-(2**63)), Position(0)):
        for position, _ in rows:
            return TreeDifference(
                position, f"position {position}: a row that the log did not write"
            )
    return None


def _batch(
    log: EventLog, tree: LogTree, frontier: Frontier, stop: int, tally: FactTally
) -> TreeDifference | None:
    """Take the events up to `stop` into the frontier and compare."""
    after = frontier.size
    events, stored = tree.stored(Position(after), Position(stop))
    leaves: list[bytes] = []
    for due, (position, data) in enumerate(events, after + 1):
        # Types are only what the ledger's own program keeps to.
        if position != due or not isinstance(data, bytes):
            break
        leaves.append(data)
    computed = frontier.add(leaves)
    if len(computed) == stop - after and list(enumerate(computed, after + 1)) == list(stored):
        return _misfit(log, tree, Position(after), Position(stop), tally)
    nodes = dict(stored)
    for number, ours in enumerate(computed, after + 1):
        theirs = nodes.get(Position(number))
        if ours != theirs:
            found = None
            if theirs is not None and theirs[:HASH_BYTES] == ours[:HASH_BYTES]:
                # Where events changed places, only the first node over them tells: the indexes say more.
                found = _misfit(log, tree, Position(after), Position(number - 1), tally)
            return found or _differing(Position(number), ours, theirs)
    number = after + len(computed) + 1
    held = any(position == number for position, _ in events)
    what = "the stored bytes are not bytes" if held else "the event is missing"
    return TreeDifference(Position(number), f"position {number}: {what}")


def _differing(position: Position, ours: bytes, theirs: object) -> TreeDifference:
    if theirs is None:
        what = "the event has no leaf in the tree"
    elif not isinstance(theirs, bytes) or theirs[:HASH_BYTES] != ours[:HASH_BYTES]:
        what = "the stored bytes are not those of the leaf in the tree"
    else:
        what = "a node of the tree is not the hash of its children"
    return TreeDifference(position, f"position {position}: {what}")


def _misfit(
    log: EventLog, tree: LogTree, after: Position, stop: Position, tally: FactTally
) -> TreeDifference | None:
    """Decode events whose bytes are good: do the columns and the indexes say the same?"""
    if stop <= after:
        return None
    try:
        events = log.read(after, stop - after)
    except CorruptRecord as error:
        return _first_corrupt(log, after, stop) or TreeDifference(None, error.message)
    facts = [event.provenance for event in events if event.provenance is not None]
    tally.add(stop, len(facts))
    told = [event.position for event in events if event.provenance is not None]
    for position, indexed in zip(told, log.recorded_facts(facts), strict=True):
        if position != indexed:
            return TreeDifference(
                position,
                f"position {position}: the index of chain facts says {indexed or 'nothing'}",
            )
    misplaced = tree.misplaced(after, stop)
    if misplaced is not None:
        sentence = f"position {misplaced}: an index of the log does not lead to the event"
        return TreeDifference(misplaced, sentence)
    return None


def _first_corrupt(log: EventLog, after: Position, stop: Position) -> TreeDifference | None:
    for before in range(after, stop):
        try:
            log.read(Position(before), 1)
        except CorruptRecord as error:
            position = Position(before + 1)
            return TreeDifference(position, f"position {position}: {error.message}")
    return None


def _other_root(frontier: Frontier, signed: TreeHead | None) -> TreeDifference | None:
    if signed is None or signed.size != frontier.size or signed.root == frontier.root():
        return None
    return TreeDifference(
        None,
        f"the first {signed.size} events are not those of the checkpoint, and the stored tree agrees with them: "
        "both were written anew",
    )
