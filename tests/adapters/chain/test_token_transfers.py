"""The token's own transfers as a feed of their own: complete, checked, and at one with what the contracts say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import pytest

from adapters.chain.completeness import Verify
from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.keys import Signer
from adapters.chain.reader import JsonRpcReader
from adapters.chain.sender import Sender, Transaction
from adapters.chain.transport import Json, MalformedAnswer
from adapters.chain.views import ContractViews
from adapters.chain.watched import TRANSFER_TOPIC, topic_of
from contracts.bindings import agpt
from domain.accounting.books import Books
from domain.accounting.chart import AccountKind, account
from domain.accounting.invariants import check_held, post_checked
from domain.accounting.postings import AccountedEvent
from domain.application.ports import Deployment
from domain.kernel.ids import Address, BlockNumber
from domain.network.events import TokenTransferred
from projections.replay import replay
from projections.suspense import Suspense
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import AlteringTransport

LAST = BlockNumber(140)


def transfers_of(told: Told) -> list[dict[str, Any]]:
    """Every transfer of the token to or from the arbiter, asked for without any filter of ours."""
    wanted = {"fromBlock": "0x0", "toBlock": hex(LAST), "address": [told.deployment.token]}
    answer: Any = told.chain.request("eth_getLogs", [wanted])
    ours = topic_of(told.deployment.arbiter)
    return [
        log for log in answer if log["topics"][0] == TRANSFER_TOPIC and ours in log["topics"][1:]
    ]


def test_every_transfer_to_or_from_the_contracts_is_taken_and_no_other(told: Told) -> None:
    facts = JsonRpcReader(told.chain, told.deployment).facts(BlockNumber(0), LAST)
    taken = [
        (fact.provenance.block_number, fact.provenance.log_index)
        for fact in facts
        if isinstance(fact.event, TokenTransferred)
    ]
    wanted = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in transfers_of(told)]
    assert taken == wanted
    assert len(taken) > 10


@pytest.mark.parametrize("mode", [Verify.BLOOM, Verify.ALL])
def test_a_transfer_that_the_node_keeps_to_itself_is_missed(told: Told, mode: Verify) -> None:
    hidden = transfers_of(told)[4]
    transport = AlteringTransport(told.chain)
    reader = JsonRpcReader(transport, told.deployment, verify=mode)

    def alter(method: str, params: Sequence[Json], answer: Any) -> Json:
        del params
        if method != "eth_getLogs":
            return cast(Json, answer)
        return [log for log in answer if log != hidden]

    transport.alter = alter
    with pytest.raises(MalformedAnswer, match=f"block {int(hidden['blockNumber'], 16)}"):
        reader.facts(BlockNumber(0), LAST)


def test_a_transfer_between_others_is_refused_as_not_asked_for(told: Told) -> None:
    foreign = {**transfers_of(told)[0]}
    foreign["topics"] = [TRANSFER_TOPIC, topic_of(Address("0x" + "01" * 20)), "0x" + "00" * 32]
    transport = AlteringTransport(told.chain)
    reader = JsonRpcReader(transport, told.deployment)
    transport.alter = lambda method, params, answer: (
        [foreign] if method == "eth_getLogs" else answer
    )
    with pytest.raises(MalformedAnswer, match="not asked for"):
        reader.facts(BlockNumber(0), LAST)


def test_in_a_played_story_each_transaction_explains_its_transfers_and_the_books_balance(
    told: Told,
) -> None:
    events = list(told.log.read(cast(Any, 0), 10**6))
    books = Books(told.deployment.arbiter)
    for recorded in events:
        _, found = post_checked(books, cast(AccountedEvent, recorded.event))
        assert not found
    head = JsonRpcReader(told.chain, told.deployment).head().number
    contracts = [told.deployment.arbiter, told.deployment.registry, told.deployment.token]
    balances = ContractViews(told.chain, told.deployment).balances_wei(contracts, head)
    assert not list(check_held(books, dict(zip(contracts, balances, strict=True))))
    rows = replay(told.log, [Suspense()]).rows["suspense"]
    assert Counter(row.scope for row in rows.values()) == {"settled": len(rows)}
    assert len(rows) > 30


def test_a_donation_ends_in_suspense_and_the_books_still_agree_with_the_token(
    fresh: tuple[EmbeddedChain, Deployment],
) -> None:
    chain, place = fresh
    signer, sender = Signer(DEPLOYER_KEY), Sender(chain)

    def call(to: Address, data: bytes) -> None:
        sender.send(signer, Transaction(label="test", to=to, data=data, gas=200_000))

    call(place.token, agpt.encode_mint(signer.address, 1_000))
    call(place.token, agpt.encode_transfer(place.arbiter, 70))
    call(place.token, agpt.encode_transfer(place.token, 5))
    reader = JsonRpcReader(chain, place, verify=Verify.ALL)
    head = reader.head().number
    books = Books(place.arbiter)
    for fact in reader.facts(place.start_block, head):
        books.post(cast(AccountedEvent, fact.event))
    assert books.posted_wei(account(AccountKind.SUSPENSE, place.arbiter)) == 70
    balances = ContractViews(chain, place).balances_wei([place.arbiter, place.token], head)
    assert list(balances) == [70, 5]
    assert not list(
        check_held(books, dict(zip([place.arbiter, place.token], balances, strict=True)))
    )
