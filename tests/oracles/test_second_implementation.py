"""Trees, proofs and notes as other programs read the same standards: both must say the same.

They stand apart from the project, and a test that lacks one is skipped: `.ci/run` brings them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.checkpoints.checkpoint import sign_head
from adapters.checkpoints.note import Signer
from domain.kernel.merkle import (
    HASH_BYTES,
    Frontier,
    TreeHead,
    consistency_hashes,
    includes,
    inclusion_hashes,
)
from tests.support.stored import StoredList

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".merkle" / "bin" / "python"
LEAVES = 70
SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, LEAVES]

Ask = Callable[[dict[str, Any]], Any]


def ask(command: Sequence[str], questions: object) -> Any:
    done = subprocess.run(
        command,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pymerkle() -> Ask:
    """The Python package `pymerkle`, in an environment of its own."""
    if not PYTHON.exists():
        pytest.skip("pymerkle is not there; .ci/run makes its environment (.merkle)")
    return lambda questions: ask([str(PYTHON), str(HERE / "tree.py")], questions)


@pytest.fixture(scope="module")
def sigstore() -> Ask:
    """Sigstore's client in JavaScript, `@sigstore/verify`."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.skip("@sigstore/verify is not there: npm ci --prefix tests/oracles")
    return lambda questions: ask([node, str(HERE / "tlog.cjs")], questions)


@pytest.fixture(scope="module")
def tree() -> StoredList:
    return StoredList([b"%d" % (number * number) * (number % 5) for number in range(LEAVES)])


def texts(hashes: Sequence[bytes]) -> list[str]:
    return [digest.hex() for digest in hashes]


def spoiled(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return lists of hashes that prove nothing."""
    found = [[*hashes, bytes(HASH_BYTES)]]
    if hashes:
        found += [list(hashes[1:]), list(hashes[:-1]), [bytes(HASH_BYTES), *hashes[1:]]]
    if len(hashes) > 1 and hashes[0] != hashes[1]:
        found.append([hashes[1], hashes[0], *hashes[2:]])
    return found


def test_roots_and_proofs_are_those_of_pymerkle(pymerkle: Ask, tree: StoredList) -> None:
    read = tree._hash_at
    places = [(index, size) for size in SIZES for index in range(size)]
    pairs = [(old, new) for new in SIZES for old in range(1, new + 1)]
    answers = pymerkle(
        {
            "leaves": texts(tree.states),
            "inclusion": [
                [index, size, texts(inclusion_hashes(read, index, size))] for index, size in places
            ],
            "consistency": [
                [old, new, tree.head(old).root.hex(), tree.head(new).root.hex()]
                for old, new in pairs
            ],
        }
    )
    assert answers["roots"] == [tree.head(size).root.hex() for size in range(LEAVES + 1)]
    for (index, size), (found, theirs) in zip(places, answers["inclusion"], strict=True):
        assert found, (index, size)
        hashes = [bytes.fromhex(text) for text in theirs]
        assert includes(tree.head(size), tree.states[index], index, hashes), (index, size)
    for (old, new), (found, theirs) in zip(pairs, answers["consistency"], strict=True):
        assert found, (old, new)
        assert theirs == texts(consistency_hashes(read, old, new))


def test_what_we_refuse_pymerkle_refuses_too(pymerkle: Ask, tree: StoredList) -> None:
    inclusion = []
    for size in SIZES:
        for index in {0, size // 2, size - 1}:
            for hashes in spoiled(inclusion_hashes(tree._hash_at, index, size)):
                assert not includes(tree.head(size), tree.states[index], index, hashes)
                inclusion.append([index, size, texts(hashes)])
    consistency = [
        [old, new, tree.head(wrong_old).root.hex(), tree.head(wrong_new).root.hex()]
        for old, new, wrong_old, wrong_new in (
            (3, 7, 4, 7),
            (3, 7, 3, 8),
            (4, 8, 5, 8),
            (8, 8, 8, 7),
        )
    ]
    answers = pymerkle(
        {"leaves": texts(tree.states), "inclusion": inclusion, "consistency": consistency}
    )
    for answer in (*answers["inclusion"], *answers["consistency"]):
        assert not answer[0]


def test_inclusion_proofs_hold_for_sigstores_client_as_for_us(
    sigstore: Ask, tree: StoredList
) -> None:
    read = tree._hash_at
    questions, ours = [], []
    for size in SIZES:
        head = tree.head(size)
        for index in range(size):
            hashes = inclusion_hashes(read, index, size)
            for leaf, given in (
                (tree.states[index], hashes),
                (b"another", hashes),
                *((tree.states[index], bad) for bad in spoiled(hashes)),
            ):
                ours.append(includes(head, leaf, index, given))
                questions.append(
                    {
                        "leaf": leaf.hex(),
                        "index": index,
                        "size": size,
                        "root": head.root.hex(),
                        "hashes": texts(given),
                    }
                )
    assert sigstore({"notes": [], "inclusion": questions})["inclusion"] == ours
    assert any(ours)
    assert not all(ours)


def test_sigstores_client_reads_our_checkpoints(sigstore: Ask) -> None:
    signer, stranger = (Signer("example.org/ledger", bytes([number]) * 32) for number in (1, 2))
    head = TreeHead(1_234_567, Frontier().root())
    note = sign_head(head, signer)
    verifier = signer.verifier

    def question(**changed: object) -> dict[str, object]:
        return {
            "envelope": note,
            "name": verifier.name,
            "key_hash": verifier.key_hash.hex(),
            "public_key": verifier.public.hex(),
            "size": head.size,
            "root": head.root.hex(),
        } | changed

    body, _, signatures = note.partition("\n\n")
    questions = [
        question(),
        # Another signature beside ours, as a witness leaves it.
        question(envelope=sign_head(head, stranger).rstrip("\n") + "\n" + signatures),
        question(envelope=note.replace("1234567", "1234568")),
        question(envelope=body + "\n" + signatures),
        question(public_key=stranger.verifier.public.hex()),
        question(key_hash=stranger.verifier.key_hash.hex()),
        question(size=head.size + 1),
        question(root=bytes(HASH_BYTES).hex()),
    ]
    answers = sigstore({"notes": questions, "inclusion": []})["notes"]
    assert answers == [True, True, *[False] * (len(questions) - 2)]
