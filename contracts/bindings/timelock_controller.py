# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract TimelockController."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.bindings import abi
from contracts.bindings.abi import from_bytes


@dataclass(frozen=True, slots=True)
class CallExecuted:
    """Log `CallExecuted`."""

    id: str
    index: int
    target: str
    value: int
    data: bytes


_CALL_EXECUTED_TOPIC = "0xc2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58"
_CALL_EXECUTED_WORDS = abi.Layout("address", "uint256", "uint64")


def _log_call_executed(topics: Sequence[str], data: bytes) -> CallExecuted:
    abi.expect_log(topics, _CALL_EXECUTED_TOPIC, 3)
    (
        target,
        value,
        data_at,
    ) = _CALL_EXECUTED_WORDS.read(data, 0)
    cursor = _CALL_EXECUTED_WORDS.size
    abi.expect(data_at, cursor)
    data_, cursor = abi.read_bytes(data, cursor)
    abi.finish(data, cursor)
    return CallExecuted(
        id=abi.hash_topic(topics[1]),
        index=abi.uint_topic(topics[2], 256),
        target="0x" + target.hex(),
        value=from_bytes(value, "big"),
        data=data_,
    )


@dataclass(frozen=True, slots=True)
class CallSalt:
    """Log `CallSalt`."""

    id: str
    salt: str


_CALL_SALT_TOPIC = "0x20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387"
_CALL_SALT_WORDS = abi.Layout("bytes32")


def _log_call_salt(topics: Sequence[str], data: bytes) -> CallSalt:
    abi.expect_log(topics, _CALL_SALT_TOPIC, 2)
    (salt,) = _CALL_SALT_WORDS.whole(data)
    return CallSalt(
        id=abi.hash_topic(topics[1]),
        salt="0x" + salt.hex(),
    )


@dataclass(frozen=True, slots=True)
class CallScheduled:
    """Log `CallScheduled`."""

    id: str
    index: int
    target: str
    value: int
    data: bytes
    predecessor: str
    delay: int


_CALL_SCHEDULED_TOPIC = "0x4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca"
_CALL_SCHEDULED_WORDS = abi.Layout("address", "uint256", "uint64", "bytes32", "uint256")


def _log_call_scheduled(topics: Sequence[str], data: bytes) -> CallScheduled:
    abi.expect_log(topics, _CALL_SCHEDULED_TOPIC, 3)
    (
        target,
        value,
        data_at,
        predecessor,
        delay,
    ) = _CALL_SCHEDULED_WORDS.read(data, 0)
    cursor = _CALL_SCHEDULED_WORDS.size
    abi.expect(data_at, cursor)
    data_, cursor = abi.read_bytes(data, cursor)
    abi.finish(data, cursor)
    return CallScheduled(
        id=abi.hash_topic(topics[1]),
        index=abi.uint_topic(topics[2], 256),
        target="0x" + target.hex(),
        value=from_bytes(value, "big"),
        data=data_,
        predecessor="0x" + predecessor.hex(),
        delay=from_bytes(delay, "big"),
    )


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Log `Cancelled`."""

    id: str


_CANCELLED_TOPIC = "0xbaa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70"
_CANCELLED_WORDS = abi.Layout()


def _log_cancelled(topics: Sequence[str], data: bytes) -> Cancelled:
    abi.expect_log(topics, _CANCELLED_TOPIC, 2)
    _CANCELLED_WORDS.whole(data)
    return Cancelled(
        id=abi.hash_topic(topics[1]),
    )


@dataclass(frozen=True, slots=True)
class MinDelayChange:
    """Log `MinDelayChange`."""

    old_duration: int
    new_duration: int


_MIN_DELAY_CHANGE_TOPIC = "0x11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5"
_MIN_DELAY_CHANGE_WORDS = abi.Layout("uint256", "uint256")


def _log_min_delay_change(topics: Sequence[str], data: bytes) -> MinDelayChange:
    abi.expect_log(topics, _MIN_DELAY_CHANGE_TOPIC, 1)
    (
        old_duration,
        new_duration,
    ) = _MIN_DELAY_CHANGE_WORDS.whole(data)
    return MinDelayChange(
        old_duration=from_bytes(old_duration, "big"),
        new_duration=from_bytes(new_duration, "big"),
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


Event: TypeAlias = (
    CallExecuted
    | CallSalt
    | CallScheduled
    | Cancelled
    | MinDelayChange
    | RoleAdminChanged
    | RoleGranted
    | RoleRevoked
)


EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {
    _CALL_EXECUTED_TOPIC: _log_call_executed,
    _CALL_SALT_TOPIC: _log_call_salt,
    _CALL_SCHEDULED_TOPIC: _log_call_scheduled,
    _CANCELLED_TOPIC: _log_cancelled,
    _MIN_DELAY_CHANGE_TOPIC: _log_min_delay_change,
    _ROLE_ADMIN_CHANGED_TOPIC: _log_role_admin_changed,
    _ROLE_GRANTED_TOPIC: _log_role_granted,
    _ROLE_REVOKED_TOPIC: _log_role_revoked,
}


def encode_constructor(
    min_delay: int,
    proposers: Sequence[str],
    executors: Sequence[str],
    admin: str,
) -> bytes:
    """Return the arguments of the constructor, to be put behind the bytecode."""
    return abi.assemble(
        [
            abi.uint_word(min_delay, 256),
            None,
            None,
            abi.address_word(admin),
        ],
        [
            abi.array_tail([abi.address_word(item) for item in proposers]),
            abi.array_tail([abi.address_word(item) for item in executors]),
        ],
    )


def encode_canceller_role() -> bytes:
    """Return the calldata of `CANCELLER_ROLE`."""
    return abi.call(
        "b08e51c0",
        [],
        [],
    )


_CANCELLER_ROLE_RESULT = abi.Layout("bytes32")


def decode_canceller_role(data: bytes) -> str:
    """Return what `CANCELLER_ROLE` gave back."""
    (value_0,) = _CANCELLER_ROLE_RESULT.whole(data)
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


def encode_executor_role() -> bytes:
    """Return the calldata of `EXECUTOR_ROLE`."""
    return abi.call(
        "07bd0265",
        [],
        [],
    )


_EXECUTOR_ROLE_RESULT = abi.Layout("bytes32")


def decode_executor_role(data: bytes) -> str:
    """Return what `EXECUTOR_ROLE` gave back."""
    (value_0,) = _EXECUTOR_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_proposer_role() -> bytes:
    """Return the calldata of `PROPOSER_ROLE`."""
    return abi.call(
        "8f61f4f5",
        [],
        [],
    )


_PROPOSER_ROLE_RESULT = abi.Layout("bytes32")


def decode_proposer_role(data: bytes) -> str:
    """Return what `PROPOSER_ROLE` gave back."""
    (value_0,) = _PROPOSER_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_cancel(
    id_: str,
) -> bytes:
    """Return the calldata of `cancel`."""
    return abi.call(
        "c4d252f5",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


def encode_execute(
    target: str,
    value: int,
    payload: bytes,
    predecessor: str,
    salt: str,
) -> bytes:
    """Return the calldata of `execute`."""
    return abi.call(
        "134008d3",
        [
            abi.address_word(target),
            abi.uint_word(value, 256),
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
        ],
        [
            abi.bytes_tail(payload),
        ],
    )


def encode_execute_batch(
    targets: Sequence[str],
    values: Sequence[int],
    payloads: Sequence[bytes],
    predecessor: str,
    salt: str,
) -> bytes:
    """Return the calldata of `executeBatch`."""
    return abi.call(
        "e38335e5",
        [
            None,
            None,
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
        ],
        [
            abi.array_tail([abi.address_word(item) for item in targets]),
            abi.array_tail([abi.uint_word(item, 256) for item in values]),
            abi.dynamic_array_tail([abi.bytes_tail(item) for item in payloads]),
        ],
    )


def encode_get_min_delay() -> bytes:
    """Return the calldata of `getMinDelay`."""
    return abi.call(
        "f27a0c92",
        [],
        [],
    )


_GET_MIN_DELAY_RESULT = abi.Layout("uint256")


def decode_get_min_delay(data: bytes) -> int:
    """Return what `getMinDelay` gave back."""
    (value_0,) = _GET_MIN_DELAY_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_get_operation_state(
    id_: str,
) -> bytes:
    """Return the calldata of `getOperationState`."""
    return abi.call(
        "7958004c",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_GET_OPERATION_STATE_RESULT = abi.Layout("uint8")


def decode_get_operation_state(data: bytes) -> int:
    """Return what `getOperationState` gave back."""
    (value_0,) = _GET_OPERATION_STATE_RESULT.whole(data)
    result: int = value_0
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


def encode_get_timestamp(
    id_: str,
) -> bytes:
    """Return the calldata of `getTimestamp`."""
    return abi.call(
        "d45c4435",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_GET_TIMESTAMP_RESULT = abi.Layout("uint256")


def decode_get_timestamp(data: bytes) -> int:
    """Return what `getTimestamp` gave back."""
    (value_0,) = _GET_TIMESTAMP_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
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


def encode_hash_operation(
    target: str,
    value: int,
    data_: bytes,
    predecessor: str,
    salt: str,
) -> bytes:
    """Return the calldata of `hashOperation`."""
    return abi.call(
        "8065657f",
        [
            abi.address_word(target),
            abi.uint_word(value, 256),
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
        ],
        [
            abi.bytes_tail(data_),
        ],
    )


_HASH_OPERATION_RESULT = abi.Layout("bytes32")


def decode_hash_operation(data: bytes) -> str:
    """Return what `hashOperation` gave back."""
    (value_0,) = _HASH_OPERATION_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_hash_operation_batch(
    targets: Sequence[str],
    values: Sequence[int],
    payloads: Sequence[bytes],
    predecessor: str,
    salt: str,
) -> bytes:
    """Return the calldata of `hashOperationBatch`."""
    return abi.call(
        "b1c5f427",
        [
            None,
            None,
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
        ],
        [
            abi.array_tail([abi.address_word(item) for item in targets]),
            abi.array_tail([abi.uint_word(item, 256) for item in values]),
            abi.dynamic_array_tail([abi.bytes_tail(item) for item in payloads]),
        ],
    )


_HASH_OPERATION_BATCH_RESULT = abi.Layout("bytes32")


def decode_hash_operation_batch(data: bytes) -> str:
    """Return what `hashOperationBatch` gave back."""
    (value_0,) = _HASH_OPERATION_BATCH_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_is_operation(
    id_: str,
) -> bytes:
    """Return the calldata of `isOperation`."""
    return abi.call(
        "31d50750",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_IS_OPERATION_RESULT = abi.Layout("bool")


def decode_is_operation(data: bytes) -> bool:
    """Return what `isOperation` gave back."""
    (value_0,) = _IS_OPERATION_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_is_operation_done(
    id_: str,
) -> bytes:
    """Return the calldata of `isOperationDone`."""
    return abi.call(
        "2ab0f529",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_IS_OPERATION_DONE_RESULT = abi.Layout("bool")


def decode_is_operation_done(data: bytes) -> bool:
    """Return what `isOperationDone` gave back."""
    (value_0,) = _IS_OPERATION_DONE_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_is_operation_pending(
    id_: str,
) -> bytes:
    """Return the calldata of `isOperationPending`."""
    return abi.call(
        "584b153e",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_IS_OPERATION_PENDING_RESULT = abi.Layout("bool")


def decode_is_operation_pending(data: bytes) -> bool:
    """Return what `isOperationPending` gave back."""
    (value_0,) = _IS_OPERATION_PENDING_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_is_operation_ready(
    id_: str,
) -> bytes:
    """Return the calldata of `isOperationReady`."""
    return abi.call(
        "13bc9f20",
        [
            abi.bytes_word(id_, 32),
        ],
        [],
    )


_IS_OPERATION_READY_RESULT = abi.Layout("bool")


def decode_is_operation_ready(data: bytes) -> bool:
    """Return what `isOperationReady` gave back."""
    (value_0,) = _IS_OPERATION_READY_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_on_erc1155_batch_received(
    value_0: str,
    value_1: str,
    value_2: Sequence[int],
    value_3: Sequence[int],
    value_4: bytes,
) -> bytes:
    """Return the calldata of `onERC1155BatchReceived`."""
    return abi.call(
        "bc197c81",
        [
            abi.address_word(value_0),
            abi.address_word(value_1),
            None,
            None,
            None,
        ],
        [
            abi.array_tail([abi.uint_word(item, 256) for item in value_2]),
            abi.array_tail([abi.uint_word(item, 256) for item in value_3]),
            abi.bytes_tail(value_4),
        ],
    )


_ON_ERC1155_BATCH_RECEIVED_RESULT = abi.Layout("bytes4")


def decode_on_erc1155_batch_received(data: bytes) -> str:
    """Return what `onERC1155BatchReceived` gave back."""
    (value_0,) = _ON_ERC1155_BATCH_RECEIVED_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_on_erc1155_received(
    value_0: str,
    value_1: str,
    value_2: int,
    value_3: int,
    value_4: bytes,
) -> bytes:
    """Return the calldata of `onERC1155Received`."""
    return abi.call(
        "f23a6e61",
        [
            abi.address_word(value_0),
            abi.address_word(value_1),
            abi.uint_word(value_2, 256),
            abi.uint_word(value_3, 256),
            None,
        ],
        [
            abi.bytes_tail(value_4),
        ],
    )


_ON_ERC1155_RECEIVED_RESULT = abi.Layout("bytes4")


def decode_on_erc1155_received(data: bytes) -> str:
    """Return what `onERC1155Received` gave back."""
    (value_0,) = _ON_ERC1155_RECEIVED_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_on_erc721_received(
    value_0: str,
    value_1: str,
    value_2: int,
    value_3: bytes,
) -> bytes:
    """Return the calldata of `onERC721Received`."""
    return abi.call(
        "150b7a02",
        [
            abi.address_word(value_0),
            abi.address_word(value_1),
            abi.uint_word(value_2, 256),
            None,
        ],
        [
            abi.bytes_tail(value_3),
        ],
    )


_ON_ERC721_RECEIVED_RESULT = abi.Layout("bytes4")


def decode_on_erc721_received(data: bytes) -> str:
    """Return what `onERC721Received` gave back."""
    (value_0,) = _ON_ERC721_RECEIVED_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
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


def encode_schedule(
    target: str,
    value: int,
    data_: bytes,
    predecessor: str,
    salt: str,
    delay: int,
) -> bytes:
    """Return the calldata of `schedule`."""
    return abi.call(
        "01d5062a",
        [
            abi.address_word(target),
            abi.uint_word(value, 256),
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
            abi.uint_word(delay, 256),
        ],
        [
            abi.bytes_tail(data_),
        ],
    )


def encode_schedule_batch(
    targets: Sequence[str],
    values: Sequence[int],
    payloads: Sequence[bytes],
    predecessor: str,
    salt: str,
    delay: int,
) -> bytes:
    """Return the calldata of `scheduleBatch`."""
    return abi.call(
        "8f2a0bb0",
        [
            None,
            None,
            None,
            abi.bytes_word(predecessor, 32),
            abi.bytes_word(salt, 32),
            abi.uint_word(delay, 256),
        ],
        [
            abi.array_tail([abi.address_word(item) for item in targets]),
            abi.array_tail([abi.uint_word(item, 256) for item in values]),
            abi.dynamic_array_tail([abi.bytes_tail(item) for item in payloads]),
        ],
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


def encode_update_delay(
    new_delay: int,
) -> bytes:
    """Return the calldata of `updateDelay`."""
    return abi.call(
        "64d62353",
        [
            abi.uint_word(new_delay, 256),
        ],
        [],
    )


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


_FAILED_CALL_FIELDS = abi.Layout()


def _error_failed_call(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d6bda275")
    _FAILED_CALL_FIELDS.whole(data)
    return abi.ContractError(
        "FailedCall",
        {},
    )


_TIMELOCK_INSUFFICIENT_DELAY_FIELDS = abi.Layout("uint256", "uint256")


def _error_timelock_insufficient_delay(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "54336609")
    (
        delay,
        min_delay,
    ) = _TIMELOCK_INSUFFICIENT_DELAY_FIELDS.whole(data)
    return abi.ContractError(
        "TimelockInsufficientDelay",
        {
            "delay": from_bytes(delay, "big"),
            "min_delay": from_bytes(min_delay, "big"),
        },
    )


_TIMELOCK_INVALID_OPERATION_LENGTH_FIELDS = abi.Layout("uint256", "uint256", "uint256")


def _error_timelock_invalid_operation_length(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "ffb03211")
    (
        targets,
        payloads,
        values,
    ) = _TIMELOCK_INVALID_OPERATION_LENGTH_FIELDS.whole(data)
    return abi.ContractError(
        "TimelockInvalidOperationLength",
        {
            "targets": from_bytes(targets, "big"),
            "payloads": from_bytes(payloads, "big"),
            "values": from_bytes(values, "big"),
        },
    )


_TIMELOCK_UNAUTHORIZED_CALLER_FIELDS = abi.Layout("address")


def _error_timelock_unauthorized_caller(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "e2850c59")
    (caller,) = _TIMELOCK_UNAUTHORIZED_CALLER_FIELDS.whole(data)
    return abi.ContractError(
        "TimelockUnauthorizedCaller",
        {
            "caller": "0x" + caller.hex(),
        },
    )


_TIMELOCK_UNEXECUTED_PREDECESSOR_FIELDS = abi.Layout("bytes32")


def _error_timelock_unexecuted_predecessor(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "90a9a618")
    (predecessor_id,) = _TIMELOCK_UNEXECUTED_PREDECESSOR_FIELDS.whole(data)
    return abi.ContractError(
        "TimelockUnexecutedPredecessor",
        {
            "predecessor_id": "0x" + predecessor_id.hex(),
        },
    )


_TIMELOCK_UNEXPECTED_OPERATION_STATE_FIELDS = abi.Layout("bytes32", "bytes32")


def _error_timelock_unexpected_operation_state(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "5ead8eb5")
    (
        operation_id,
        expected_states,
    ) = _TIMELOCK_UNEXPECTED_OPERATION_STATE_FIELDS.whole(data)
    return abi.ContractError(
        "TimelockUnexpectedOperationState",
        {
            "operation_id": "0x" + operation_id.hex(),
            "expected_states": "0x" + expected_states.hex(),
        },
    )


ERRORS: Mapping[str, Callable[[bytes], abi.ContractError]] = {
    "0x54336609": _error_timelock_insufficient_delay,
    "0x5ead8eb5": _error_timelock_unexpected_operation_state,
    "0x6697b232": _error_access_control_bad_confirmation,
    "0x90a9a618": _error_timelock_unexecuted_predecessor,
    "0xd6bda275": _error_failed_call,
    "0xe2517d3f": _error_access_control_unauthorized_account,
    "0xe2850c59": _error_timelock_unauthorized_caller,
    "0xffb03211": _error_timelock_invalid_operation_length,
}
