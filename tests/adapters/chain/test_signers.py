"""Keys in encrypted files and behind other services: what they sign is what was asked for, and nothing shows them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from adapters.chain.keys import Signer
from adapters.chain.keystore import open_keystore
from adapters.chain.remote_signer import RemoteSigner
from adapters.chain.rpc import HttpTransport
from adapters.chain.transport import MalformedAnswer
from domain.kernel.errors import InvalidInput, RuleRejected
from tests.support.chain_fakes import HttpAnswer, http_node

KEY = bytes(range(1, 33))
ADDRESS = Signer(KEY).address
PASSPHRASE = "correct horse"
FIELDS: dict[str, int | bytes] = {
    "chainId": 31_337,
    "nonce": 3,
    "gas": 50_000,
    "to": b"\x07" * 20,
    "value": 12,
    "data": b"\x01\x02",
    "maxFeePerGas": 10**10,
    "maxPriorityFeePerGas": 10**9,
}


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.json"
    path.write_text(json.dumps(Account.encrypt(KEY, PASSPHRASE, kdf="pbkdf2", iterations=1_000)))
    return path


def test_a_keystore_opens_with_its_passphrase(keystore: Path) -> None:
    signer = open_keystore(keystore, PASSPHRASE)
    assert signer.address == ADDRESS
    assert signer.sign(FIELDS) == Signer(KEY).sign(FIELDS)


def test_a_wrong_passphrase_is_refused_and_shown_nowhere(keystore: Path) -> None:
    with pytest.raises(InvalidInput, match="does not open") as caught:
        open_keystore(keystore, "wrong horse")
    assert "horse" not in str(caught.value.message)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"version": 1}', '{"version": 3}', "x" * 70_000]
)
def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    with pytest.raises(InvalidInput):
        open_keystore(path, PASSPHRASE)


def test_a_missing_keystore_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        open_keystore(tmp_path / "none", PASSPHRASE)


def service(key: bytes = KEY, wrapped: bool = False, **changes: Any) -> Any:
    """Answer eth_signTransaction as a signer service does; `changes` are what it signs instead."""

    def answer(body: bytes) -> bytes:
        request = json.loads(body)
        asked = request["params"][0]
        fields = {
            name: value if name in ("to", "data") else int(value, 16)
            for name, value in asked.items()
            if name != "from"
        }
        signed = Account.sign_transaction({**fields, **changes}, key)
        raw = "0x" + bytes(signed.raw_transaction).hex()
        result: object = {"raw": raw, "tx": {}} if wrapped else raw
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()

    return answer


def remotely(answer: Any) -> tuple[bytes, str]:
    with http_node([HttpAnswer(body=answer)]) as (url, _), closing(HttpTransport(url)) as transport:
        return RemoteSigner(transport, ADDRESS).sign(FIELDS)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_signer_service_signs_what_the_key_itself_would(wrapped: bool) -> None:
    assert remotely(service(wrapped=wrapped)) == Signer(KEY).sign(FIELDS)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 13},
        {"to": "0x" + "08" * 20},
        {"data": "0x"},
        {"nonce": 4},
        {"chainId": 1},
        {"gas": 60_000},
        {"maxFeePerGas": 10**11},
        {"accessList": [{"address": "0x" + "08" * 20, "storageKeys": []}]},
    ],
    ids=str,
)
def test_a_service_that_signs_something_else_is_found_out(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer, match="than asked for"):
        remotely(service(**changes))


def test_a_service_that_signs_with_another_key_is_found_out() -> None:
    with pytest.raises(MalformedAnswer, match="another key"):
        remotely(service(key=b"\x09" * 32))


def answering(**members: object) -> Any:
    def answer(body: bytes) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": json.loads(body)["id"], **members}).encode()

    return answer


@pytest.mark.parametrize("result", ["0x", "0x02", "no hex", None, {}, "0xf8" + "00" * 40])
def test_an_answer_that_is_no_transaction_is_refused(result: object) -> None:
    with pytest.raises(MalformedAnswer):
        remotely(answering(result=result))


def test_a_refusing_service_is_quoted() -> None:
    with pytest.raises(RuleRejected, match="unknown account"):
        remotely(answering(error={"code": -32000, "message": "unknown account"}))
