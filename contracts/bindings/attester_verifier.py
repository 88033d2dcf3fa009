# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract AttesterVerifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.bindings import abi


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """Struct `ProofClaim`."""

    task_id: str
    epoch: int
    node: str
    requester: str
    spec_hash: str
    proof_hash: str


def _encode_proof_claim(value: ProofClaim) -> bytes:
    return abi.assemble(
        [
            abi.bytes_word(value.task_id, 32),
            abi.uint_word(value.epoch, 64),
            abi.address_word(value.node),
            abi.address_word(value.requester),
            abi.bytes_word(value.spec_hash, 32),
            abi.bytes_word(value.proof_hash, 32),
        ],
        [],
    )


@dataclass(frozen=True, slots=True)
class ProofAttested:
    """Log `ProofAttested`."""

    task_id: str
    attester: str
    arbiter: str
    epoch: int
    node: str
    proof_hash: str
    valid: bool


_PROOF_ATTESTED_TOPIC = "0xf261909dee8d8caeef21a7dd4eff9a2ceb6a382b7e0e2cad6159edfe042c49ae"
_PROOF_ATTESTED_WORDS = abi.Layout("uint64", "address", "bytes32", "bool")


def _log_proof_attested(topics: Sequence[str], data: bytes) -> ProofAttested:
    abi.expect_log(topics, _PROOF_ATTESTED_TOPIC, 4)
    (
        epoch,
        node,
        proof_hash,
        valid,
    ) = _PROOF_ATTESTED_WORDS.whole(data)
    return ProofAttested(
        task_id=abi.hash_topic(topics[1]),
        attester=abi.address_topic(topics[2]),
        arbiter=abi.address_topic(topics[3]),
        epoch=epoch,
        node="0x" + node.hex(),
        proof_hash="0x" + proof_hash.hex(),
        valid=valid,
    )


@dataclass(frozen=True, slots=True)
class RoleAdminChanged:
    """Log `RoleAdminChanged`."""

    role: str
    previous_admin_role: str
    new_admin_role: str


_ROLE_ADMIN_CHANGED_TOPIC = "0xbd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff"
_ROLE_ADMIN_CHANGED_WORDS = abi.Layout()


def _log_role_admin_changed(topics: Sequence[str], data: bytes) -> RoleAdminChanged:
    abi.expect_log(topics, _ROLE_ADMIN_CHANGED_TOPIC, 4)
    _ROLE_ADMIN_CHANGED_WORDS.whole(data)
    return RoleAdminChanged(
        role=abi.hash_topic(topics[1]),
        previous_admin_role=abi.hash_topic(topics[2]),
        new_admin_role=abi.hash_topic(topics[3]),
    )


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """Log `RoleGranted`."""

    role: str
    account: str
    sender: str


_ROLE_GRANTED_TOPIC = "0x2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d"
_ROLE_GRANTED_WORDS = abi.Layout()


def _log_role_granted(topics: Sequence[str], data: bytes) -> RoleGranted:
    abi.expect_log(topics, _ROLE_GRANTED_TOPIC, 4)
    _ROLE_GRANTED_WORDS.whole(data)
    return RoleGranted(
        role=abi.hash_topic(topics[1]),
        account=abi.address_topic(topics[2]),
        sender=abi.address_topic(topics[3]),
    )


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """Log `RoleRevoked`."""

    role: str
    account: str
    sender: str


_ROLE_REVOKED_TOPIC = "0xf6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b"
_ROLE_REVOKED_WORDS = abi.Layout()


def _log_role_revoked(topics: Sequence[str], data: bytes) -> RoleRevoked:
    abi.expect_log(topics, _ROLE_REVOKED_TOPIC, 4)
    _ROLE_REVOKED_WORDS.whole(data)
    return RoleRevoked(
        role=abi.hash_topic(topics[1]),
        account=abi.address_topic(topics[2]),
        sender=abi.address_topic(topics[3]),
    )


Event: TypeAlias = ProofAttested | RoleAdminChanged | RoleGranted | RoleRevoked


EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {
    _PROOF_ATTESTED_TOPIC: _log_proof_attested,
    _ROLE_ADMIN_CHANGED_TOPIC: _log_role_admin_changed,
    _ROLE_GRANTED_TOPIC: _log_role_granted,
    _ROLE_REVOKED_TOPIC: _log_role_revoked,
}


def encode_constructor(
    admin: str,
) -> bytes:
    """Return the arguments of the constructor, to be put behind the bytecode."""
    return abi.assemble(
        [
            abi.address_word(admin),
        ],
        [],
    )


def encode_attester_role() -> bytes:
    """Return the calldata of `ATTESTER_ROLE`."""
    return abi.call(
        "2f81bb58",
        [],
        [],
    )


_ATTESTER_ROLE_RESULT = abi.Layout("bytes32")


def decode_attester_role(data: bytes) -> str:
    """Return what `ATTESTER_ROLE` gave back."""
    (value_0,) = _ATTESTER_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_default_admin_role() -> bytes:
    """Return the calldata of `DEFAULT_ADMIN_ROLE`."""
    return abi.call(
        "a217fddf",
        [],
        [],
    )


_DEFAULT_ADMIN_ROLE_RESULT = abi.Layout("bytes32")


def decode_default_admin_role(data: bytes) -> str:
    """Return what `DEFAULT_ADMIN_ROLE` gave back."""
    (value_0,) = _DEFAULT_ADMIN_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_attest(
    arbiter: str,
    claim: ProofClaim,
    valid: bool,
) -> bytes:
    """Return the calldata of `attest`."""
    return abi.call(
        "403c5a45",
        [
            abi.address_word(arbiter),
            _encode_proof_claim(claim),
            abi.bool_word(valid),
        ],
        [],
    )


def encode_get_role_admin(
    role: str,
) -> bytes:
    """Return the calldata of `getRoleAdmin`."""
    return abi.call(
        "248a9ca3",
        [
            abi.bytes_word(role, 32),
        ],
        [],
    )


_GET_ROLE_ADMIN_RESULT = abi.Layout("bytes32")


def decode_get_role_admin(data: bytes) -> str:
    """Return what `getRoleAdmin` gave back."""
    (value_0,) = _GET_ROLE_ADMIN_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_grant_role(
    role: str,
    account: str,
) -> bytes:
    """Return the calldata of `grantRole`."""
    return abi.call(
        "2f2ff15d",
        [
            abi.bytes_word(role, 32),
            abi.address_word(account),
        ],
        [],
    )


def encode_has_role(
    role: str,
    account: str,
) -> bytes:
    """Return the calldata of `hasRole`."""
    return abi.call(
        "91d14854",
        [
            abi.bytes_word(role, 32),
            abi.address_word(account),
        ],
        [],
    )


_HAS_ROLE_RESULT = abi.Layout("bool")


def decode_has_role(data: bytes) -> bool:
    """Return what `hasRole` gave back."""
    (value_0,) = _HAS_ROLE_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_renounce_role(
    role: str,
    caller_confirmation: str,
) -> bytes:
    """Return the calldata of `renounceRole`."""
    return abi.call(
        "36568abe",
        [
            abi.bytes_word(role, 32),
            abi.address_word(caller_confirmation),
        ],
        [],
    )


def encode_revoke_role(
    role: str,
    account: str,
) -> bytes:
    """Return the calldata of `revokeRole`."""
    return abi.call(
        "d547741f",
        [
            abi.bytes_word(role, 32),
            abi.address_word(account),
        ],
        [],
    )


def encode_statement_of(
    arbiter: str,
    claim: ProofClaim,
) -> bytes:
    """Return the calldata of `statementOf`."""
    return abi.call(
        "97b75daa",
        [
            abi.address_word(arbiter),
            _encode_proof_claim(claim),
        ],
        [],
    )


_STATEMENT_OF_RESULT = abi.Layout("bytes32")


def decode_statement_of(data: bytes) -> str:
    """Return what `statementOf` gave back."""
    (value_0,) = _STATEMENT_OF_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_supports_interface(
    interface_id: str,
) -> bytes:
    """Return the calldata of `supportsInterface`."""
    return abi.call(
        "01ffc9a7",
        [
            abi.bytes_word(interface_id, 4),
        ],
        [],
    )


_SUPPORTS_INTERFACE_RESULT = abi.Layout("bool")


def decode_supports_interface(data: bytes) -> bool:
    """Return what `supportsInterface` gave back."""
    (value_0,) = _SUPPORTS_INTERFACE_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_verdict(
    claim: ProofClaim,
    value_1: bytes,
) -> bytes:
    """Return the calldata of `verdict`."""
    return abi.call(
        "d0b71fd8",
        [
            _encode_proof_claim(claim),
            None,
        ],
        [
            abi.bytes_tail(value_1),
        ],
    )


_VERDICT_RESULT = abi.Layout("uint8")


def decode_verdict(data: bytes) -> int:
    """Return what `verdict` gave back."""
    (value_0,) = _VERDICT_RESULT.whole(data)
    result: int = value_0
    return result


def encode_verdict_of(
    arbiter: str,
    claim: ProofClaim,
) -> bytes:
    """Return the calldata of `verdictOf`."""
    return abi.call(
        "5acfd5a8",
        [
            abi.address_word(arbiter),
            _encode_proof_claim(claim),
        ],
        [],
    )


_VERDICT_OF_RESULT = abi.Layout("uint8")


def decode_verdict_of(data: bytes) -> int:
    """Return what `verdictOf` gave back."""
    (value_0,) = _VERDICT_OF_RESULT.whole(data)
    result: int = value_0
    return result


_ACCESS_CONTROL_BAD_CONFIRMATION_FIELDS = abi.Layout()


def _error_access_control_bad_confirmation(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "6697b232")
    _ACCESS_CONTROL_BAD_CONFIRMATION_FIELDS.whole(data)
    return abi.ContractError(
        "AccessControlBadConfirmation",
        {},
    )


_ACCESS_CONTROL_UNAUTHORIZED_ACCOUNT_FIELDS = abi.Layout("address", "bytes32")


def _error_access_control_unauthorized_account(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "e2517d3f")
    (
        account,
        needed_role,
    ) = _ACCESS_CONTROL_UNAUTHORIZED_ACCOUNT_FIELDS.whole(data)
    return abi.ContractError(
        "AccessControlUnauthorizedAccount",
        {
            "account": "0x" + account.hex(),
            "needed_role": "0x" + needed_role.hex(),
        },
    )


_ALREADY_ATTESTED_FIELDS = abi.Layout("bytes32")


def _error_already_attested(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "00b83ed4")
    (statement,) = _ALREADY_ATTESTED_FIELDS.whole(data)
    return abi.ContractError(
        "AlreadyAttested",
        {
            "statement": "0x" + statement.hex(),
        },
    )


_ATTESTER_CONFLICT_FIELDS = abi.Layout("address")


def _error_attester_conflict(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "1cd1a5bb")
    (attester,) = _ATTESTER_CONFLICT_FIELDS.whole(data)
    return abi.ContractError(
        "AttesterConflict",
        {
            "attester": "0x" + attester.hex(),
        },
    )


_ZERO_ADDRESS_FIELDS = abi.Layout()


def _error_zero_address(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d92e233d")
    _ZERO_ADDRESS_FIELDS.whole(data)
    return abi.ContractError(
        "ZeroAddress",
        {},
    )


ERRORS: Mapping[str, Callable[[bytes], abi.ContractError]] = {
    "0x00b83ed4": _error_already_attested,
    "0x1cd1a5bb": _error_attester_conflict,
    "0x6697b232": _error_access_control_bad_confirmation,
    "0xd92e233d": _error_zero_address,
    "0xe2517d3f": _error_access_control_unauthorized_account,
}
