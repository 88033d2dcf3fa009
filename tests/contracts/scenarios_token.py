"""What the token and the timelock refuse, and with which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from tests.contracts.actors import (
    ADMIN,
    CAP,
    GOVERNOR,
    MINT,
    REQUESTER,
    STRANGER,
    TIMELOCK_SECONDS,
    word,
)
from tests.contracts.evm import CHAIN_ID
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32
from tests.contracts.reference.roles import MINTER, role_id
from tests.contracts.reference.terms import DAY
from tests.contracts.scenarios import Attempt, refuses

TOKEN, TIMELOCK = "AGPT", "TimelockController"
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HOLDER: LocalAccount = Account.from_key(word(0xBEEF))


def permit(net: Network, *, value: int, deadline: int, signer: LocalAccount = HOLDER) -> list[Any]:
    """Return the arguments of a permit for the arbiter over HOLDER's tokens, signed by `signer`."""
    signed = signer.sign_message(
        encode_typed_data(
            domain_data={
                "name": "AgentGPT",
                "version": "1",
                "chainId": CHAIN_ID,
                "verifyingContract": net.token.address,
            },
            message_types={
                "Permit": [
                    {"name": "owner", "type": "address"},
                    {"name": "spender", "type": "address"},
                    {"name": "value", "type": "uint256"},
                    {"name": "nonce", "type": "uint256"},
                    {"name": "deadline", "type": "uint256"},
                ]
            },
            message_data={
                "owner": HOLDER.address,
                "spender": net.arbiter.address,
                "value": value,
                "nonce": net.chain.read(net.token, "nonces", HOLDER.address),
                "deadline": deadline,
            },
        )
    )
    s = signed.s.to_bytes(32, "big")
    r = signed.r.to_bytes(32, "big")
    return [HOLDER.address, net.arbiter.address, value, deadline, signed.v, r, s]


# The token.


@refuses(TOKEN, "CapExceeded")
def minting_past_the_cap(net: Network) -> Attempt:
    room = CAP - net.chain.read(net.token, "totalSupply")
    wanted = {"amount": room + 1, "room": room}
    return Attempt(net.token, "mint", (STRANGER, room + 1), MINT, wanted)


@refuses(TOKEN, "AccessControlUnauthorizedAccount")
def minting_without_being_a_minter(net: Network) -> Attempt:
    wanted = {"account": ADMIN, "neededRole": MINTER}
    return Attempt(net.token, "mint", (STRANGER, 1), ADMIN, wanted)


@refuses(TOKEN, "AccessControlBadConfirmation")
def renouncing_another_minter(net: Network) -> Attempt:
    return Attempt(net.token, "renounceRole", (MINTER, MINT), STRANGER, {})


@refuses(TOKEN, "ERC20InvalidReceiver")
def sending_to_nobody(net: Network) -> Attempt:
    wanted = {"receiver": ZERO_ADDRESS}
    return Attempt(net.token, "transfer", (ZERO_ADDRESS, 1), REQUESTER, wanted)


@refuses(TOKEN, "ERC20InvalidSpender")
def approving_nobody(net: Network) -> Attempt:
    wanted = {"spender": ZERO_ADDRESS}
    return Attempt(net.token, "approve", (ZERO_ADDRESS, 1), REQUESTER, wanted)


@refuses(TOKEN, "ERC2612ExpiredSignature")
def a_permit_that_is_too_old(net: Network) -> Attempt:
    deadline = net.chain.now - 1
    args = permit(net, value=5, deadline=deadline)
    return Attempt(net.token, "permit", tuple(args), STRANGER, {"deadline": deadline})


@refuses(TOKEN, "ERC2612InvalidSigner")
def a_permit_signed_by_another(net: Network) -> Attempt:
    other: LocalAccount = Account.from_key(word(0xBAD))
    args = permit(net, value=5, deadline=net.chain.now, signer=other)
    wanted = {"signer": other.address.lower(), "owner": HOLDER.address.lower()}
    return Attempt(net.token, "permit", tuple(args), STRANGER, wanted)


@refuses(TOKEN, "ERC2612InvalidSigner")
def a_permit_used_twice(net: Network) -> Attempt:
    args = permit(net, value=5, deadline=net.chain.now)
    net.send(net.token, "permit", *args, sender=STRANGER)
    return Attempt(net.token, "permit", tuple(args), STRANGER, None)


@refuses(TOKEN, "ECDSAInvalidSignatureS")
def the_mirror_image_of_a_permit(net: Network) -> Attempt:
    *args, v, r, s = permit(net, value=5, deadline=net.chain.now)
    mirrored = (SECP256K1_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    wanted = {"s": "0x" + mirrored.hex()}
    return Attempt(net.token, "permit", (*args, 55 - v, r, mirrored), STRANGER, wanted)


@refuses(TOKEN, "ECDSAInvalidSignature")
def a_permit_that_is_no_signature(net: Network) -> Attempt:
    *args, _, _, s = permit(net, value=5, deadline=net.chain.now)
    return Attempt(net.token, "permit", (*args, 27, bytes(32), s), STRANGER, {})


# The timelock.


def policy_change(net: Network) -> tuple[object, ...]:
    """Return an operation of the timelock (target, value, data, predecessor, salt) that sets another policy."""
    policy = replace(net.policy, slash_bps=77)
    data = net.arbiter.abi.calldata("setPolicy", (policy.abi(),))
    return (net.arbiter.address, 0, data, ZERO_BYTES32, word(1))


@refuses(TIMELOCK, "TimelockInsufficientDelay")
def scheduling_for_too_soon(net: Network) -> Attempt:
    args = (*policy_change(net), TIMELOCK_SECONDS - 1)
    wanted = {"delay": TIMELOCK_SECONDS - 1, "minDelay": TIMELOCK_SECONDS}
    return Attempt(net.timelock, "schedule", args, GOVERNOR, wanted)


@refuses(TIMELOCK, "TimelockUnexpectedOperationState")
def executing_too_early(net: Network) -> Attempt:
    operation = policy_change(net)
    net.send(net.timelock, "schedule", *operation, TIMELOCK_SECONDS, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS - 1)
    return Attempt(net.timelock, "execute", operation, GOVERNOR, None)


@refuses(TIMELOCK, "TimelockUnexecutedPredecessor")
def executing_out_of_order(net: Network) -> Attempt:
    target, value, data, _, salt = policy_change(net)
    operation = (target, value, data, word(99), salt)
    net.send(net.timelock, "schedule", *operation, TIMELOCK_SECONDS, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS)
    return Attempt(net.timelock, "execute", operation, GOVERNOR, {"predecessorId": word(99)})


@refuses(TIMELOCK, "TimelockInvalidOperationLength")
def a_batch_with_a_part_missing(net: Network) -> Attempt:
    args: tuple[object, ...] = (
        [net.arbiter.address],
        [],
        [b""],
        ZERO_BYTES32,
        word(1),
        TIMELOCK_SECONDS,
    )
    wanted = {"targets": 1, "payloads": 1, "values": 0}
    return Attempt(net.timelock, "scheduleBatch", args, GOVERNOR, wanted)


@refuses(TIMELOCK, "TimelockUnauthorizedCaller")
def shortening_the_delay_directly(net: Network) -> Attempt:
    return Attempt(net.timelock, "updateDelay", (0,), ADMIN, {"caller": ADMIN})


@refuses(TIMELOCK, "AccessControlUnauthorizedAccount")
def a_stranger_scheduling(net: Network) -> Attempt:
    args = (*policy_change(net), TIMELOCK_SECONDS)
    wanted = {"account": STRANGER, "neededRole": role_id("PROPOSER_ROLE")}
    return Attempt(net.timelock, "schedule", args, STRANGER, wanted)


@refuses(TIMELOCK, "AccessControlBadConfirmation")
def renouncing_for_a_proposer(net: Network) -> Attempt:
    proposer = role_id("PROPOSER_ROLE")
    return Attempt(net.timelock, "renounceRole", (proposer, GOVERNOR), STRANGER, {})


@refuses(TIMELOCK, "FailedCall")
def executing_what_fails_without_a_word(net: Network) -> Attempt:
    operation = (net.token.address, 1, b"", ZERO_BYTES32, word(2))
    net.send(net.timelock, "schedule", *operation, TIMELOCK_SECONDS, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS + DAY)
    return Attempt(net.timelock, "execute", operation, GOVERNOR, {})
