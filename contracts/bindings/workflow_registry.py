# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract WorkflowRegistry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.bindings import abi
from contracts.bindings.abi import from_bytes


@dataclass(frozen=True, slots=True)
class WorkflowVersion:
    """Struct `WorkflowVersion`."""

    workflow_id: str
    parent: str
    content_hash: str
    published_at: int
    sequence: int
    revoked: bool


@dataclass(frozen=True, slots=True)
class Workflow:
    """Struct `Workflow`."""

    owner: str
    versions: int
    active_version: str


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
class RolledBack:
    """Log `RolledBack`."""

    workflow_id: str
    from_version: str
    to_version: str
    revoked_count: int
    by: str


_ROLLED_BACK_TOPIC = "0x9f77c2d6bc41012213d00cb08537fb7371784f2a9a6e480eda6a078a310da124"
_ROLLED_BACK_WORDS = abi.Layout("uint32", "address")


def _log_rolled_back(topics: Sequence[str], data: bytes) -> RolledBack:
    abi.expect_log(topics, _ROLLED_BACK_TOPIC, 4)
    (
        revoked_count,
        by,
    ) = _ROLLED_BACK_WORDS.whole(data)
    return RolledBack(
        workflow_id=abi.hash_topic(topics[1]),
        from_version=abi.hash_topic(topics[2]),
        to_version=abi.hash_topic(topics[3]),
        revoked_count=revoked_count,
        by="0x" + by.hex(),
    )


@dataclass(frozen=True, slots=True)
class VersionChanged:
    """Log `VersionChanged`."""

    active_version: str
    version_hash: str


_VERSION_CHANGED_TOPIC = "0x9a66c4ecb842c48210671a2b65eb9e501b3bb60336170a501c4bc30c5a24a0fc"
_VERSION_CHANGED_WORDS = abi.Layout()


def _log_version_changed(topics: Sequence[str], data: bytes) -> VersionChanged:
    abi.expect_log(topics, _VERSION_CHANGED_TOPIC, 3)
    _VERSION_CHANGED_WORDS.whole(data)
    return VersionChanged(
        active_version=abi.hash_topic(topics[1]),
        version_hash=abi.hash_topic(topics[2]),
    )


@dataclass(frozen=True, slots=True)
class VersionPublished:
    """Log `VersionPublished`."""

    workflow_id: str
    version_hash: str
    parent: str
    content_hash: str
    sequence: int
    content_uri: str
    publisher: str


_VERSION_PUBLISHED_TOPIC = "0x5f8f0622b05755996cefa3e9b8011a1d1d79df3a05660027eeccd965f1053c34"
_VERSION_PUBLISHED_WORDS = abi.Layout("bytes32", "bytes32", "uint32", "uint64", "address")


def _log_version_published(topics: Sequence[str], data: bytes) -> VersionPublished:
    abi.expect_log(topics, _VERSION_PUBLISHED_TOPIC, 3)
    (
        parent,
        content_hash,
        sequence,
        content_uri_at,
        publisher,
    ) = _VERSION_PUBLISHED_WORDS.read(data, 0)
    cursor = _VERSION_PUBLISHED_WORDS.size
    abi.expect(content_uri_at, cursor)
    content_uri, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    return VersionPublished(
        workflow_id=abi.hash_topic(topics[1]),
        version_hash=abi.hash_topic(topics[2]),
        parent="0x" + parent.hex(),
        content_hash="0x" + content_hash.hex(),
        sequence=sequence,
        content_uri=content_uri,
        publisher="0x" + publisher.hex(),
    )


@dataclass(frozen=True, slots=True)
class VersionRevoked:
    """Log `VersionRevoked`."""

    workflow_id: str
    version_hash: str


_VERSION_REVOKED_TOPIC = "0x96a4e4e977d009295b81d0ca129df178d1e2fcb166e32d10d0a96aef32b9f4ad"
_VERSION_REVOKED_WORDS = abi.Layout()


def _log_version_revoked(topics: Sequence[str], data: bytes) -> VersionRevoked:
    abi.expect_log(topics, _VERSION_REVOKED_TOPIC, 3)
    _VERSION_REVOKED_WORDS.whole(data)
    return VersionRevoked(
        workflow_id=abi.hash_topic(topics[1]),
        version_hash=abi.hash_topic(topics[2]),
    )


@dataclass(frozen=True, slots=True)
class WorkflowRegistered:
    """Log `WorkflowRegistered`."""

    workflow_id: str
    owner: str
    name: str


_WORKFLOW_REGISTERED_TOPIC = "0x356be2e4d6c92162f17c47e27b1732f0fdd5b8f25e5b576e4d03ace3b9625839"
_WORKFLOW_REGISTERED_WORDS = abi.Layout("uint64")


def _log_workflow_registered(topics: Sequence[str], data: bytes) -> WorkflowRegistered:
    abi.expect_log(topics, _WORKFLOW_REGISTERED_TOPIC, 3)
    (name_at,) = _WORKFLOW_REGISTERED_WORDS.read(data, 0)
    cursor = _WORKFLOW_REGISTERED_WORDS.size
    abi.expect(name_at, cursor)
    name, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    return WorkflowRegistered(
        workflow_id=abi.hash_topic(topics[1]),
        owner=abi.address_topic(topics[2]),
        name=name,
    )


Event: TypeAlias = (
    RoleAdminChanged
    | RoleGranted
    | RoleRevoked
    | RolledBack
    | VersionChanged
    | VersionPublished
    | VersionRevoked
    | WorkflowRegistered
)


EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {
    _ROLE_ADMIN_CHANGED_TOPIC: _log_role_admin_changed,
    _ROLE_GRANTED_TOPIC: _log_role_granted,
    _ROLE_REVOKED_TOPIC: _log_role_revoked,
    _ROLLED_BACK_TOPIC: _log_rolled_back,
    _VERSION_CHANGED_TOPIC: _log_version_changed,
    _VERSION_PUBLISHED_TOPIC: _log_version_published,
    _VERSION_REVOKED_TOPIC: _log_version_revoked,
    _WORKFLOW_REGISTERED_TOPIC: _log_workflow_registered,
}


def encode_constructor(
    admin: str,
    governance: str,
) -> bytes:
    """Return the arguments of the constructor, to be put behind the bytecode."""
    return abi.assemble(
        [
            abi.address_word(admin),
            abi.address_word(governance),
        ],
        [],
    )


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


def encode_governance_role() -> bytes:
    """Return the calldata of `GOVERNANCE_ROLE`."""
    return abi.call(
        "f36c8f5c",
        [],
        [],
    )


_GOVERNANCE_ROLE_RESULT = abi.Layout("bytes32")


def decode_governance_role(data: bytes) -> str:
    """Return what `GOVERNANCE_ROLE` gave back."""
    (value_0,) = _GOVERNANCE_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_max_name_bytes() -> bytes:
    """Return the calldata of `MAX_NAME_BYTES`."""
    return abi.call(
        "680c60c7",
        [],
        [],
    )


_MAX_NAME_BYTES_RESULT = abi.Layout("uint256")


def decode_max_name_bytes(data: bytes) -> int:
    """Return what `MAX_NAME_BYTES` gave back."""
    (value_0,) = _MAX_NAME_BYTES_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_max_rollback_steps() -> bytes:
    """Return the calldata of `MAX_ROLLBACK_STEPS`."""
    return abi.call(
        "d16c13ad",
        [],
        [],
    )


_MAX_ROLLBACK_STEPS_RESULT = abi.Layout("uint256")


def decode_max_rollback_steps(data: bytes) -> int:
    """Return what `MAX_ROLLBACK_STEPS` gave back."""
    (value_0,) = _MAX_ROLLBACK_STEPS_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_max_uri_bytes() -> bytes:
    """Return the calldata of `MAX_URI_BYTES`."""
    return abi.call(
        "718a60ee",
        [],
        [],
    )


_MAX_URI_BYTES_RESULT = abi.Layout("uint256")


def decode_max_uri_bytes(data: bytes) -> int:
    """Return what `MAX_URI_BYTES` gave back."""
    (value_0,) = _MAX_URI_BYTES_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_active_version_of(
    workflow_id: str,
) -> bytes:
    """Return the calldata of `activeVersionOf`."""
    return abi.call(
        "3e9f4488",
        [
            abi.bytes_word(workflow_id, 32),
        ],
        [],
    )


_ACTIVE_VERSION_OF_RESULT = abi.Layout("bytes32")


def decode_active_version_of(data: bytes) -> str:
    """Return what `activeVersionOf` gave back."""
    (value_0,) = _ACTIVE_VERSION_OF_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_emergency_rollback(
    version_hash: str,
) -> bytes:
    """Return the calldata of `emergencyRollback`."""
    return abi.call(
        "85428cee",
        [
            abi.bytes_word(version_hash, 32),
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


def encode_previous_versions(
    version_hash: str,
) -> bytes:
    """Return the calldata of `previousVersions`."""
    return abi.call(
        "9bbc6f6d",
        [
            abi.bytes_word(version_hash, 32),
        ],
        [],
    )


_PREVIOUS_VERSIONS_RESULT = abi.Layout("bytes32")


def decode_previous_versions(data: bytes) -> str:
    """Return what `previousVersions` gave back."""
    (value_0,) = _PREVIOUS_VERSIONS_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_publish_version(
    workflow_id: str,
    content_hash: str,
    expected_active: str,
    content_uri: str,
) -> bytes:
    """Return the calldata of `publishVersion`."""
    return abi.call(
        "42849edd",
        [
            abi.bytes_word(workflow_id, 32),
            abi.bytes_word(content_hash, 32),
            abi.bytes_word(expected_active, 32),
            None,
        ],
        [
            abi.string_tail(content_uri),
        ],
    )


_PUBLISH_VERSION_RESULT = abi.Layout("bytes32")


def decode_publish_version(data: bytes) -> str:
    """Return what `publishVersion` gave back."""
    (version_hash,) = _PUBLISH_VERSION_RESULT.whole(data)
    result: str = "0x" + version_hash.hex()
    return result


def encode_register_workflow(
    name: str,
) -> bytes:
    """Return the calldata of `registerWorkflow`."""
    return abi.call(
        "809ef7ad",
        [
            None,
        ],
        [
            abi.string_tail(name),
        ],
    )


_REGISTER_WORKFLOW_RESULT = abi.Layout("bytes32")


def decode_register_workflow(data: bytes) -> str:
    """Return what `registerWorkflow` gave back."""
    (workflow_id,) = _REGISTER_WORKFLOW_RESULT.whole(data)
    result: str = "0x" + workflow_id.hex()
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


def encode_validate_rollback_safety(
    version_hash: str,
) -> bytes:
    """Return the calldata of `validateRollbackSafety`."""
    return abi.call(
        "f3d7a08b",
        [
            abi.bytes_word(version_hash, 32),
        ],
        [],
    )


_VALIDATE_ROLLBACK_SAFETY_RESULT = abi.Layout("bool")


def decode_validate_rollback_safety(data: bytes) -> bool:
    """Return what `validateRollbackSafety` gave back."""
    (value_0,) = _VALIDATE_ROLLBACK_SAFETY_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_version(
    version_hash: str,
) -> bytes:
    """Return the calldata of `version`."""
    return abi.call(
        "fde40cb6",
        [
            abi.bytes_word(version_hash, 32),
        ],
        [],
    )


_VERSION_RESULT = abi.Layout("bytes32", "bytes32", "bytes32", "uint64", "uint32", "bool")


def decode_version(data: bytes) -> WorkflowVersion:
    """Return what `version` gave back."""
    (
        value_0_workflow_id,
        value_0_parent,
        value_0_content_hash,
        value_0_published_at,
        value_0_sequence,
        value_0_revoked,
    ) = _VERSION_RESULT.whole(data)
    result: WorkflowVersion = WorkflowVersion(
        workflow_id="0x" + value_0_workflow_id.hex(),
        parent="0x" + value_0_parent.hex(),
        content_hash="0x" + value_0_content_hash.hex(),
        published_at=value_0_published_at,
        sequence=value_0_sequence,
        revoked=value_0_revoked,
    )
    return result


def encode_workflow(
    workflow_id: str,
) -> bytes:
    """Return the calldata of `workflow`."""
    return abi.call(
        "3cd2365c",
        [
            abi.bytes_word(workflow_id, 32),
        ],
        [],
    )


_WORKFLOW_RESULT = abi.Layout("address", "uint32", "bytes32")


def decode_workflow(data: bytes) -> Workflow:
    """Return what `workflow` gave back."""
    (
        value_0_owner,
        value_0_versions,
        value_0_active_version,
    ) = _WORKFLOW_RESULT.whole(data)
    result: Workflow = Workflow(
        owner="0x" + value_0_owner.hex(),
        versions=value_0_versions,
        active_version="0x" + value_0_active_version.hex(),
    )
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


_ALREADY_PUBLISHED_FIELDS = abi.Layout("bytes32")


def _error_already_published(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d0aee516")
    (version_hash,) = _ALREADY_PUBLISHED_FIELDS.whole(data)
    return abi.ContractError(
        "AlreadyPublished",
        {
            "version_hash": "0x" + version_hash.hex(),
        },
    )


_NAME_LENGTH_FIELDS = abi.Layout("uint256", "uint256")


def _error_name_length(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "42f722aa")
    (
        length,
        maximum,
    ) = _NAME_LENGTH_FIELDS.whole(data)
    return abi.ContractError(
        "NameLength",
        {
            "length": from_bytes(length, "big"),
            "maximum": from_bytes(maximum, "big"),
        },
    )


_NOT_WORKFLOW_OWNER_FIELDS = abi.Layout("bytes32", "address")


def _error_not_workflow_owner(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "4e216053")
    (
        workflow_id,
        caller,
    ) = _NOT_WORKFLOW_OWNER_FIELDS.whole(data)
    return abi.ContractError(
        "NotWorkflowOwner",
        {
            "workflow_id": "0x" + workflow_id.hex(),
            "caller": "0x" + caller.hex(),
        },
    )


_STALE_ACTIVE_VERSION_FIELDS = abi.Layout("bytes32", "bytes32")


def _error_stale_active_version(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d56021e4")
    (
        expected,
        active_version,
    ) = _STALE_ACTIVE_VERSION_FIELDS.whole(data)
    return abi.ContractError(
        "StaleActiveVersion",
        {
            "expected": "0x" + expected.hex(),
            "active_version": "0x" + active_version.hex(),
        },
    )


_TEXT_TOO_LONG_FIELDS = abi.Layout("uint256", "uint256")


def _error_text_too_long(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "f4eb2b2d")
    (
        length,
        maximum,
    ) = _TEXT_TOO_LONG_FIELDS.whole(data)
    return abi.ContractError(
        "TextTooLong",
        {
            "length": from_bytes(length, "big"),
            "maximum": from_bytes(maximum, "big"),
        },
    )


_UNKNOWN_WORKFLOW_FIELDS = abi.Layout("bytes32")


def _error_unknown_workflow(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "7c0dff4b")
    (workflow_id,) = _UNKNOWN_WORKFLOW_FIELDS.whole(data)
    return abi.ContractError(
        "UnknownWorkflow",
        {
            "workflow_id": "0x" + workflow_id.hex(),
        },
    )


_WORKFLOW_EXISTS_FIELDS = abi.Layout("bytes32")


def _error_workflow_exists(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "1522aa00")
    (workflow_id,) = _WORKFLOW_EXISTS_FIELDS.whole(data)
    return abi.ContractError(
        "WorkflowExists",
        {
            "workflow_id": "0x" + workflow_id.hex(),
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


_ZERO_CONTENT_HASH_FIELDS = abi.Layout()


def _error_zero_content_hash(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d57f0f12")
    _ZERO_CONTENT_HASH_FIELDS.whole(data)
    return abi.ContractError(
        "ZeroContentHash",
        {},
    )


ERRORS: Mapping[str, Callable[[bytes], abi.ContractError]] = {
    "0x1522aa00": _error_workflow_exists,
    "0x42f722aa": _error_name_length,
    "0x4e216053": _error_not_workflow_owner,
    "0x6697b232": _error_access_control_bad_confirmation,
    "0x7c0dff4b": _error_unknown_workflow,
    "0xd0aee516": _error_already_published,
    "0xd56021e4": _error_stale_active_version,
    "0xd57f0f12": _error_zero_content_hash,
    "0xd92e233d": _error_zero_address,
    "0xe2517d3f": _error_access_control_unauthorized_account,
    "0xf4eb2b2d": _error_text_too_long,
}
