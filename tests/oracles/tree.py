"""Builds a tree and checks proofs as `pymerkle` does: reads questions from stdin, writes what it finds.

It runs in an environment of its own, which `.ci/run` makes: the package is under the GPL, and nothing of ours imports
it.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

pymerkle = importlib.import_module("pymerkle")
core = importlib.import_module("pymerkle.core")


def holds(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except pymerkle.InvalidProof:
        return False
    return True


def digests(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def subproof(tree: Any, old: int, start: int, end: int, *, is_old: bool) -> list[bytes]:
    """Return SUBPROOF of RFC 9162, section 2.1.4.1, over the package's own hashes: its proofs have another shape."""
    if old == end - start:
        return [] if is_old else [tree._get_root(start, end)]
    left = 1
    while left * 2 < end - start:
        left *= 2
    middle = start + left
    if old <= left:
        return [*subproof(tree, old, start, middle, is_old=is_old), tree._get_root(middle, end)]
    right = subproof(tree, old - left, middle, end, is_old=False)
    return [*right, tree._get_root(start, middle)]


def main() -> None:
    questions = json.load(sys.stdin)
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in digests(questions["leaves"]):
        tree.append_entry(leaf)
    root = tree.get_root
    answers: dict[str, list[Any]] = {
        "roots": [root(size).hex() for size in range(len(questions["leaves"]) + 1)],
        "inclusion": [],
        "consistency": [],
    }
    for index, size, hashes in questions["inclusion"]:
        rule, _ = core._inclusion_path_layout(index + 1, size)
        base = tree.get_leaf(index + 1)
        path = [base, *digests(hashes)]
        given = pymerkle.InclusionProof("sha256", True, size, index + 1, rule, path)
        found = holds(pymerkle.verify_inclusion, base, root(size), given, index + 1, size)
        own = tree.prove_inclusion(index + 1, size).path
        answers["inclusion"].append([found, [digest.hex() for digest in own[1:]]])
    for old, new, old_root, new_root in questions["consistency"]:
        own = tree.prove_consistency(old, new)
        roots = digests([old_root, new_root])
        found = holds(pymerkle.verify_consistency, *roots, own, old, new)
        proven = subproof(tree, old, 0, new, is_old=True)
        answers["consistency"].append([found, [digest.hex() for digest in proven]])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
