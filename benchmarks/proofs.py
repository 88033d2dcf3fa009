"""What the Merkle tree costs: run with `python -m benchmarks.proofs`.

For logs of growing size: the root, a proof that an event is in the log, a proof that the log grew from a smaller one,
what checking them takes whoever gets them, and `log check`, which hashes and decodes everything again. Every proof is
checked.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256

from adapters.clock import SystemClock
from adapters.eventstore.log import LedgerLog, open_log
from benchmarks.measure import Spent
from benchmarks.rebuild import write
from domain.application.tree_check import check_tree
from domain.kernel.ids import Position
from domain.kernel.merkle import Frontier, extends, includes

ASKED = 500


def per_call(calls: int, call: Callable[[], object]) -> float:
    """Return the processor's microseconds for one of so many calls, the lowest of three rounds."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for _ in range(calls):
            call()
        best = min(best, (time.process_time() - started) / calls)
    return 1e6 * best


def leaf_and_nodes(events: int = 10_000) -> tuple[float, float]:
    """Return what an event adds to the cost of an append, and what bare hashing of the same bytes takes."""
    states = [bytes(900)] * events
    ours = per_call(1, lambda: Frontier().add(states)) / events
    bare = per_call(1, lambda: [sha256(state).digest() for state in states]) / events
    return ours, bare


def measure(log: LedgerLog, size: int) -> None:
    """Print one line for each kind of proof."""
    chance = random.Random(7)
    head = log.tree.head()
    wanted = [Position(chance.randint(1, size)) for _ in range(ASKED)]
    proofs = [log.tree.inclusion(position) for position in wanted]
    grown = [log.tree.consistency(position) for position in wanted]
    olds = [log.tree.head(position) for position in wanted]
    assert all(includes(head, p.leaf, p.position - 1, p.hashes) for p in proofs)
    assert all(extends(head, old, p.hashes) for old, p in zip(olds, grown, strict=True))
    queue = iter(wanted * 3)
    again = iter(wanted * 3)
    first, last = proofs[0], grown[0]
    lines = {
        "root": per_call(ASKED, log.tree.head),
        "inclusion, made": per_call(ASKED, lambda: log.tree.inclusion(next(queue))),
        "inclusion, checked": per_call(
            ASKED, lambda: includes(head, first.leaf, first.position - 1, first.hashes)
        ),
        "consistency, made": per_call(ASKED, lambda: log.tree.consistency(next(again))),
        "consistency, checked": per_call(ASKED, lambda: extends(head, olds[0], last.hashes)),
    }
    for name, cost in lines.items():
        print(f"{size:>10,}  {name:<22}{cost:8.1f} us")
    hashes = max(len(proof.hashes) for proof in proofs)
    print(f"{size:>10,}  longest proof{hashes:>14} hashes")
    spent = Spent()
    with spent.counting():
        assert check_tree(log, log.tree).difference is None
    print(f"{size:>10,}  log check{1e6 * spent.cpu / size:>19.1f} us an event")


def main() -> None:
    """Print what proofs cost, for growing logs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--million", action="store_true", help="also with a million events")
    given = parser.parse_args()
    ours, bare = leaf_and_nodes()
    print(f"\ntree: {ours:.2f} us an event of 900 bytes; bare SHA-256 of the bytes: {bare:.2f}")
    for size in [10_000, 100_000] + [1_000_000] * given.million:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_log(f"{folder}/log.db", SystemClock()) as log,
        ):
            write(log, size)
            measure(log, size)


if __name__ == "__main__":
    main()
