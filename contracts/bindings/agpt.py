# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract AGPT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.bindings import abi
from contracts.bindings.abi import from_bytes

_UINT256_ITEM = abi.Layout("uint256")


@dataclass(frozen=True, slots=True)
class Approval:
    """Log `Approval`."""

    owner: str
    spender: str
    value: int


_APPROVAL_TOPIC = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"
_APPROVAL_WORDS = abi.Layout("uint256")


def _log_approval(topics: Sequence[str], data: bytes) -> Approval:
    abi.expect_log(topics, _APPROVAL_TOPIC, 3)
    (value,) = _APPROVAL_WORDS.whole(data)
    return Approval(
        owner=abi.address_topic(topics[1]),
        spender=abi.address_topic(topics[2]),
        value=from_bytes(value, "big"),
    )


@dataclass(frozen=True, slots=True)
class EIP712DomainChanged:
    """Log `EIP712DomainChanged`."""


_EIP712_DOMAIN_CHANGED_TOPIC = "0x0a6387c9ea3628b88a633bb4f3b151770f70085117a15f9bf3787cda53f13d31"
_EIP712_DOMAIN_CHANGED_WORDS = abi.Layout()


def _log_eip712_domain_changed(topics: Sequence[str], data: bytes) -> EIP712DomainChanged:
    abi.expect_log(topics, _EIP712_DOMAIN_CHANGED_TOPIC, 1)
    _EIP712_DOMAIN_CHANGED_WORDS.whole(data)
    return EIP712DomainChanged()


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


@dataclass(frozen=True, slots=True)
class Transfer:
    """Log `Transfer`."""

    from_: str
    to: str
    value: int


_TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_TRANSFER_WORDS = abi.Layout("uint256")


def _log_transfer(topics: Sequence[str], data: bytes) -> Transfer:
    abi.expect_log(topics, _TRANSFER_TOPIC, 3)
    (value,) = _TRANSFER_WORDS.whole(data)
    return Transfer(
        from_=abi.address_topic(topics[1]),
        to=abi.address_topic(topics[2]),
        value=from_bytes(value, "big"),
    )


Event: TypeAlias = (
    Approval | EIP712DomainChanged | RoleAdminChanged | RoleGranted | RoleRevoked | Transfer
)


EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {
    _APPROVAL_TOPIC: _log_approval,
    _EIP712_DOMAIN_CHANGED_TOPIC: _log_eip712_domain_changed,
    _ROLE_ADMIN_CHANGED_TOPIC: _log_role_admin_changed,
    _ROLE_GRANTED_TOPIC: _log_role_granted,
    _ROLE_REVOKED_TOPIC: _log_role_revoked,
    _TRANSFER_TOPIC: _log_transfer,
}


def encode_constructor(
    admin: str,
    cap: int,
) -> bytes:
    """Return the arguments of the constructor, to be put behind the bytecode."""
    return abi.assemble(
        [
            abi.address_word(admin),
            abi.uint_word(cap, 256),
        ],
        [],
    )


def encode_cap() -> bytes:
    """Return the calldata of `CAP`."""
    return abi.call(
        "ec81b483",
        [],
        [],
    )


_CAP_RESULT = abi.Layout("uint256")


def decode_cap(data: bytes) -> int:
    """Return what `CAP` gave back."""
    (value_0,) = _CAP_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
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


def encode_domain_separator() -> bytes:
    """Return the calldata of `DOMAIN_SEPARATOR`."""
    return abi.call(
        "3644e515",
        [],
        [],
    )


_DOMAIN_SEPARATOR_RESULT = abi.Layout("bytes32")


def decode_domain_separator(data: bytes) -> str:
    """Return what `DOMAIN_SEPARATOR` gave back."""
    (value_0,) = _DOMAIN_SEPARATOR_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_minter_role() -> bytes:
    """Return the calldata of `MINTER_ROLE`."""
    return abi.call(
        "d5391393",
        [],
        [],
    )


_MINTER_ROLE_RESULT = abi.Layout("bytes32")


def decode_minter_role(data: bytes) -> str:
    """Return what `MINTER_ROLE` gave back."""
    (value_0,) = _MINTER_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_allowance(
    owner: str,
    spender: str,
) -> bytes:
    """Return the calldata of `allowance`."""
    return abi.call(
        "dd62ed3e",
        [
            abi.address_word(owner),
            abi.address_word(spender),
        ],
        [],
    )


_ALLOWANCE_RESULT = abi.Layout("uint256")


def decode_allowance(data: bytes) -> int:
    """Return what `allowance` gave back."""
    (value_0,) = _ALLOWANCE_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_approve(
    spender: str,
    value: int,
) -> bytes:
    """Return the calldata of `approve`."""
    return abi.call(
        "095ea7b3",
        [
            abi.address_word(spender),
            abi.uint_word(value, 256),
        ],
        [],
    )


_APPROVE_RESULT = abi.Layout("bool")


def decode_approve(data: bytes) -> bool:
    """Return what `approve` gave back."""
    (value_0,) = _APPROVE_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_balance_of(
    account: str,
) -> bytes:
    """Return the calldata of `balanceOf`."""
    return abi.call(
        "70a08231",
        [
            abi.address_word(account),
        ],
        [],
    )


_BALANCE_OF_RESULT = abi.Layout("uint256")


def decode_balance_of(data: bytes) -> int:
    """Return what `balanceOf` gave back."""
    (value_0,) = _BALANCE_OF_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_decimals() -> bytes:
    """Return the calldata of `decimals`."""
    return abi.call(
        "313ce567",
        [],
        [],
    )


_DECIMALS_RESULT = abi.Layout("uint8")


def decode_decimals(data: bytes) -> int:
    """Return what `decimals` gave back."""
    (value_0,) = _DECIMALS_RESULT.whole(data)
    result: int = value_0
    return result


def encode_eip712_domain() -> bytes:
    """Return the calldata of `eip712Domain`."""
    return abi.call(
        "84b0196e",
        [],
        [],
    )


_EIP712_DOMAIN_RESULT = abi.Layout(
    "bytes1",
    "uint64",
    "uint64",
    "uint256",
    "address",
    "bytes32",
    "uint64",
)


def decode_eip712_domain(data: bytes) -> tuple[str, str, str, int, str, str, tuple[int, ...]]:
    """Return what `eip712Domain` gave back."""
    (
        fields,
        name_at,
        version_at,
        chain_id,
        verifying_contract,
        salt,
        extensions_at,
    ) = _EIP712_DOMAIN_RESULT.read(data, 0)
    cursor = _EIP712_DOMAIN_RESULT.size
    abi.expect(name_at, cursor)
    name, cursor = abi.read_string(data, cursor)
    abi.expect(version_at, cursor)
    version, cursor = abi.read_string(data, cursor)
    abi.expect(extensions_at, cursor)
    items, cursor = abi.read_array(data, cursor, _UINT256_ITEM)
    extensions = tuple(from_bytes(item, "big") for (item,) in items)
    abi.finish(data, cursor)
    result: tuple[str, str, str, int, str, str, tuple[int, ...]] = (
        "0x" + fields.hex(),
        name,
        version,
        from_bytes(chain_id, "big"),
        "0x" + verifying_contract.hex(),
        "0x" + salt.hex(),
        extensions,
    )
    return result


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


def encode_mint(
    to: str,
    amount: int,
) -> bytes:
    """Return the calldata of `mint`."""
    return abi.call(
        "40c10f19",
        [
            abi.address_word(to),
            abi.uint_word(amount, 256),
        ],
        [],
    )


def encode_name() -> bytes:
    """Return the calldata of `name`."""
    return abi.call(
        "06fdde03",
        [],
        [],
    )


_NAME_RESULT = abi.Layout("uint64")


def decode_name(data: bytes) -> str:
    """Return what `name` gave back."""
    (value_0_at,) = _NAME_RESULT.read(data, 0)
    cursor = _NAME_RESULT.size
    abi.expect(value_0_at, cursor)
    value_0, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    result: str = value_0
    return result


def encode_nonces(
    owner: str,
) -> bytes:
    """Return the calldata of `nonces`."""
    return abi.call(
        "7ecebe00",
        [
            abi.address_word(owner),
        ],
        [],
    )


_NONCES_RESULT = abi.Layout("uint256")


def decode_nonces(data: bytes) -> int:
    """Return what `nonces` gave back."""
    (value_0,) = _NONCES_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_permit(
    owner: str,
    spender: str,
    value: int,
    deadline: int,
    v: int,
    r: str,
    s: str,
) -> bytes:
    """Return the calldata of `permit`."""
    return abi.call(
        "d505accf",
        [
            abi.address_word(owner),
            abi.address_word(spender),
            abi.uint_word(value, 256),
            abi.uint_word(deadline, 256),
            abi.uint_word(v, 8),
            abi.bytes_word(r, 32),
            abi.bytes_word(s, 32),
        ],
        [],
    )


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


def encode_symbol() -> bytes:
    """Return the calldata of `symbol`."""
    return abi.call(
        "95d89b41",
        [],
        [],
    )


_SYMBOL_RESULT = abi.Layout("uint64")


def decode_symbol(data: bytes) -> str:
    """Return what `symbol` gave back."""
    (value_0_at,) = _SYMBOL_RESULT.read(data, 0)
    cursor = _SYMBOL_RESULT.size
    abi.expect(value_0_at, cursor)
    value_0, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    result: str = value_0
    return result


def encode_total_supply() -> bytes:
    """Return the calldata of `totalSupply`."""
    return abi.call(
        "18160ddd",
        [],
        [],
    )


_TOTAL_SUPPLY_RESULT = abi.Layout("uint256")


def decode_total_supply(data: bytes) -> int:
    """Return what `totalSupply` gave back."""
    (value_0,) = _TOTAL_SUPPLY_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_transfer(
    to: str,
    value: int,
) -> bytes:
    """Return the calldata of `transfer`."""
    return abi.call(
        "a9059cbb",
        [
            abi.address_word(to),
            abi.uint_word(value, 256),
        ],
        [],
    )


_TRANSFER_RESULT = abi.Layout("bool")


def decode_transfer(data: bytes) -> bool:
    """Return what `transfer` gave back."""
    (value_0,) = _TRANSFER_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_transfer_from(
    from_: str,
    to: str,
    value: int,
) -> bytes:
    """Return the calldata of `transferFrom`."""
    return abi.call(
        "23b872dd",
        [
            abi.address_word(from_),
            abi.address_word(to),
            abi.uint_word(value, 256),
        ],
        [],
    )


_TRANSFER_FROM_RESULT = abi.Layout("bool")


def decode_transfer_from(data: bytes) -> bool:
    """Return what `transferFrom` gave back."""
    (value_0,) = _TRANSFER_FROM_RESULT.whole(data)
    result: bool = value_0
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


_CAP_EXCEEDED_FIELDS = abi.Layout("uint256", "uint256")


def _error_cap_exceeded(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "f480e285")
    (
        amount,
        room,
    ) = _CAP_EXCEEDED_FIELDS.whole(data)
    return abi.ContractError(
        "CapExceeded",
        {
            "amount": from_bytes(amount, "big"),
            "room": from_bytes(room, "big"),
        },
    )


_ECDSA_INVALID_SIGNATURE_FIELDS = abi.Layout()


def _error_ecdsa_invalid_signature(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "f645eedf")
    _ECDSA_INVALID_SIGNATURE_FIELDS.whole(data)
    return abi.ContractError(
        "ECDSAInvalidSignature",
        {},
    )


_ECDSA_INVALID_SIGNATURE_LENGTH_FIELDS = abi.Layout("uint256")


def _error_ecdsa_invalid_signature_length(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "fce698f7")
    (length,) = _ECDSA_INVALID_SIGNATURE_LENGTH_FIELDS.whole(data)
    return abi.ContractError(
        "ECDSAInvalidSignatureLength",
        {
            "length": from_bytes(length, "big"),
        },
    )


_ECDSA_INVALID_SIGNATURE_S_FIELDS = abi.Layout("bytes32")


def _error_ecdsa_invalid_signature_s(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d78bce0c")
    (s,) = _ECDSA_INVALID_SIGNATURE_S_FIELDS.whole(data)
    return abi.ContractError(
        "ECDSAInvalidSignatureS",
        {
            "s": "0x" + s.hex(),
        },
    )


_ERC20_INSUFFICIENT_ALLOWANCE_FIELDS = abi.Layout("address", "uint256", "uint256")


def _error_erc20_insufficient_allowance(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "fb8f41b2")
    (
        spender,
        allowance,
        needed,
    ) = _ERC20_INSUFFICIENT_ALLOWANCE_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InsufficientAllowance",
        {
            "spender": "0x" + spender.hex(),
            "allowance": from_bytes(allowance, "big"),
            "needed": from_bytes(needed, "big"),
        },
    )


_ERC20_INSUFFICIENT_BALANCE_FIELDS = abi.Layout("address", "uint256", "uint256")


def _error_erc20_insufficient_balance(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "e450d38c")
    (
        sender,
        balance,
        needed,
    ) = _ERC20_INSUFFICIENT_BALANCE_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InsufficientBalance",
        {
            "sender": "0x" + sender.hex(),
            "balance": from_bytes(balance, "big"),
            "needed": from_bytes(needed, "big"),
        },
    )


_ERC20_INVALID_APPROVER_FIELDS = abi.Layout("address")


def _error_erc20_invalid_approver(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "e602df05")
    (approver,) = _ERC20_INVALID_APPROVER_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InvalidApprover",
        {
            "approver": "0x" + approver.hex(),
        },
    )


_ERC20_INVALID_RECEIVER_FIELDS = abi.Layout("address")


def _error_erc20_invalid_receiver(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "ec442f05")
    (receiver,) = _ERC20_INVALID_RECEIVER_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InvalidReceiver",
        {
            "receiver": "0x" + receiver.hex(),
        },
    )


_ERC20_INVALID_SENDER_FIELDS = abi.Layout("address")


def _error_erc20_invalid_sender(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "96c6fd1e")
    (sender,) = _ERC20_INVALID_SENDER_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InvalidSender",
        {
            "sender": "0x" + sender.hex(),
        },
    )


_ERC20_INVALID_SPENDER_FIELDS = abi.Layout("address")


def _error_erc20_invalid_spender(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "94280d62")
    (spender,) = _ERC20_INVALID_SPENDER_FIELDS.whole(data)
    return abi.ContractError(
        "ERC20InvalidSpender",
        {
            "spender": "0x" + spender.hex(),
        },
    )


_ERC2612_EXPIRED_SIGNATURE_FIELDS = abi.Layout("uint256")


def _error_erc2612_expired_signature(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "62791302")
    (deadline,) = _ERC2612_EXPIRED_SIGNATURE_FIELDS.whole(data)
    return abi.ContractError(
        "ERC2612ExpiredSignature",
        {
            "deadline": from_bytes(deadline, "big"),
        },
    )


_ERC2612_INVALID_SIGNER_FIELDS = abi.Layout("address", "address")


def _error_erc2612_invalid_signer(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "4b800e46")
    (
        signer,
        owner,
    ) = _ERC2612_INVALID_SIGNER_FIELDS.whole(data)
    return abi.ContractError(
        "ERC2612InvalidSigner",
        {
            "signer": "0x" + signer.hex(),
            "owner": "0x" + owner.hex(),
        },
    )


_INVALID_ACCOUNT_NONCE_FIELDS = abi.Layout("address", "uint256")


def _error_invalid_account_nonce(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "752d88c0")
    (
        account,
        current_nonce,
    ) = _INVALID_ACCOUNT_NONCE_FIELDS.whole(data)
    return abi.ContractError(
        "InvalidAccountNonce",
        {
            "account": "0x" + account.hex(),
            "current_nonce": from_bytes(current_nonce, "big"),
        },
    )


_INVALID_SHORT_STRING_FIELDS = abi.Layout()


def _error_invalid_short_string(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "b3512b0c")
    _INVALID_SHORT_STRING_FIELDS.whole(data)
    return abi.ContractError(
        "InvalidShortString",
        {},
    )


_STRING_TOO_LONG_FIELDS = abi.Layout("uint64")


def _error_string_too_long(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "305a27a9")
    (str_at,) = _STRING_TOO_LONG_FIELDS.read(data, 0)
    cursor = _STRING_TOO_LONG_FIELDS.size
    abi.expect(str_at, cursor)
    str_, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    return abi.ContractError(
        "StringTooLong",
        {
            "str": str_,
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
    "0x305a27a9": _error_string_too_long,
    "0x4b800e46": _error_erc2612_invalid_signer,
    "0x62791302": _error_erc2612_expired_signature,
    "0x6697b232": _error_access_control_bad_confirmation,
    "0x752d88c0": _error_invalid_account_nonce,
    "0x94280d62": _error_erc20_invalid_spender,
    "0x96c6fd1e": _error_erc20_invalid_sender,
    "0xb3512b0c": _error_invalid_short_string,
    "0xd78bce0c": _error_ecdsa_invalid_signature_s,
    "0xd92e233d": _error_zero_address,
    "0xe2517d3f": _error_access_control_unauthorized_account,
    "0xe450d38c": _error_erc20_insufficient_balance,
    "0xe602df05": _error_erc20_invalid_approver,
    "0xec442f05": _error_erc20_invalid_receiver,
    "0xf480e285": _error_cap_exceeded,
    "0xf645eedf": _error_ecdsa_invalid_signature,
    "0xfb8f41b2": _error_erc20_insufficient_allowance,
    "0xfce698f7": _error_ecdsa_invalid_signature_length,
}
