"""The composition root's part for sending: which signer, which node. Imported only by commands that send."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Protocol

from adapters.chain.deployment import read_deployment
from adapters.chain.fees import FeeOffer
from adapters.chain.keystore import open_keystore
from adapters.chain.outbox_sender import OutboxSender
from adapters.chain.purse import ChainPurse, call_of, estimate_gas
from adapters.chain.remote_signer import RemoteSigner
from adapters.chain.rpc import HttpTransport
from adapters.chain.transport import Transport
from adapters.chain.values import read_quantity
from api.bootstrap import reading_ledger, writing_ledger
from api.projecting import project
from domain.application.outbox import OutboxAnswer, OutboxBook, OutboxDesk, TransactionSigner
from domain.application.ports import EventLog
from domain.chain.finality import FinalityPolicy
from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.ids import Address, ChainId, Hash32, parse_address
from domain.kernel.money import NO_WEI, Wei
from domain.outbox.decider import GAS_MIN, NO_TOKEN
from domain.outbox.events import IntentRequested
from domain.outbox.names import intent_id_of

PASSPHRASE_VARIABLE = "AGENTGPT_KEYSTORE_PASSPHRASE"  # noqa: S105 - the name of it

FEE_CAP_TIMES = 4
"""What a unit of gas may cost at most, in times of the present offer, when nobody says it."""


class SendingChain(Protocol):
    """A chain that is sent on."""

    @property
    def chain_id(self) -> ChainId:
        """Which one."""
        ...

    @property
    def policy(self) -> FinalityPolicy:
        """When its blocks are final."""
        ...

    @property
    def open_nodes(self) -> Callable[[], Transport]:
        """Gives a way to its nodes."""
        ...


class KeyPlace(Protocol):
    """Where the key is: in an encrypted file, or behind a signer's URL for one address."""

    @property
    def keystore(self) -> Path | None:
        """The encrypted file."""
        ...

    @property
    def signer(self) -> str | None:
        """The signer's URL."""
        ...

    @property
    def signer_address(self) -> str | None:
        """Whom the signer signs for."""
        ...


@contextmanager
def sender_on(
    log: EventLog, signer: TransactionSigner, chains: Sequence[SendingChain]
) -> Iterator[Callable[[], str]]:
    """Give the step that works off the signer's intents on chains, each through its nodes.

    A step returns a sentence about what holds intents up, "" for nothing. Raises WrongChain and Unavailable.
    """
    with ExitStack() as opened:
        senders: list[OutboxSender] = []
        # Several deployments may be on one chain; nonces are the chain's.
        for chain in {each.chain_id: each for each in chains}.values():
            transport = opened.enter_context(closing(chain.open_nodes()))
            senders.append(OutboxSender(log, transport, signer, chain.chain_id, chain.policy))
            senders[-1].check_chain()

        def step() -> str:
            notes: list[str] = []
            for sender in senders:
                try:
                    held_up = sender.step().notes
                except Unavailable as error:
                    # Another chain's intents do not wait for this one's nodes.
                    notes.append(f"not sending for now: {error.message}")
                else:
                    notes += [f"intent {key[:12]}: {held_up[key]}" for key in sorted(held_up)]
            return "; ".join(notes)

        yield step


@contextmanager
def signer_at(place: KeyPlace) -> Iterator[TransactionSigner]:
    """Open the key until the end of the block. Raises InvalidInput for one that does not open."""
    if place.keystore is not None:
        yield open_keystore(place.keystore, _passphrase(place.keystore))
        return
    if place.signer is None or place.signer_address is None:
        raise InvalidInput("no key is named", hint="give --keystore FILE, or --signer URL")
    with closing(HttpTransport(place.signer)) as service:
        yield RemoteSigner(service, parse_address(place.signer_address))


def _passphrase(keystore: Path) -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"the environment variable {PASSPHRASE_VARIABLE} is not set",
            hint="set it to the keystore's passphrase, or start it in a terminal to be asked",
        )
    return getpass(f"passphrase of {keystore}: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks to send; amounts in wei. `deployment` names the token that `agpt_wei` is of."""

    sender: Address
    to: Address
    key: str
    data: str
    value_wei: Wei
    agpt_wei: Wei
    label: str | None
    gas: int | None
    fee_cap_wei: Wei | None
    deployment: Path | None


def request_intent(db: str | None, rpc: str, asked: Asked, *, actor: str) -> OutboxAnswer:
    """Put an intent into the outbox.

    Raises InvalidIntent, IntentConflict, Overspends, Reverted, WrongChain and Unavailable; nothing is written then.
    """
    with closing(HttpTransport(rpc)) as transport:
        chain_id = ChainId(read_quantity(transport.request("eth_chainId", []), "chain id"))
        token = _token(asked, chain_id)
        with reading_ledger(db) as ledger:
            book = OutboxBook(ledger.log, chain_id, asked.sender)
            intent_id = intent_id_of(chain_id, asked.sender, asked.key)
            state = book.refresh()
            is_known = intent_id in state.pending or intent_id in state.done

        def intent(gas: int, fee_cap_wei: int) -> IntentRequested:
            return IntentRequested(
                intent_id=intent_id,
                key=asked.key,
                chain_id=chain_id,
                sender=asked.sender,
                label=asked.label or f"call of {asked.to}",
                to=asked.to,
                data=asked.data.lower(),
                value_wei=asked.value_wei,
                gas=gas,
                fee_cap_wei=Wei(fee_cap_wei),
                token=token,
                token_wei=asked.agpt_wei,
            )

        gas, fee_cap = asked.gas, asked.fee_cap_wei
        if not is_known and fee_cap is None:
            offer = FeeOffer(transport).fields()
            fee_cap = Wei(FEE_CAP_TIMES * offer.get("maxFeePerGas", offer.get("gasPrice", 0)))
        wanted = intent(gas or GAS_MIN, fee_cap or 1)
        if not is_known and gas is None:
            call = {name: value for name, value in call_of(wanted).items() if name != "gas"}
            wanted = intent(estimate_gas(transport, call, wanted.label), wanted.fee_cap_wei)
        with writing_ledger(db) as ledger:
            answer = OutboxDesk(ledger.log).request(wanted, ChainPurse(transport), actor=actor)
            project(ledger)
            return answer


def _token(asked: Asked, chain_id: ChainId) -> Address:

    if asked.agpt_wei == NO_WEI:
        return NO_TOKEN
    if asked.deployment is None:
        raise InvalidInput(
            "an amount of AGPT needs the deployment that has the token",
            hint="add --deployment FILE",
        )
    place = read_deployment(asked.deployment)
    if place.chain_id != chain_id:
        raise InvalidInput(
            f"the node follows chain {chain_id}, the deployment is on chain {place.chain_id}",
            hint="give the node of that chain",
        )
    return place.token


def change_outbox(db: str | None, change: Callable[[OutboxDesk], OutboxAnswer]) -> OutboxAnswer:
    """Carry out a command that needs no chain. Raises what it raises."""
    with writing_ledger(db) as ledger:
        answer = change(OutboxDesk(ledger.log))
        project(ledger)
        return answer


def withdraw_intent(
    db: str | None, chain_id: ChainId, sender: Address, intent_id: Hash32, *, actor: str
) -> OutboxAnswer:
    """Take back an intent that nothing was signed for. Raises UnknownIntent and IntentUnderway."""
    return change_outbox(db, lambda desk: desk.withdraw(chain_id, sender, intent_id, actor=actor))
