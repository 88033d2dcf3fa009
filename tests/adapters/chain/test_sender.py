"""Transactions from local keys: refusals are explained, lost answers are not sent twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.keys import Signer, parse_key
from adapters.chain.reverts import Reverted
from adapters.chain.sender import Sender, Transaction
from adapters.chain.transport import Json, RpcError, Transport
from contracts.bindings import heavy_compute_arbiter as arbiter
from contracts.bindings import workflow_registry
from domain.application.ports import Deployment
from domain.kernel.errors import InvalidInput, RuleRejected, Unavailable
from domain.kernel.ids import Address
from tests.support.chain_fakes import AlteringTransport, account, word

DEPLOYER = Signer(DEPLOYER_KEY)
Fresh = tuple[EmbeddedChain, Deployment]


def call(to: Address, data: bytes, *, gas: int = 500_000) -> Transaction:
    return Transaction(label="the call", to=to, data=data, gas=gas)


def transfer(value_wei: int = 1) -> Transaction:
    return Transaction(label="a gift", to=account(0x77), value_wei=value_wei, gas=21_000)


def test_a_custom_error_is_told_with_its_name_and_arguments(fresh: Fresh) -> None:
    chain, deployment = fresh
    refused = call(deployment.arbiter, arbiter.encode_cancel_task(word(5)))
    with pytest.raises(
        Reverted, match=r"the call was refused by the contract: UnknownTask\("
    ) as caught:
        Sender(chain).send(DEPLOYER, refused)
    assert caught.value.name == "UnknownTask"
    assert caught.value.arguments == {"task_id": word(5)}


def test_an_error_of_another_contract_is_told_too(fresh: Fresh) -> None:
    chain, deployment = fresh
    refused = call(deployment.arbiter, arbiter.encode_stake(1))
    with pytest.raises(Reverted) as caught:
        Sender(chain).send(DEPLOYER, refused)
    assert caught.value.name == "WrongNodeStatus"
    assert caught.value.arguments == {"node": DEPLOYER.address, "status": 0}


def test_the_published_words_of_an_unsafe_rollback_are_told(fresh: Fresh) -> None:
    chain, deployment = fresh
    refused = call(deployment.registry, workflow_registry.encode_emergency_rollback(word(5)))
    with pytest.raises(Reverted, match="Unsafe rollback detected") as caught:
        Sender(chain).send(DEPLOYER, refused)
    assert caught.value.name == "Error"


def test_after_a_refusal_the_next_transaction_goes_through(fresh: Fresh) -> None:
    chain, deployment = fresh
    sender = Sender(chain)
    with pytest.raises(Reverted):
        sender.send(DEPLOYER, call(deployment.arbiter, arbiter.encode_claim()))
    sender.send(DEPLOYER, transfer())


def test_a_transaction_that_runs_out_of_gas_says_so(fresh: Fresh) -> None:
    chain, deployment = fresh
    short = call(deployment.arbiter, arbiter.encode_register_node("ipfs://x"), gas=30_000)
    with pytest.raises(RuleRejected, match="used all its gas"):
        Sender(chain).send(DEPLOYER, short)


def test_an_account_without_ether_is_told_to_get_some(fresh: Fresh) -> None:
    chain, _ = fresh
    poor = Signer(b"\x05" * 32)
    with pytest.raises(RuleRejected, match="a gift") as caught:
        Sender(chain).send(poor, transfer())
    assert poor.address in caught.value.hint


def test_nonces_are_counted_here_and_asked_for_once(fresh: Fresh) -> None:
    transport = AlteringTransport(fresh[0])
    sender = Sender(transport)
    for _ in range(5):
        sender.send(DEPLOYER, transfer())
    asked = [method for method, _ in transport.calls if method == "eth_getTransactionCount"]
    assert len(asked) == 1
    assert "eth_estimateGas" not in {method for method, _ in transport.calls}


def test_a_nonce_that_somebody_else_used_is_asked_for_again(fresh: Fresh) -> None:
    chain, _ = fresh
    first, second = Sender(chain), Sender(chain)
    first.send(DEPLOYER, transfer())
    second.send(DEPLOYER, transfer())
    first.send(DEPLOYER, transfer())
    assert chain.request("eth_getBalance", [account(0x77), "latest"]) == "0x3"


def test_a_lost_answer_does_not_send_twice(fresh: Fresh) -> None:
    chain, _ = fresh
    transport = AlteringTransport(chain)
    lost: list[Json] = []

    def lose_first(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_sendRawTransaction" and not lost:
            lost.append(answer)
            raise Unavailable("the line broke after the node took it")
        return answer

    transport.alter = lose_first
    receipt = Sender(transport, pause=lambda seconds: None).send(DEPLOYER, transfer())
    assert receipt.transaction_hash == lost[0]
    assert chain.request("eth_getBalance", [account(0x77), "latest"]) == "0x1"


def test_a_node_that_stays_away_is_unavailable(fresh: Fresh) -> None:
    transport = AlteringTransport(fresh[0])
    sender = Sender(transport, pause=lambda seconds: None)

    def down(method: str, params: Sequence[Json], answer: Json) -> Json:
        raise Unavailable("down")

    transport.alter = down
    with pytest.raises(Unavailable, match="down"):
        sender.send(DEPLOYER, transfer())


def test_a_receipt_that_comes_late_is_waited_for(fresh: Fresh) -> None:
    transport = AlteringTransport(fresh[0])
    pauses: list[float] = []
    looks = [0]

    def late(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_getTransactionReceipt":
            looks[0] += 1
            return None if looks[0] < 6 else answer
        return answer

    transport.alter = late
    Sender(transport, pause=pauses.append).send(DEPLOYER, transfer())
    assert len(pauses) == 5
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("base_fee", ["0x3b9aca00", None])
def test_fees_are_offered_as_the_node_takes_them(fresh: Fresh, base_fee: str | None) -> None:
    transport = AlteringTransport(fresh[0])

    def old_node(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_getBlockByNumber" and isinstance(answer, dict):
            return {**answer, "baseFeePerGas": base_fee}
        return answer

    transport.alter = old_node
    Sender(transport).send(DEPLOYER, transfer())
    ((_, params),) = [each for each in transport.calls if each[0] == "eth_sendRawTransaction"]
    assert str(params[0]).startswith("0x02") is (base_fee is not None)


class DearOnce(AlteringTransport):
    """A node whose base fee has just risen above the first offer."""

    def __init__(self, inner: Transport) -> None:
        super().__init__(inner)
        self.refused = 0

    def request(self, method: str, params: Sequence[Json]) -> Json:
        if method == "eth_sendRawTransaction" and not self.refused:
            self.refused += 1
            raise RpcError("max fee per gas less than block base fee", rpc_code=-32000)
        return super().request(method, params)


def test_an_offer_below_the_base_fee_is_renewed_and_sent_once(fresh: Fresh) -> None:
    transport = DearOnce(fresh[0])
    Sender(transport).send(DEPLOYER, transfer())
    methods = [method for method, _ in transport.calls]
    assert transport.refused == 1
    assert methods.count("eth_getBlockByNumber") >= 2
    assert methods.count("eth_sendRawTransaction") == 1


class AlwaysDear(AlteringTransport):
    """A node that no offer is high enough for."""

    def request(self, method: str, params: Sequence[Json]) -> Json:
        if method == "eth_sendRawTransaction":
            self.calls.append((method, params))
            raise RpcError("max fee per gas less than block base fee", rpc_code=-32000)
        return super().request(method, params)


def test_refusals_that_do_not_end_are_given_up(fresh: Fresh) -> None:
    transport = AlwaysDear(fresh[0])
    with pytest.raises(RuleRejected, match="base fee"):
        Sender(transport).send(DEPLOYER, transfer())
    assert [method for method, _ in transport.calls].count("eth_sendRawTransaction") == 4


@pytest.mark.parametrize("text", ["", "0x12", "zz" * 32, "00" * 32, "ff" * 32, "0x" + "ab" * 33])
def test_what_is_no_private_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_key(text)
    if len(text) > 4:
        assert text.removeprefix("0x") not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("text", ["0x" + "07" * 32, "07" * 32, " 0x" + "07" * 32 + "\n"])
def test_a_private_key_is_read_with_or_without_0x(text: str) -> None:
    assert parse_key(text) == b"\x07" * 32


def test_a_signer_does_not_show_its_key() -> None:
    assert "07" * 32 not in repr(Signer(b"\x07" * 32))
