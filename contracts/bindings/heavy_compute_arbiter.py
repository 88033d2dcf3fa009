# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract HeavyComputeArbiter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contracts.bindings import abi
from contracts.bindings.abi import from_bytes


@dataclass(frozen=True, slots=True)
class StakeBalance:
    """Struct `StakeBalance`."""

    available: int
    locked: int
    unbonding: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Struct `Policy`."""

    gpu_rate: int
    memory_rate: int
    min_stake: int
    slash_bps: int
    unbonding_seconds: int
    min_proof_seconds: int
    max_proof_seconds: int
    verify_seconds: int
    max_task_seconds: int
    verifier: str


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """Struct `TaskTerms`."""

    version_hash: str
    spec_hash: str
    bounty: int
    compute_price: int
    gpu_hours: int
    memory_gb: int
    priority: bool
    expires_at: int
    proof_seconds: int
    verify_seconds: int
    slash_bps: int
    verifier: str
    backups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """Struct `ProofClaim`."""

    task_id: str
    epoch: int
    node: str
    requester: str
    spec_hash: str
    proof_hash: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Struct `Withdrawal`."""

    id: int
    unlock_at: int
    amount: int


@dataclass(frozen=True, slots=True)
class NodeView:
    """Struct `NodeView`."""

    status: int
    balance: StakeBalance
    task_id: str
    withdrawals: tuple[Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """Struct `TaskView`."""

    requester: str
    workflow_id: str
    status: int
    epoch: int
    node: str
    bonded: int
    proof_deadline: int
    verify_deadline: int
    proof_hash: str
    bounty_left: int
    beneficiaries: tuple[str, ...]
    shares: tuple[int, ...]
    terms: TaskTerms


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """Struct `TaskRequest`."""

    salt: str
    workflow_id: str
    version_hash: str
    spec_hash: str
    bounty: int
    gpu_hours: int
    memory_gb: int
    priority: bool
    proof_seconds: int
    life_seconds: int
    backups: tuple[str, ...]


def _encode_policy(value: Policy) -> bytes:
    return abi.assemble(
        [
            abi.uint_word(value.gpu_rate, 128),
            abi.uint_word(value.memory_rate, 128),
            abi.uint_word(value.min_stake, 128),
            abi.uint_word(value.slash_bps, 16),
            abi.uint_word(value.unbonding_seconds, 32),
            abi.uint_word(value.min_proof_seconds, 32),
            abi.uint_word(value.max_proof_seconds, 32),
            abi.uint_word(value.verify_seconds, 32),
            abi.uint_word(value.max_task_seconds, 32),
            abi.address_word(value.verifier),
        ],
        [],
    )


def _encode_task_request(value: TaskRequest) -> bytes:
    return abi.assemble(
        [
            abi.bytes_word(value.salt, 32),
            abi.bytes_word(value.workflow_id, 32),
            abi.bytes_word(value.version_hash, 32),
            abi.bytes_word(value.spec_hash, 32),
            abi.uint_word(value.bounty, 128),
            abi.uint_word(value.gpu_hours, 256),
            abi.uint_word(value.memory_gb, 256),
            abi.bool_word(value.priority),
            abi.uint_word(value.proof_seconds, 32),
            abi.uint_word(value.life_seconds, 32),
            None,
        ],
        [
            abi.array_tail([abi.address_word(item) for item in value.backups]),
        ],
    )


_TASK_TERMS_WORDS = abi.Layout(
    "bytes32",
    "bytes32",
    "uint128",
    "uint128",
    "uint256",
    "uint256",
    "bool",
    "uint64",
    "uint32",
    "uint32",
    "uint16",
    "address",
    "uint64",
)


def _read_task_terms(data: bytes, at: int) -> tuple[TaskTerms, int]:
    (
        version_hash,
        spec_hash,
        bounty,
        compute_price,
        gpu_hours,
        memory_gb,
        priority,
        expires_at,
        proof_seconds,
        verify_seconds,
        slash_bps,
        verifier,
        backups_at,
    ) = _TASK_TERMS_WORDS.read(data, at)
    cursor = at + _TASK_TERMS_WORDS.size
    abi.expect(at + backups_at, cursor)
    items, cursor = abi.read_array(data, cursor, _ADDRESS_ITEM)
    backups = tuple("0x" + item.hex() for (item,) in items)
    value = TaskTerms(
        version_hash="0x" + version_hash.hex(),
        spec_hash="0x" + spec_hash.hex(),
        bounty=from_bytes(bounty, "big"),
        compute_price=from_bytes(compute_price, "big"),
        gpu_hours=from_bytes(gpu_hours, "big"),
        memory_gb=from_bytes(memory_gb, "big"),
        priority=priority,
        expires_at=expires_at,
        proof_seconds=proof_seconds,
        verify_seconds=verify_seconds,
        slash_bps=slash_bps,
        verifier="0x" + verifier.hex(),
        backups=backups,
    )
    return value, cursor


_NODE_VIEW_WORDS = abi.Layout("uint8", "uint128", "uint128", "uint128", "bytes32", "uint64")


def _read_node_view(data: bytes, at: int) -> tuple[NodeView, int]:
    (
        status,
        balance_available,
        balance_locked,
        balance_unbonding,
        task_id,
        withdrawals_at,
    ) = _NODE_VIEW_WORDS.read(data, at)
    cursor = at + _NODE_VIEW_WORDS.size
    abi.expect(at + withdrawals_at, cursor)
    items, cursor = abi.read_array(data, cursor, _WITHDRAWAL_ITEM)
    withdrawals = tuple(
        Withdrawal(
            id=item_id,
            unlock_at=item_unlock_at,
            amount=from_bytes(item_amount, "big"),
        )
        for item_id, item_unlock_at, item_amount in items
    )
    value = NodeView(
        status=status,
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
        task_id="0x" + task_id.hex(),
        withdrawals=withdrawals,
    )
    return value, cursor


_TASK_VIEW_WORDS = abi.Layout(
    "address",
    "bytes32",
    "uint8",
    "uint64",
    "address",
    "uint128",
    "uint64",
    "uint64",
    "bytes32",
    "uint128",
    "uint64",
    "uint64",
    "uint64",
)


def _read_task_view(data: bytes, at: int) -> tuple[TaskView, int]:
    (
        requester,
        workflow_id,
        status,
        epoch,
        node,
        bonded,
        proof_deadline,
        verify_deadline,
        proof_hash,
        bounty_left,
        beneficiaries_at,
        shares_at,
        terms_at,
    ) = _TASK_VIEW_WORDS.read(data, at)
    cursor = at + _TASK_VIEW_WORDS.size
    abi.expect(at + beneficiaries_at, cursor)
    items, cursor = abi.read_array(data, cursor, _ADDRESS_ITEM)
    beneficiaries = tuple("0x" + item.hex() for (item,) in items)
    abi.expect(at + shares_at, cursor)
    items, cursor = abi.read_array(data, cursor, _UINT256_ITEM)
    shares = tuple(from_bytes(item, "big") for (item,) in items)
    abi.expect(at + terms_at, cursor)
    terms, cursor = _read_task_terms(data, cursor)
    value = TaskView(
        requester="0x" + requester.hex(),
        workflow_id="0x" + workflow_id.hex(),
        status=status,
        epoch=epoch,
        node="0x" + node.hex(),
        bonded=from_bytes(bonded, "big"),
        proof_deadline=proof_deadline,
        verify_deadline=verify_deadline,
        proof_hash="0x" + proof_hash.hex(),
        bounty_left=from_bytes(bounty_left, "big"),
        beneficiaries=beneficiaries,
        shares=shares,
        terms=terms,
    )
    return value, cursor


_ADDRESS_ITEM = abi.Layout("address")


_UINT256_ITEM = abi.Layout("uint256")


_WITHDRAWAL_ITEM = abi.Layout("uint64", "uint64", "uint128")


@dataclass(frozen=True, slots=True)
class BountyRedistributed:
    """Log `BountyRedistributed`."""

    task_id: str
    epoch: int
    bounty: int
    beneficiaries: tuple[str, ...]
    shares: tuple[int, ...]


_BOUNTY_REDISTRIBUTED_TOPIC = "0x39cfa121fbe7b4a4a0713532f0179afc8a3f77d7fad51b842aac328348291377"
_BOUNTY_REDISTRIBUTED_WORDS = abi.Layout("uint64", "uint256", "uint64", "uint64")


def _log_bounty_redistributed(topics: Sequence[str], data: bytes) -> BountyRedistributed:
    abi.expect_log(topics, _BOUNTY_REDISTRIBUTED_TOPIC, 2)
    (
        epoch,
        bounty,
        beneficiaries_at,
        shares_at,
    ) = _BOUNTY_REDISTRIBUTED_WORDS.read(data, 0)
    cursor = _BOUNTY_REDISTRIBUTED_WORDS.size
    abi.expect(beneficiaries_at, cursor)
    items, cursor = abi.read_array(data, cursor, _ADDRESS_ITEM)
    beneficiaries = tuple("0x" + item.hex() for (item,) in items)
    abi.expect(shares_at, cursor)
    items, cursor = abi.read_array(data, cursor, _UINT256_ITEM)
    shares = tuple(from_bytes(item, "big") for (item,) in items)
    abi.finish(data, cursor)
    return BountyRedistributed(
        task_id=abi.hash_topic(topics[1]),
        epoch=epoch,
        bounty=from_bytes(bounty, "big"),
        beneficiaries=beneficiaries,
        shares=shares,
    )


@dataclass(frozen=True, slots=True)
class BountyReturned:
    """Log `BountyReturned`."""

    task_id: str
    requester: str
    epoch: int
    amount: int
    credit: int


_BOUNTY_RETURNED_TOPIC = "0x713e9529e7755e78afc99bcc46b33b64ccc58c9f7e46dcee830bd489ddd96deb"
_BOUNTY_RETURNED_WORDS = abi.Layout("uint64", "uint256", "uint256")


def _log_bounty_returned(topics: Sequence[str], data: bytes) -> BountyReturned:
    abi.expect_log(topics, _BOUNTY_RETURNED_TOPIC, 3)
    (
        epoch,
        amount,
        credit,
    ) = _BOUNTY_RETURNED_WORDS.whole(data)
    return BountyReturned(
        task_id=abi.hash_topic(topics[1]),
        requester=abi.address_topic(topics[2]),
        epoch=epoch,
        amount=from_bytes(amount, "big"),
        credit=from_bytes(credit, "big"),
    )


@dataclass(frozen=True, slots=True)
class BountyShareCredited:
    """Log `BountyShareCredited`."""

    task_id: str
    beneficiary: str
    epoch: int
    amount: int
    credit: int


_BOUNTY_SHARE_CREDITED_TOPIC = "0x367e68f8442b6bc54583268b43105e16baa573f619599ffd105efcb9018da4a8"
_BOUNTY_SHARE_CREDITED_WORDS = abi.Layout("uint64", "uint256", "uint256")


def _log_bounty_share_credited(topics: Sequence[str], data: bytes) -> BountyShareCredited:
    abi.expect_log(topics, _BOUNTY_SHARE_CREDITED_TOPIC, 3)
    (
        epoch,
        amount,
        credit,
    ) = _BOUNTY_SHARE_CREDITED_WORDS.whole(data)
    return BountyShareCredited(
        task_id=abi.hash_topic(topics[1]),
        beneficiary=abi.address_topic(topics[2]),
        epoch=epoch,
        amount=from_bytes(amount, "big"),
        credit=from_bytes(credit, "big"),
    )


@dataclass(frozen=True, slots=True)
class CreditClaimed:
    """Log `CreditClaimed`."""

    account: str
    amount: int
    credit: int


_CREDIT_CLAIMED_TOPIC = "0x95c4d3c04944aff5f19c1038d91d1e8e745fbae087d74a91fb405d26a77acc5b"
_CREDIT_CLAIMED_WORDS = abi.Layout("uint256", "uint256")


def _log_credit_claimed(topics: Sequence[str], data: bytes) -> CreditClaimed:
    abi.expect_log(topics, _CREDIT_CLAIMED_TOPIC, 2)
    (
        amount,
        credit,
    ) = _CREDIT_CLAIMED_WORDS.whole(data)
    return CreditClaimed(
        account=abi.address_topic(topics[1]),
        amount=from_bytes(amount, "big"),
        credit=from_bytes(credit, "big"),
    )


@dataclass(frozen=True, slots=True)
class NodeDeregistered:
    """Log `NodeDeregistered`."""

    node: str


_NODE_DEREGISTERED_TOPIC = "0xf80f07c03e488ef2bd8323b9f1b196af964916a2fca042b50c4f1a5180d09508"
_NODE_DEREGISTERED_WORDS = abi.Layout()


def _log_node_deregistered(topics: Sequence[str], data: bytes) -> NodeDeregistered:
    abi.expect_log(topics, _NODE_DEREGISTERED_TOPIC, 2)
    _NODE_DEREGISTERED_WORDS.whole(data)
    return NodeDeregistered(
        node=abi.address_topic(topics[1]),
    )


@dataclass(frozen=True, slots=True)
class NodeJailed:
    """Log `NodeJailed`."""

    node: str
    stake: int
    min_stake: int


_NODE_JAILED_TOPIC = "0xb4296d1de69567c7b8b28b3386c476c7886df6d31fb3630f6bb7a130d3f47a62"
_NODE_JAILED_WORDS = abi.Layout("uint256", "uint256")


def _log_node_jailed(topics: Sequence[str], data: bytes) -> NodeJailed:
    abi.expect_log(topics, _NODE_JAILED_TOPIC, 2)
    (
        stake,
        min_stake,
    ) = _NODE_JAILED_WORDS.whole(data)
    return NodeJailed(
        node=abi.address_topic(topics[1]),
        stake=from_bytes(stake, "big"),
        min_stake=from_bytes(min_stake, "big"),
    )


@dataclass(frozen=True, slots=True)
class NodeRegistered:
    """Log `NodeRegistered`."""

    node: str
    metadata_uri: str


_NODE_REGISTERED_TOPIC = "0x27dcab8cdfa14145566e2b9d04fea5a4e8ea320a3f04488a1de4d431ed1080ab"
_NODE_REGISTERED_WORDS = abi.Layout("uint64")


def _log_node_registered(topics: Sequence[str], data: bytes) -> NodeRegistered:
    abi.expect_log(topics, _NODE_REGISTERED_TOPIC, 2)
    (metadata_uri_at,) = _NODE_REGISTERED_WORDS.read(data, 0)
    cursor = _NODE_REGISTERED_WORDS.size
    abi.expect(metadata_uri_at, cursor)
    metadata_uri, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    return NodeRegistered(
        node=abi.address_topic(topics[1]),
        metadata_uri=metadata_uri,
    )


@dataclass(frozen=True, slots=True)
class NodeSlashed:
    """Log `NodeSlashed`."""

    task_id: str
    node: str
    epoch: int
    fault: int
    amount: int
    bonded: int
    pool: int
    balance: StakeBalance


_NODE_SLASHED_TOPIC = "0x9c9825b08fd8313332db7bcb92b4a8fb21829309d05a380df9fe7b0f946b96fd"
_NODE_SLASHED_WORDS = abi.Layout(
    "uint64",
    "uint8",
    "uint256",
    "uint256",
    "uint256",
    "uint128",
    "uint128",
    "uint128",
)


def _log_node_slashed(topics: Sequence[str], data: bytes) -> NodeSlashed:
    abi.expect_log(topics, _NODE_SLASHED_TOPIC, 3)
    (
        epoch,
        fault,
        amount,
        bonded,
        pool,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _NODE_SLASHED_WORDS.whole(data)
    return NodeSlashed(
        task_id=abi.hash_topic(topics[1]),
        node=abi.address_topic(topics[2]),
        epoch=epoch,
        fault=fault,
        amount=from_bytes(amount, "big"),
        bonded=from_bytes(bonded, "big"),
        pool=from_bytes(pool, "big"),
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class NodeUnjailed:
    """Log `NodeUnjailed`."""

    node: str
    stake: int
    min_stake: int


_NODE_UNJAILED_TOPIC = "0xce6675cb3c202f6f4ac35266cfeac465dd6cf698e6bbb23b021a888dfe3b27c2"
_NODE_UNJAILED_WORDS = abi.Layout("uint256", "uint256")


def _log_node_unjailed(topics: Sequence[str], data: bytes) -> NodeUnjailed:
    abi.expect_log(topics, _NODE_UNJAILED_TOPIC, 2)
    (
        stake,
        min_stake,
    ) = _NODE_UNJAILED_WORDS.whole(data)
    return NodeUnjailed(
        node=abi.address_topic(topics[1]),
        stake=from_bytes(stake, "big"),
        min_stake=from_bytes(min_stake, "big"),
    )


@dataclass(frozen=True, slots=True)
class Paused:
    """Log `Paused`."""

    account: str


_PAUSED_TOPIC = "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258"
_PAUSED_WORDS = abi.Layout("address")


def _log_paused(topics: Sequence[str], data: bytes) -> Paused:
    abi.expect_log(topics, _PAUSED_TOPIC, 1)
    (account,) = _PAUSED_WORDS.whole(data)
    return Paused(
        account="0x" + account.hex(),
    )


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """Log `PolicyChanged`."""

    policy: Policy


_POLICY_CHANGED_TOPIC = "0xb09e460ef4caad8dd4b631de081682b6bb948aebf40f360b54604432415939f9"
_POLICY_CHANGED_WORDS = abi.Layout(
    "uint128",
    "uint128",
    "uint128",
    "uint16",
    "uint32",
    "uint32",
    "uint32",
    "uint32",
    "uint32",
    "address",
)


def _log_policy_changed(topics: Sequence[str], data: bytes) -> PolicyChanged:
    abi.expect_log(topics, _POLICY_CHANGED_TOPIC, 1)
    (
        policy_gpu_rate,
        policy_memory_rate,
        policy_min_stake,
        policy_slash_bps,
        policy_unbonding_seconds,
        policy_min_proof_seconds,
        policy_max_proof_seconds,
        policy_verify_seconds,
        policy_max_task_seconds,
        policy_verifier,
    ) = _POLICY_CHANGED_WORDS.whole(data)
    return PolicyChanged(
        policy=Policy(
            gpu_rate=from_bytes(policy_gpu_rate, "big"),
            memory_rate=from_bytes(policy_memory_rate, "big"),
            min_stake=from_bytes(policy_min_stake, "big"),
            slash_bps=policy_slash_bps,
            unbonding_seconds=policy_unbonding_seconds,
            min_proof_seconds=policy_min_proof_seconds,
            max_proof_seconds=policy_max_proof_seconds,
            verify_seconds=policy_verify_seconds,
            max_task_seconds=policy_max_task_seconds,
            verifier="0x" + policy_verifier.hex(),
        ),
    )


@dataclass(frozen=True, slots=True)
class ProofSubmitted:
    """Log `ProofSubmitted`."""

    task_id: str
    node: str
    epoch: int
    proof_hash: str
    verify_deadline: int


_PROOF_SUBMITTED_TOPIC = "0x9c13b670920101eaa61634e05ca9a860271b74a7a1b0074ea4d1a0808934fb64"
_PROOF_SUBMITTED_WORDS = abi.Layout("uint64", "bytes32", "uint64")


def _log_proof_submitted(topics: Sequence[str], data: bytes) -> ProofSubmitted:
    abi.expect_log(topics, _PROOF_SUBMITTED_TOPIC, 3)
    (
        epoch,
        proof_hash,
        verify_deadline,
    ) = _PROOF_SUBMITTED_WORDS.whole(data)
    return ProofSubmitted(
        task_id=abi.hash_topic(topics[1]),
        node=abi.address_topic(topics[2]),
        epoch=epoch,
        proof_hash="0x" + proof_hash.hex(),
        verify_deadline=verify_deadline,
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


@dataclass(frozen=True, slots=True)
class SlashPoolReleased:
    """Log `SlashPoolReleased`."""

    recipient: str
    amount: int
    pool: int
    credit: int


_SLASH_POOL_RELEASED_TOPIC = "0xb639f6c7ce0ba6e0a599b8b24b6c0587b06eae6afa755cfd8a4ee67f792d73a5"
_SLASH_POOL_RELEASED_WORDS = abi.Layout("uint256", "uint256", "uint256")


def _log_slash_pool_released(topics: Sequence[str], data: bytes) -> SlashPoolReleased:
    abi.expect_log(topics, _SLASH_POOL_RELEASED_TOPIC, 2)
    (
        amount,
        pool,
        credit,
    ) = _SLASH_POOL_RELEASED_WORDS.whole(data)
    return SlashPoolReleased(
        recipient=abi.address_topic(topics[1]),
        amount=from_bytes(amount, "big"),
        pool=from_bytes(pool, "big"),
        credit=from_bytes(credit, "big"),
    )


@dataclass(frozen=True, slots=True)
class StakeWithdrawn:
    """Log `StakeWithdrawn`."""

    node: str
    withdrawal_id: int
    amount: int
    balance: StakeBalance


_STAKE_WITHDRAWN_TOPIC = "0xf2354159606d0bd4d69c41930e33b9e7018a1481d76bef3e31766b36a1ecb28e"
_STAKE_WITHDRAWN_WORDS = abi.Layout("uint256", "uint128", "uint128", "uint128")


def _log_stake_withdrawn(topics: Sequence[str], data: bytes) -> StakeWithdrawn:
    abi.expect_log(topics, _STAKE_WITHDRAWN_TOPIC, 3)
    (
        amount,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _STAKE_WITHDRAWN_WORDS.whole(data)
    return StakeWithdrawn(
        node=abi.address_topic(topics[1]),
        withdrawal_id=abi.uint_topic(topics[2], 256),
        amount=from_bytes(amount, "big"),
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Staked:
    """Log `Staked`."""

    node: str
    amount: int
    balance: StakeBalance


_STAKED_TOPIC = "0xa6809feb8d6b9d9ccfca401adf22480c044cc5630e5603c71118811851ac399b"
_STAKED_WORDS = abi.Layout("uint256", "uint128", "uint128", "uint128")


def _log_staked(topics: Sequence[str], data: bytes) -> Staked:
    abi.expect_log(topics, _STAKED_TOPIC, 2)
    (
        amount,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _STAKED_WORDS.whole(data)
    return Staked(
        node=abi.address_topic(topics[1]),
        amount=from_bytes(amount, "big"),
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class TaskAssigned:
    """Log `TaskAssigned`."""

    task_id: str
    node: str
    epoch: int
    bonded: int
    proof_deadline: int
    balance: StakeBalance


_TASK_ASSIGNED_TOPIC = "0xbf2e6929ba57a8061318b3d6881a5ef4c116d03028ff78c345ac72176f97a6d6"
_TASK_ASSIGNED_WORDS = abi.Layout("uint64", "uint256", "uint64", "uint128", "uint128", "uint128")


def _log_task_assigned(topics: Sequence[str], data: bytes) -> TaskAssigned:
    abi.expect_log(topics, _TASK_ASSIGNED_TOPIC, 3)
    (
        epoch,
        bonded,
        proof_deadline,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _TASK_ASSIGNED_WORDS.whole(data)
    return TaskAssigned(
        task_id=abi.hash_topic(topics[1]),
        node=abi.address_topic(topics[2]),
        epoch=epoch,
        bonded=from_bytes(bonded, "big"),
        proof_deadline=proof_deadline,
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    """Log `TaskCompleted`."""

    task_id: str
    node: str
    epoch: int
    bounty_paid: int
    compute_paid: int
    credit: int
    balance: StakeBalance


_TASK_COMPLETED_TOPIC = "0x10d3cd6971fb80da45f3f9cef00ee7a0891a496d9ec89a8ea5f6c9e0dc1fd0bc"
_TASK_COMPLETED_WORDS = abi.Layout(
    "uint64",
    "uint256",
    "uint256",
    "uint256",
    "uint128",
    "uint128",
    "uint128",
)


def _log_task_completed(topics: Sequence[str], data: bytes) -> TaskCompleted:
    abi.expect_log(topics, _TASK_COMPLETED_TOPIC, 3)
    (
        epoch,
        bounty_paid,
        compute_paid,
        credit,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _TASK_COMPLETED_WORDS.whole(data)
    return TaskCompleted(
        task_id=abi.hash_topic(topics[1]),
        node=abi.address_topic(topics[2]),
        epoch=epoch,
        bounty_paid=from_bytes(bounty_paid, "big"),
        compute_paid=from_bytes(compute_paid, "big"),
        credit=from_bytes(credit, "big"),
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class TaskPosted:
    """Log `TaskPosted`."""

    task_id: str
    requester: str
    workflow_id: str
    terms: TaskTerms


_TASK_POSTED_TOPIC = "0x5c22866d47e7d5be33ace41c1b933196e3c1dade53093397a9255fba8c8d9f83"
_TASK_POSTED_WORDS = abi.Layout("uint64")


def _log_task_posted(topics: Sequence[str], data: bytes) -> TaskPosted:
    abi.expect_log(topics, _TASK_POSTED_TOPIC, 4)
    (terms_at,) = _TASK_POSTED_WORDS.read(data, 0)
    cursor = _TASK_POSTED_WORDS.size
    abi.expect(terms_at, cursor)
    terms, cursor = _read_task_terms(data, cursor)
    abi.finish(data, cursor)
    return TaskPosted(
        task_id=abi.hash_topic(topics[1]),
        requester=abi.address_topic(topics[2]),
        workflow_id=abi.hash_topic(topics[3]),
        terms=terms,
    )


@dataclass(frozen=True, slots=True)
class TaskRefunded:
    """Log `TaskRefunded`."""

    task_id: str
    requester: str
    epoch: int
    cause: int
    bounty_refund: int
    compute_refund: int
    credit: int


_TASK_REFUNDED_TOPIC = "0x8f73caaf79699245f90464c5535ffd43ad37ca89da71f702864c7c07d5d078d1"
_TASK_REFUNDED_WORDS = abi.Layout("uint64", "uint8", "uint256", "uint256", "uint256")


def _log_task_refunded(topics: Sequence[str], data: bytes) -> TaskRefunded:
    abi.expect_log(topics, _TASK_REFUNDED_TOPIC, 3)
    (
        epoch,
        cause,
        bounty_refund,
        compute_refund,
        credit,
    ) = _TASK_REFUNDED_WORDS.whole(data)
    return TaskRefunded(
        task_id=abi.hash_topic(topics[1]),
        requester=abi.address_topic(topics[2]),
        epoch=epoch,
        cause=cause,
        bounty_refund=from_bytes(bounty_refund, "big"),
        compute_refund=from_bytes(compute_refund, "big"),
        credit=from_bytes(credit, "big"),
    )


@dataclass(frozen=True, slots=True)
class TaskReopened:
    """Log `TaskReopened`."""

    task_id: str
    epoch: int


_TASK_REOPENED_TOPIC = "0x79775b92c97a38000a9d49df56980efb5d835edfde187dc22cd33d916824beba"
_TASK_REOPENED_WORDS = abi.Layout("uint64")


def _log_task_reopened(topics: Sequence[str], data: bytes) -> TaskReopened:
    abi.expect_log(topics, _TASK_REOPENED_TOPIC, 2)
    (epoch,) = _TASK_REOPENED_WORDS.whole(data)
    return TaskReopened(
        task_id=abi.hash_topic(topics[1]),
        epoch=epoch,
    )


@dataclass(frozen=True, slots=True)
class Unpaused:
    """Log `Unpaused`."""

    account: str


_UNPAUSED_TOPIC = "0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa"
_UNPAUSED_WORDS = abi.Layout("address")


def _log_unpaused(topics: Sequence[str], data: bytes) -> Unpaused:
    abi.expect_log(topics, _UNPAUSED_TOPIC, 1)
    (account,) = _UNPAUSED_WORDS.whole(data)
    return Unpaused(
        account="0x" + account.hex(),
    )


@dataclass(frozen=True, slots=True)
class VerificationExpired:
    """Log `VerificationExpired`."""

    task_id: str
    node: str
    epoch: int
    balance: StakeBalance


_VERIFICATION_EXPIRED_TOPIC = "0xa5083d8d228d29507a0851745b618600b8650cd43ad8eaf1f9dd52469511bd73"
_VERIFICATION_EXPIRED_WORDS = abi.Layout("uint64", "uint128", "uint128", "uint128")


def _log_verification_expired(topics: Sequence[str], data: bytes) -> VerificationExpired:
    abi.expect_log(topics, _VERIFICATION_EXPIRED_TOPIC, 3)
    (
        epoch,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _VERIFICATION_EXPIRED_WORDS.whole(data)
    return VerificationExpired(
        task_id=abi.hash_topic(topics[1]),
        node=abi.address_topic(topics[2]),
        epoch=epoch,
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


@dataclass(frozen=True, slots=True)
class WithdrawalQueued:
    """Log `WithdrawalQueued`."""

    node: str
    withdrawal_id: int
    amount: int
    unlock_at: int
    balance: StakeBalance


_WITHDRAWAL_QUEUED_TOPIC = "0x10b140964e3e944589402eef9d2fc491ad0b8cee7a6d85695c59f238637bbcc1"
_WITHDRAWAL_QUEUED_WORDS = abi.Layout("uint256", "uint64", "uint128", "uint128", "uint128")


def _log_withdrawal_queued(topics: Sequence[str], data: bytes) -> WithdrawalQueued:
    abi.expect_log(topics, _WITHDRAWAL_QUEUED_TOPIC, 3)
    (
        amount,
        unlock_at,
        balance_available,
        balance_locked,
        balance_unbonding,
    ) = _WITHDRAWAL_QUEUED_WORDS.whole(data)
    return WithdrawalQueued(
        node=abi.address_topic(topics[1]),
        withdrawal_id=abi.uint_topic(topics[2], 256),
        amount=from_bytes(amount, "big"),
        unlock_at=unlock_at,
        balance=StakeBalance(
            available=from_bytes(balance_available, "big"),
            locked=from_bytes(balance_locked, "big"),
            unbonding=from_bytes(balance_unbonding, "big"),
        ),
    )


Event: TypeAlias = (
    BountyRedistributed
    | BountyReturned
    | BountyShareCredited
    | CreditClaimed
    | NodeDeregistered
    | NodeJailed
    | NodeRegistered
    | NodeSlashed
    | NodeUnjailed
    | Paused
    | PolicyChanged
    | ProofSubmitted
    | RoleAdminChanged
    | RoleGranted
    | RoleRevoked
    | SlashPoolReleased
    | StakeWithdrawn
    | Staked
    | TaskAssigned
    | TaskCompleted
    | TaskPosted
    | TaskRefunded
    | TaskReopened
    | Unpaused
    | VerificationExpired
    | WithdrawalQueued
)


EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {
    _BOUNTY_REDISTRIBUTED_TOPIC: _log_bounty_redistributed,
    _BOUNTY_RETURNED_TOPIC: _log_bounty_returned,
    _BOUNTY_SHARE_CREDITED_TOPIC: _log_bounty_share_credited,
    _CREDIT_CLAIMED_TOPIC: _log_credit_claimed,
    _NODE_DEREGISTERED_TOPIC: _log_node_deregistered,
    _NODE_JAILED_TOPIC: _log_node_jailed,
    _NODE_REGISTERED_TOPIC: _log_node_registered,
    _NODE_SLASHED_TOPIC: _log_node_slashed,
    _NODE_UNJAILED_TOPIC: _log_node_unjailed,
    _PAUSED_TOPIC: _log_paused,
    _POLICY_CHANGED_TOPIC: _log_policy_changed,
    _PROOF_SUBMITTED_TOPIC: _log_proof_submitted,
    _ROLE_ADMIN_CHANGED_TOPIC: _log_role_admin_changed,
    _ROLE_GRANTED_TOPIC: _log_role_granted,
    _ROLE_REVOKED_TOPIC: _log_role_revoked,
    _SLASH_POOL_RELEASED_TOPIC: _log_slash_pool_released,
    _STAKE_WITHDRAWN_TOPIC: _log_stake_withdrawn,
    _STAKED_TOPIC: _log_staked,
    _TASK_ASSIGNED_TOPIC: _log_task_assigned,
    _TASK_COMPLETED_TOPIC: _log_task_completed,
    _TASK_POSTED_TOPIC: _log_task_posted,
    _TASK_REFUNDED_TOPIC: _log_task_refunded,
    _TASK_REOPENED_TOPIC: _log_task_reopened,
    _UNPAUSED_TOPIC: _log_unpaused,
    _VERIFICATION_EXPIRED_TOPIC: _log_verification_expired,
    _WITHDRAWAL_QUEUED_TOPIC: _log_withdrawal_queued,
}


def encode_constructor(
    token: str,
    registry: str,
    admin: str,
    initial_policy: Policy,
) -> bytes:
    """Return the arguments of the constructor, to be put behind the bytecode."""
    return abi.assemble(
        [
            abi.address_word(token),
            abi.address_word(registry),
            abi.address_word(admin),
            _encode_policy(initial_policy),
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


def encode_max_backups() -> bytes:
    """Return the calldata of `MAX_BACKUPS`."""
    return abi.call(
        "c01bb761",
        [],
        [],
    )


_MAX_BACKUPS_RESULT = abi.Layout("uint256")


def decode_max_backups(data: bytes) -> int:
    """Return what `MAX_BACKUPS` gave back."""
    (value_0,) = _MAX_BACKUPS_RESULT.whole(data)
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


def encode_max_withdrawals() -> bytes:
    """Return the calldata of `MAX_WITHDRAWALS`."""
    return abi.call(
        "14039408",
        [],
        [],
    )


_MAX_WITHDRAWALS_RESULT = abi.Layout("uint256")


def decode_max_withdrawals(data: bytes) -> int:
    """Return what `MAX_WITHDRAWALS` gave back."""
    (value_0,) = _MAX_WITHDRAWALS_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_pauser_role() -> bytes:
    """Return the calldata of `PAUSER_ROLE`."""
    return abi.call(
        "e63ab1e9",
        [],
        [],
    )


_PAUSER_ROLE_RESULT = abi.Layout("bytes32")


def decode_pauser_role(data: bytes) -> str:
    """Return what `PAUSER_ROLE` gave back."""
    (value_0,) = _PAUSER_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_registry() -> bytes:
    """Return the calldata of `REGISTRY`."""
    return abi.call(
        "06433b1b",
        [],
        [],
    )


_REGISTRY_RESULT = abi.Layout("address")


def decode_registry(data: bytes) -> str:
    """Return what `REGISTRY` gave back."""
    (value_0,) = _REGISTRY_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_scheduler_role() -> bytes:
    """Return the calldata of `SCHEDULER_ROLE`."""
    return abi.call(
        "5c8ab63d",
        [],
        [],
    )


_SCHEDULER_ROLE_RESULT = abi.Layout("bytes32")


def decode_scheduler_role(data: bytes) -> str:
    """Return what `SCHEDULER_ROLE` gave back."""
    (value_0,) = _SCHEDULER_ROLE_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_token() -> bytes:
    """Return the calldata of `TOKEN`."""
    return abi.call(
        "82bfefc8",
        [],
        [],
    )


_TOKEN_RESULT = abi.Layout("address")


def decode_token(data: bytes) -> str:
    """Return what `TOKEN` gave back."""
    (value_0,) = _TOKEN_RESULT.whole(data)
    result: str = "0x" + value_0.hex()
    return result


def encode_verdict_gas() -> bytes:
    """Return the calldata of `VERDICT_GAS`."""
    return abi.call(
        "9a1ec5c6",
        [],
        [],
    )


_VERDICT_GAS_RESULT = abi.Layout("uint256")


def decode_verdict_gas(data: bytes) -> int:
    """Return what `VERDICT_GAS` gave back."""
    (value_0,) = _VERDICT_GAS_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_assign(
    task_id: str,
    account: str,
) -> bytes:
    """Return the calldata of `assign`."""
    return abi.call(
        "a81bde4e",
        [
            abi.bytes_word(task_id, 32),
            abi.address_word(account),
        ],
        [],
    )


def encode_calculate_compute_cost(
    gpu_hours: int,
    memory_gb: int,
    priority: bool,
) -> bytes:
    """Return the calldata of `calculateComputeCost`."""
    return abi.call(
        "e9d86793",
        [
            abi.uint_word(gpu_hours, 256),
            abi.uint_word(memory_gb, 256),
            abi.bool_word(priority),
        ],
        [],
    )


_CALCULATE_COMPUTE_COST_RESULT = abi.Layout("uint256")


def decode_calculate_compute_cost(data: bytes) -> int:
    """Return what `calculateComputeCost` gave back."""
    (value_0,) = _CALCULATE_COMPUTE_COST_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_cancel_task(
    task_id: str,
) -> bytes:
    """Return the calldata of `cancelTask`."""
    return abi.call(
        "ee8ca3b5",
        [
            abi.bytes_word(task_id, 32),
        ],
        [],
    )


def encode_claim() -> bytes:
    """Return the calldata of `claim`."""
    return abi.call(
        "4e71d92d",
        [],
        [],
    )


_CLAIM_RESULT = abi.Layout("uint256")


def decode_claim(data: bytes) -> int:
    """Return what `claim` gave back."""
    (amount,) = _CLAIM_RESULT.whole(data)
    result: int = from_bytes(amount, "big")
    return result


def encode_claim_of(
    task_id: str,
) -> bytes:
    """Return the calldata of `claimOf`."""
    return abi.call(
        "903fafea",
        [
            abi.bytes_word(task_id, 32),
        ],
        [],
    )


_CLAIM_OF_RESULT = abi.Layout("bytes32", "uint64", "address", "address", "bytes32", "bytes32")


def decode_claim_of(data: bytes) -> ProofClaim:
    """Return what `claimOf` gave back."""
    (
        value_0_task_id,
        value_0_epoch,
        value_0_node,
        value_0_requester,
        value_0_spec_hash,
        value_0_proof_hash,
    ) = _CLAIM_OF_RESULT.whole(data)
    result: ProofClaim = ProofClaim(
        task_id="0x" + value_0_task_id.hex(),
        epoch=value_0_epoch,
        node="0x" + value_0_node.hex(),
        requester="0x" + value_0_requester.hex(),
        spec_hash="0x" + value_0_spec_hash.hex(),
        proof_hash="0x" + value_0_proof_hash.hex(),
    )
    return result


def encode_credit(
    account: str,
) -> bytes:
    """Return the calldata of `credit`."""
    return abi.call(
        "d5d44d80",
        [
            abi.address_word(account),
        ],
        [],
    )


_CREDIT_RESULT = abi.Layout("uint256")


def decode_credit(data: bytes) -> int:
    """Return what `credit` gave back."""
    (value_0,) = _CREDIT_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_deregister_node() -> bytes:
    """Return the calldata of `deregisterNode`."""
    return abi.call(
        "18b1c081",
        [],
        [],
    )


def encode_expire_proof(
    task_id: str,
) -> bytes:
    """Return the calldata of `expireProof`."""
    return abi.call(
        "549c5c65",
        [
            abi.bytes_word(task_id, 32),
        ],
        [],
    )


def encode_expire_task(
    task_id: str,
) -> bytes:
    """Return the calldata of `expireTask`."""
    return abi.call(
        "5697a2ec",
        [
            abi.bytes_word(task_id, 32),
        ],
        [],
    )


def encode_expire_verification(
    task_id: str,
) -> bytes:
    """Return the calldata of `expireVerification`."""
    return abi.call(
        "68f43db1",
        [
            abi.bytes_word(task_id, 32),
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


def encode_has_failed(
    task_id: str,
    account: str,
) -> bytes:
    """Return the calldata of `hasFailed`."""
    return abi.call(
        "98fd9861",
        [
            abi.bytes_word(task_id, 32),
            abi.address_word(account),
        ],
        [],
    )


_HAS_FAILED_RESULT = abi.Layout("bool")


def decode_has_failed(data: bytes) -> bool:
    """Return what `hasFailed` gave back."""
    (value_0,) = _HAS_FAILED_RESULT.whole(data)
    result: bool = value_0
    return result


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


def encode_node(
    account: str,
) -> bytes:
    """Return the calldata of `node`."""
    return abi.call(
        "bffbe61c",
        [
            abi.address_word(account),
        ],
        [],
    )


_NODE_RESULT = abi.Layout("uint64")


def decode_node(data: bytes) -> NodeView:
    """Return what `node` gave back."""
    (value_0_at,) = _NODE_RESULT.read(data, 0)
    cursor = _NODE_RESULT.size
    abi.expect(value_0_at, cursor)
    value_0, cursor = _read_node_view(data, cursor)
    abi.finish(data, cursor)
    result: NodeView = value_0
    return result


def encode_pause() -> bytes:
    """Return the calldata of `pause`."""
    return abi.call(
        "8456cb59",
        [],
        [],
    )


def encode_paused() -> bytes:
    """Return the calldata of `paused`."""
    return abi.call(
        "5c975abb",
        [],
        [],
    )


_PAUSED_RESULT = abi.Layout("bool")


def decode_paused(data: bytes) -> bool:
    """Return what `paused` gave back."""
    (value_0,) = _PAUSED_RESULT.whole(data)
    result: bool = value_0
    return result


def encode_policy() -> bytes:
    """Return the calldata of `policy`."""
    return abi.call(
        "0505c8c9",
        [],
        [],
    )


_POLICY_RESULT = abi.Layout(
    "uint128",
    "uint128",
    "uint128",
    "uint16",
    "uint32",
    "uint32",
    "uint32",
    "uint32",
    "uint32",
    "address",
)


def decode_policy(data: bytes) -> Policy:
    """Return what `policy` gave back."""
    (
        value_0_gpu_rate,
        value_0_memory_rate,
        value_0_min_stake,
        value_0_slash_bps,
        value_0_unbonding_seconds,
        value_0_min_proof_seconds,
        value_0_max_proof_seconds,
        value_0_verify_seconds,
        value_0_max_task_seconds,
        value_0_verifier,
    ) = _POLICY_RESULT.whole(data)
    result: Policy = Policy(
        gpu_rate=from_bytes(value_0_gpu_rate, "big"),
        memory_rate=from_bytes(value_0_memory_rate, "big"),
        min_stake=from_bytes(value_0_min_stake, "big"),
        slash_bps=value_0_slash_bps,
        unbonding_seconds=value_0_unbonding_seconds,
        min_proof_seconds=value_0_min_proof_seconds,
        max_proof_seconds=value_0_max_proof_seconds,
        verify_seconds=value_0_verify_seconds,
        max_task_seconds=value_0_max_task_seconds,
        verifier="0x" + value_0_verifier.hex(),
    )
    return result


def encode_post_task(
    request: TaskRequest,
) -> bytes:
    """Return the calldata of `postTask`."""
    return abi.call(
        "f58e15bc",
        [
            None,
        ],
        [
            _encode_task_request(request),
        ],
    )


_POST_TASK_RESULT = abi.Layout("bytes32")


def decode_post_task(data: bytes) -> str:
    """Return what `postTask` gave back."""
    (task_id,) = _POST_TASK_RESULT.whole(data)
    result: str = "0x" + task_id.hex()
    return result


def encode_register_node(
    metadata_uri: str,
) -> bytes:
    """Return the calldata of `registerNode`."""
    return abi.call(
        "27c6f43e",
        [
            None,
        ],
        [
            abi.string_tail(metadata_uri),
        ],
    )


def encode_release_slash_pool(
    recipient: str,
    amount: int,
) -> bytes:
    """Return the calldata of `releaseSlashPool`."""
    return abi.call(
        "2c309e5c",
        [
            abi.address_word(recipient),
            abi.uint_word(amount, 256),
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


def encode_request_withdrawal(
    amount: int,
) -> bytes:
    """Return the calldata of `requestWithdrawal`."""
    return abi.call(
        "9ee679e8",
        [
            abi.uint_word(amount, 256),
        ],
        [],
    )


_REQUEST_WITHDRAWAL_RESULT = abi.Layout("uint64", "uint64")


def decode_request_withdrawal(data: bytes) -> tuple[int, int]:
    """Return what `requestWithdrawal` gave back."""
    (
        withdrawal_id,
        unlock_at,
    ) = _REQUEST_WITHDRAWAL_RESULT.whole(data)
    result: tuple[int, int] = (
        withdrawal_id,
        unlock_at,
    )
    return result


def encode_resolve(
    task_id: str,
    epoch: int,
    proof: bytes,
) -> bytes:
    """Return the calldata of `resolve`."""
    return abi.call(
        "51721753",
        [
            abi.bytes_word(task_id, 32),
            abi.uint_word(epoch, 64),
            None,
        ],
        [
            abi.bytes_tail(proof),
        ],
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


def encode_set_policy(
    new_policy: Policy,
) -> bytes:
    """Return the calldata of `setPolicy`."""
    return abi.call(
        "f821a66d",
        [
            _encode_policy(new_policy),
        ],
        [],
    )


def encode_slash_pool() -> bytes:
    """Return the calldata of `slashPool`."""
    return abi.call(
        "dd685d08",
        [],
        [],
    )


_SLASH_POOL_RESULT = abi.Layout("uint256")


def decode_slash_pool(data: bytes) -> int:
    """Return what `slashPool` gave back."""
    (value_0,) = _SLASH_POOL_RESULT.whole(data)
    result: int = from_bytes(value_0, "big")
    return result


def encode_stake(
    amount: int,
) -> bytes:
    """Return the calldata of `stake`."""
    return abi.call(
        "a694fc3a",
        [
            abi.uint_word(amount, 256),
        ],
        [],
    )


def encode_submit_proof(
    task_id: str,
    epoch: int,
    proof_hash: str,
) -> bytes:
    """Return the calldata of `submitProof`."""
    return abi.call(
        "5cd924ba",
        [
            abi.bytes_word(task_id, 32),
            abi.uint_word(epoch, 64),
            abi.bytes_word(proof_hash, 32),
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


def encode_task(
    task_id: str,
) -> bytes:
    """Return the calldata of `task`."""
    return abi.call(
        "cf66151b",
        [
            abi.bytes_word(task_id, 32),
        ],
        [],
    )


_TASK_RESULT = abi.Layout("uint64")


def decode_task(data: bytes) -> TaskView:
    """Return what `task` gave back."""
    (view_at,) = _TASK_RESULT.read(data, 0)
    cursor = _TASK_RESULT.size
    abi.expect(view_at, cursor)
    view, cursor = _read_task_view(data, cursor)
    abi.finish(data, cursor)
    result: TaskView = view
    return result


def encode_unpause() -> bytes:
    """Return the calldata of `unpause`."""
    return abi.call(
        "3f4ba83a",
        [],
        [],
    )


def encode_withdraw() -> bytes:
    """Return the calldata of `withdraw`."""
    return abi.call(
        "3ccfd60b",
        [],
        [],
    )


_WITHDRAW_RESULT = abi.Layout("uint256")


def decode_withdraw(data: bytes) -> int:
    """Return what `withdraw` gave back."""
    (amount,) = _WITHDRAW_RESULT.whole(data)
    result: int = from_bytes(amount, "big")
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


_ALREADY_ATTEMPTED_FIELDS = abi.Layout("bytes32")


def _error_already_attempted(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "a53dc8ca")
    (task_id,) = _ALREADY_ATTEMPTED_FIELDS.whole(data)
    return abi.ContractError(
        "AlreadyAttempted",
        {
            "task_id": "0x" + task_id.hex(),
        },
    )


_DEADLINE_NOT_PASSED_FIELDS = abi.Layout("uint256")


def _error_deadline_not_passed(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "336d9e17")
    (deadline,) = _DEADLINE_NOT_PASSED_FIELDS.whole(data)
    return abi.ContractError(
        "DeadlineNotPassed",
        {
            "deadline": from_bytes(deadline, "big"),
        },
    )


_DEADLINE_PASSED_FIELDS = abi.Layout("uint256")


def _error_deadline_passed(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "bfb22adf")
    (deadline,) = _DEADLINE_PASSED_FIELDS.whole(data)
    return abi.ContractError(
        "DeadlinePassed",
        {
            "deadline": from_bytes(deadline, "big"),
        },
    )


_DUPLICATE_BACKUP_FIELDS = abi.Layout("address")


def _error_duplicate_backup(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d09b625b")
    (node,) = _DUPLICATE_BACKUP_FIELDS.whole(data)
    return abi.ContractError(
        "DuplicateBackup",
        {
            "node": "0x" + node.hex(),
        },
    )


_DURATION_OUT_OF_BOUNDS_FIELDS = abi.Layout("uint256", "uint256", "uint256")


def _error_duration_out_of_bounds(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d27a0c6b")
    (
        given,
        minimum,
        maximum,
    ) = _DURATION_OUT_OF_BOUNDS_FIELDS.whole(data)
    return abi.ContractError(
        "DurationOutOfBounds",
        {
            "given": from_bytes(given, "big"),
            "minimum": from_bytes(minimum, "big"),
            "maximum": from_bytes(maximum, "big"),
        },
    )


_ENFORCED_PAUSE_FIELDS = abi.Layout()


def _error_enforced_pause(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d93c0665")
    _ENFORCED_PAUSE_FIELDS.whole(data)
    return abi.ContractError(
        "EnforcedPause",
        {},
    )


_EXPECTED_PAUSE_FIELDS = abi.Layout()


def _error_expected_pause(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "8dfc202b")
    _EXPECTED_PAUSE_FIELDS.whole(data)
    return abi.ContractError(
        "ExpectedPause",
        {},
    )


_GAS_TOO_LOW_FIELDS = abi.Layout("uint256", "uint256")


def _error_gas_too_low(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "fe336aa7")
    (
        have,
        need,
    ) = _GAS_TOO_LOW_FIELDS.whole(data)
    return abi.ContractError(
        "GasTooLow",
        {
            "have": from_bytes(have, "big"),
            "need": from_bytes(need, "big"),
        },
    )


_INSUFFICIENT_STAKE_FIELDS = abi.Layout("address", "uint256", "uint256")


def _error_insufficient_stake(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "936d426d")
    (
        node,
        have,
        need,
    ) = _INSUFFICIENT_STAKE_FIELDS.whole(data)
    return abi.ContractError(
        "InsufficientStake",
        {
            "node": "0x" + node.hex(),
            "have": from_bytes(have, "big"),
            "need": from_bytes(need, "big"),
        },
    )


_NODE_BUSY_FIELDS = abi.Layout("address", "bytes32")


def _error_node_busy(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "f86a90b3")
    (
        node,
        task_id,
    ) = _NODE_BUSY_FIELDS.whole(data)
    return abi.ContractError(
        "NodeBusy",
        {
            "node": "0x" + node.hex(),
            "task_id": "0x" + task_id.hex(),
        },
    )


_NODE_FAILED_TASK_FIELDS = abi.Layout("bytes32", "address")


def _error_node_failed_task(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d15c4893")
    (
        task_id,
        node,
    ) = _NODE_FAILED_TASK_FIELDS.whole(data)
    return abi.ContractError(
        "NodeFailedTask",
        {
            "task_id": "0x" + task_id.hex(),
            "node": "0x" + node.hex(),
        },
    )


_NOT_ASSIGNED_NODE_FIELDS = abi.Layout("bytes32", "address")


def _error_not_assigned_node(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "32afd7ea")
    (
        task_id,
        caller,
    ) = _NOT_ASSIGNED_NODE_FIELDS.whole(data)
    return abi.ContractError(
        "NotAssignedNode",
        {
            "task_id": "0x" + task_id.hex(),
            "caller": "0x" + caller.hex(),
        },
    )


_NOT_REQUESTER_FIELDS = abi.Layout("bytes32", "address")


def _error_not_requester(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "ada92653")
    (
        task_id,
        caller,
    ) = _NOT_REQUESTER_FIELDS.whole(data)
    return abi.ContractError(
        "NotRequester",
        {
            "task_id": "0x" + task_id.hex(),
            "caller": "0x" + caller.hex(),
        },
    )


_NOT_SCHEDULER_FIELDS = abi.Layout("address")


def _error_not_scheduler(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "0b3e0d23")
    (caller,) = _NOT_SCHEDULER_FIELDS.whole(data)
    return abi.ContractError(
        "NotScheduler",
        {
            "caller": "0x" + caller.hex(),
        },
    )


_NOTHING_TO_CLAIM_FIELDS = abi.Layout("address")


def _error_nothing_to_claim(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "64ab3466")
    (account,) = _NOTHING_TO_CLAIM_FIELDS.whole(data)
    return abi.ContractError(
        "NothingToClaim",
        {
            "account": "0x" + account.hex(),
        },
    )


_NOTHING_TO_WITHDRAW_FIELDS = abi.Layout("address")


def _error_nothing_to_withdraw(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "dc69dc16")
    (node,) = _NOTHING_TO_WITHDRAW_FIELDS.whole(data)
    return abi.ContractError(
        "NothingToWithdraw",
        {
            "node": "0x" + node.hex(),
        },
    )


_POLICY_OUT_OF_BOUNDS_FIELDS = abi.Layout("uint64")


def _error_policy_out_of_bounds(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "cf60fbeb")
    (field_at,) = _POLICY_OUT_OF_BOUNDS_FIELDS.read(data, 0)
    cursor = _POLICY_OUT_OF_BOUNDS_FIELDS.size
    abi.expect(field_at, cursor)
    field, cursor = abi.read_string(data, cursor)
    abi.finish(data, cursor)
    return abi.ContractError(
        "PolicyOutOfBounds",
        {
            "field": field,
        },
    )


_POOL_TOO_SMALL_FIELDS = abi.Layout("uint256", "uint256")


def _error_pool_too_small(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "eb8e6ac3")
    (
        have,
        need,
    ) = _POOL_TOO_SMALL_FIELDS.whole(data)
    return abi.ContractError(
        "PoolTooSmall",
        {
            "have": from_bytes(have, "big"),
            "need": from_bytes(need, "big"),
        },
    )


_REENTRANCY_GUARD_REENTRANT_CALL_FIELDS = abi.Layout()


def _error_reentrancy_guard_reentrant_call(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "3ee5aeb5")
    _REENTRANCY_GUARD_REENTRANT_CALL_FIELDS.whole(data)
    return abi.ContractError(
        "ReentrancyGuardReentrantCall",
        {},
    )


_REQUESTER_CONFLICT_FIELDS = abi.Layout("address")


def _error_requester_conflict(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "a7b5cf59")
    (account,) = _REQUESTER_CONFLICT_FIELDS.whole(data)
    return abi.ContractError(
        "RequesterConflict",
        {
            "account": "0x" + account.hex(),
        },
    )


_SAFE_CAST_OVERFLOWED_UINT_DOWNCAST_FIELDS = abi.Layout("uint8", "uint256")


def _error_safe_cast_overflowed_uint_downcast(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "6dfcc650")
    (
        bits,
        value,
    ) = _SAFE_CAST_OVERFLOWED_UINT_DOWNCAST_FIELDS.whole(data)
    return abi.ContractError(
        "SafeCastOverflowedUintDowncast",
        {
            "bits": bits,
            "value": from_bytes(value, "big"),
        },
    )


_SAFE_ERC20_FAILED_OPERATION_FIELDS = abi.Layout("address")


def _error_safe_erc20_failed_operation(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "5274afe7")
    (token,) = _SAFE_ERC20_FAILED_OPERATION_FIELDS.whole(data)
    return abi.ContractError(
        "SafeERC20FailedOperation",
        {
            "token": "0x" + token.hex(),
        },
    )


_TASK_EXISTS_FIELDS = abi.Layout("bytes32")


def _error_task_exists(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "02939410")
    (task_id,) = _TASK_EXISTS_FIELDS.whole(data)
    return abi.ContractError(
        "TaskExists",
        {
            "task_id": "0x" + task_id.hex(),
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


_TOO_MANY_BACKUPS_FIELDS = abi.Layout("uint256", "uint256")


def _error_too_many_backups(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "07f86b94")
    (
        given,
        maximum,
    ) = _TOO_MANY_BACKUPS_FIELDS.whole(data)
    return abi.ContractError(
        "TooManyBackups",
        {
            "given": from_bytes(given, "big"),
            "maximum": from_bytes(maximum, "big"),
        },
    )


_UNKNOWN_TASK_FIELDS = abi.Layout("bytes32")


def _error_unknown_task(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "2e3abafd")
    (task_id,) = _UNKNOWN_TASK_FIELDS.whole(data)
    return abi.ContractError(
        "UnknownTask",
        {
            "task_id": "0x" + task_id.hex(),
        },
    )


_VERDICT_GIVEN_FIELDS = abi.Layout("bytes32")


def _error_verdict_given(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "29e85014")
    (task_id,) = _VERDICT_GIVEN_FIELDS.whole(data)
    return abi.ContractError(
        "VerdictGiven",
        {
            "task_id": "0x" + task_id.hex(),
        },
    )


_VERDICT_PENDING_FIELDS = abi.Layout("bytes32")


def _error_verdict_pending(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "466ef213")
    (task_id,) = _VERDICT_PENDING_FIELDS.whole(data)
    return abi.ContractError(
        "VerdictPending",
        {
            "task_id": "0x" + task_id.hex(),
        },
    )


_VERSION_NOT_ACTIVE_FIELDS = abi.Layout("bytes32", "bytes32", "bytes32")


def _error_version_not_active(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "309b57ab")
    (
        workflow_id,
        version_hash,
        active_version,
    ) = _VERSION_NOT_ACTIVE_FIELDS.whole(data)
    return abi.ContractError(
        "VersionNotActive",
        {
            "workflow_id": "0x" + workflow_id.hex(),
            "version_hash": "0x" + version_hash.hex(),
            "active_version": "0x" + active_version.hex(),
        },
    )


_WITHDRAWAL_QUEUE_FULL_FIELDS = abi.Layout("address", "uint256")


def _error_withdrawal_queue_full(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "887fe439")
    (
        node,
        maximum,
    ) = _WITHDRAWAL_QUEUE_FULL_FIELDS.whole(data)
    return abi.ContractError(
        "WithdrawalQueueFull",
        {
            "node": "0x" + node.hex(),
            "maximum": from_bytes(maximum, "big"),
        },
    )


_WRONG_EPOCH_FIELDS = abi.Layout("bytes32", "uint64", "uint64")


def _error_wrong_epoch(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "b80139aa")
    (
        task_id,
        have,
        given,
    ) = _WRONG_EPOCH_FIELDS.whole(data)
    return abi.ContractError(
        "WrongEpoch",
        {
            "task_id": "0x" + task_id.hex(),
            "have": have,
            "given": given,
        },
    )


_WRONG_NODE_STATUS_FIELDS = abi.Layout("address", "uint8")


def _error_wrong_node_status(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "6d2c889d")
    (
        node,
        status,
    ) = _WRONG_NODE_STATUS_FIELDS.whole(data)
    return abi.ContractError(
        "WrongNodeStatus",
        {
            "node": "0x" + node.hex(),
            "status": status,
        },
    )


_WRONG_TASK_STATUS_FIELDS = abi.Layout("bytes32", "uint8")


def _error_wrong_task_status(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "d4b07048")
    (
        task_id,
        status,
    ) = _WRONG_TASK_STATUS_FIELDS.whole(data)
    return abi.ContractError(
        "WrongTaskStatus",
        {
            "task_id": "0x" + task_id.hex(),
            "status": status,
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


_ZERO_AMOUNT_FIELDS = abi.Layout()


def _error_zero_amount(data: bytes) -> abi.ContractError:
    data = abi.error_fields(data, "1f2a2005")
    _ZERO_AMOUNT_FIELDS.whole(data)
    return abi.ContractError(
        "ZeroAmount",
        {},
    )


ERRORS: Mapping[str, Callable[[bytes], abi.ContractError]] = {
    "0x02939410": _error_task_exists,
    "0x07f86b94": _error_too_many_backups,
    "0x0b3e0d23": _error_not_scheduler,
    "0x1f2a2005": _error_zero_amount,
    "0x29e85014": _error_verdict_given,
    "0x2e3abafd": _error_unknown_task,
    "0x309b57ab": _error_version_not_active,
    "0x32afd7ea": _error_not_assigned_node,
    "0x336d9e17": _error_deadline_not_passed,
    "0x3ee5aeb5": _error_reentrancy_guard_reentrant_call,
    "0x466ef213": _error_verdict_pending,
    "0x5274afe7": _error_safe_erc20_failed_operation,
    "0x64ab3466": _error_nothing_to_claim,
    "0x6697b232": _error_access_control_bad_confirmation,
    "0x6d2c889d": _error_wrong_node_status,
    "0x6dfcc650": _error_safe_cast_overflowed_uint_downcast,
    "0x887fe439": _error_withdrawal_queue_full,
    "0x8dfc202b": _error_expected_pause,
    "0x936d426d": _error_insufficient_stake,
    "0xa53dc8ca": _error_already_attempted,
    "0xa7b5cf59": _error_requester_conflict,
    "0xada92653": _error_not_requester,
    "0xb80139aa": _error_wrong_epoch,
    "0xbfb22adf": _error_deadline_passed,
    "0xcf60fbeb": _error_policy_out_of_bounds,
    "0xd09b625b": _error_duplicate_backup,
    "0xd15c4893": _error_node_failed_task,
    "0xd27a0c6b": _error_duration_out_of_bounds,
    "0xd4b07048": _error_wrong_task_status,
    "0xd92e233d": _error_zero_address,
    "0xd93c0665": _error_enforced_pause,
    "0xdc69dc16": _error_nothing_to_withdraw,
    "0xe2517d3f": _error_access_control_unauthorized_account,
    "0xeb8e6ac3": _error_pool_too_small,
    "0xf4eb2b2d": _error_text_too_long,
    "0xf86a90b3": _error_node_busy,
    "0xfe336aa7": _error_gas_too_low,
}
