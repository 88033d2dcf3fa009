"""Signed notes and checkpoints, against the published example and against everything that is a little off."""

from __future__ import annotations

import base64

import pytest

from adapters.checkpoints.checkpoint import open_checkpoint, sign_head
from adapters.checkpoints.note import Signer, Verifier, open_note, parse_signer, parse_verifier
from domain.kernel.errors import EvidenceMismatch, InvalidInput, LedgerError
from domain.kernel.merkle import EMPTY_ROOT, Checkpoint, TreeHead

# The example of golang.org/x/mod/sumdb/note, from which the C2SP format was written down.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = f"{TEXT}\n{LINE}"

SIGNER = Signer("example.org/ledger", bytes(range(32)))
OTHER = Signer("example.org/ledger", bytes(range(1, 33)))
HEAD = TreeHead(7, bytes(range(32)))


def test_the_published_note_opens_and_is_signed_alike() -> None:
    verifier = parse_verifier(VKEY)
    assert verifier.name == "PeterNeumann"
    assert str(verifier) == VKEY
    assert open_note(NOTE.encode(), verifier) == TEXT
    signer = parse_signer(SKEY)
    assert signer.text() == SKEY
    assert signer.verifier == verifier
    assert signer.sign(TEXT) == NOTE


def test_a_checkpoint_is_origin_size_and_root() -> None:
    note = sign_head(HEAD, SIGNER)
    root = base64.b64encode(HEAD.root).decode()
    assert note.startswith(f"example.org/ledger\n7\n{root}\n\n— example.org/ledger ")
    assert open_checkpoint(note.encode(), SIGNER.verifier) == Checkpoint("example.org/ledger", HEAD)
    empty = sign_head(TreeHead(0, EMPTY_ROOT), SIGNER)
    assert open_checkpoint(empty.encode(), SIGNER.verifier).head.size == 0


def test_no_changed_byte_of_a_checkpoint_is_accepted() -> None:
    note = sign_head(HEAD, SIGNER).encode()
    for place in range(len(note)):
        for bit in range(8):
            changed = bytearray(note)
            changed[place] ^= 1 << bit
            with pytest.raises((EvidenceMismatch, InvalidInput)):
                open_checkpoint(bytes(changed), SIGNER.verifier)
    for length in range(len(note)):
        with pytest.raises((EvidenceMismatch, InvalidInput)):
            open_checkpoint(note[:length], SIGNER.verifier)


def test_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(EvidenceMismatch, match="not signed by"):
        open_checkpoint(sign_head(HEAD, OTHER).encode(), SIGNER.verifier)


def test_a_signature_under_the_key_hash_of_another_key_is_refused() -> None:
    text = TEXT
    _, _, line = OTHER.sign(text).rpartition(" ")
    forged = base64.b64encode(SIGNER.verifier.key_hash + base64.b64decode(line)[4:]).decode()
    note = f"{text}\n— {SIGNER.verifier.name} {forged}\n"
    with pytest.raises(EvidenceMismatch, match="does not fit the text"):
        open_note(note.encode(), SIGNER.verifier)


def test_lines_of_unknown_keys_are_left_alone() -> None:
    note = sign_head(HEAD, SIGNER)
    witness = "— witness.example " + base64.b64encode(bytes(76)).decode() + "\n"
    head = Checkpoint("example.org/ledger", HEAD)
    assert open_checkpoint((note + witness).encode(), SIGNER.verifier) == head
    with pytest.raises(EvidenceMismatch):
        open_note((f"{TEXT}\n{witness}").encode(), SIGNER.verifier)


def test_extension_lines_are_left_alone() -> None:
    root = base64.b64encode(HEAD.root).decode()
    note = SIGNER.sign(f"example.org/ledger\n7\n{root}\nextension 1\n")
    assert open_checkpoint(note.encode(), SIGNER.verifier).head == HEAD


@pytest.mark.parametrize(
    "text",
    [
        "example.org/ledger\n7\n",
        "example.org/ledger\n07\nAAAA\n",
        "example.org/ledger\n-1\nAAAA\n",
        "example.org/ledger\n\uff17\n" + "A" * 43 + "=\n",
        "example.org/ledger\n7\nAAAA\n",
        "example.org/ledger\n7\n" + "A" * 42 + "B=\n",
        "\n7\n" + "A" * 43 + "=\n",
        "other.example\n7\n" + "A" * 43 + "=\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises((InvalidInput, EvidenceMismatch)):
        open_checkpoint(SIGNER.sign(text).encode(), SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "no end", "a tab\t\n", "a return\r\n"])
def test_what_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidInput):
        SIGNER.sign(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a+b+c",
        VKEY[:-4],
        VKEY.replace("c74f20a3", "c74f20a4"),
        VKEY.replace("Peter", "Pater"),
        VKEY.replace("+AR", "+AB"),
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "two words+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_verifier(text)
    with pytest.raises(InvalidInput):
        parse_signer(text)
    with pytest.raises(InvalidInput):
        parse_signer(f"PRIVATE+KEY+{text}")


def test_a_private_key_is_never_shown() -> None:
    secret = SKEY.rpartition("+")[2]
    assert secret not in repr(parse_signer(SKEY))
    with pytest.raises(LedgerError) as error:
        parse_signer(SKEY.replace("c74f20a3", "c74f20a4"))
    assert secret not in f"{error.value.message} {error.value.hint}"


def test_a_verifier_has_a_name_that_can_be_told_from_its_key() -> None:
    assert str(Verifier("a", bytes(32))).startswith("a+")
    for name in ("", "a b", "a+b", "a\n", "x" * 200):
        with pytest.raises(InvalidInput):
            Signer(name, bytes(32))
