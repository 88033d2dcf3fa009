"""A small reference of the arbiter's and the registry's rules that writes down legal facts.

Every method is one transaction that the contracts would accept; callers look for a legal moment first. What the world
knows at the end (`held_wei`, stakes, credits) is an independent answer to hold read models against.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from domain.chain.events import ChainAdopted, ChainAdvanced
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.event import Event
from domain.kernel.ids import (
    FIRST_EPOCH,
    ZERO_HASH,
    Address,
    BlockNumber,
    Epoch,
    Hash32,
    Quantity,
    Seconds,
    Timestamp,
)
from domain.kernel.money import NO_WEI, Wei
from domain.kernel.stake_balance import NO_STAKE, StakeBalance
from domain.network import events as network_facts
from domain.node import events as node_facts
from domain.node.state import NodeStatus
from domain.stake import events as stake_facts
from domain.stake.slashing import slash_stake
from domain.stake.withdrawals import WITHDRAWALS_MAX, PendingWithdrawal
from domain.task import events as task_facts
from domain.task.bounty import split_bounty
from domain.task.pricing import calculate_compute_cost
from domain.task.state import TaskStatus
from tests.support.events import (
    ARBITER,
    BLOCK_SECONDS,
    GENESIS_TIME,
    NETWORK,
    REGISTRY_CONTRACT,
    TIMELOCK,
    TOKEN,
    VERIFIER,
    account,
    agpt,
    stream_for,
    word,
)

ATTESTER = account(0xC0)
GOVERNOR = account(0xC1)
POLICY = network_facts.Policy(
    gpu_rate_wei=agpt(2),
    memory_rate_wei=Wei(10**17 + 7),
    min_stake_wei=agpt(100),
    slash_bps=50,
    unbonding_seconds=Seconds(4_000),
    min_proof_seconds=Seconds(60),
    max_proof_seconds=Seconds(2_000),
    verify_seconds=Seconds(1_000),
    max_task_seconds=Seconds(50_000),
    verifier=VERIFIER,
)


@dataclass
class Worker:
    """A node as the arbiter keeps it."""

    status: NodeStatus = NodeStatus.UNKNOWN
    balance: StakeBalance = NO_STAKE
    queue: tuple[PendingWithdrawal, ...] = ()
    last_withdrawal_id: int = 0
    task_id: Hash32 | None = None

    @property
    def is_member(self) -> bool:
        return self.status in (NodeStatus.ACTIVE, NodeStatus.JAILED)

    @property
    def standing_wei(self) -> int:
        return self.balance.available_wei + self.balance.locked_wei


@dataclass
class Job:
    """A task as the arbiter keeps it."""

    requester: Address
    terms: task_facts.TaskTerms
    bounty_left_wei: Wei
    status: TaskStatus = TaskStatus.IDLE
    epoch: Epoch = FIRST_EPOCH
    node: Address | None = None
    bonded_wei: Wei = NO_WEI
    proof_deadline: int = 0
    verify_deadline: int = 0
    verdict: bool | None = None
    beneficiaries: tuple[Address, ...] = ()
    failed: set[Address] = field(default_factory=set)

    @property
    def cost_wei(self) -> int:
        return self.terms.bounty_wei + self.terms.compute_price_wei


class World:
    """The contracts' state, and the facts that led to it in `facts`."""

    def __init__(self) -> None:
        self.facts: list[NewEvent] = []
        self.policy = POLICY
        self.paused = False
        self.workers: dict[Address, Worker] = {}
        self.jobs: dict[Hash32, Job] = {}
        self.credit: Counter[Address] = Counter()
        self.pool_wei = 0
        self.held_wei = 0
        self.now = GENESIS_TIME
        self._block = 0
        self._read_block = 0
        self._log_index = 0
        self._unread = 0
        self._emit_plain(
            ChainAdopted(
                chain_id=NETWORK.chain_id,
                genesis_hash=word("genesis"),
                start_block=BlockNumber(1),
                token=TOKEN,
                arbiter=ARBITER,
                registry=REGISTRY_CONTRACT,
                verifier=VERIFIER,
                timelock=TIMELOCK,
            )
        )

    def mine(self, seconds: int = BLOCK_SECONDS) -> None:
        """Begin the next block, `seconds` later."""
        self._block += 1
        self._log_index = 0
        self.now += seconds

    def read(self) -> None:
        """Write the cursor of everything up to the present block."""
        self._emit_plain(
            ChainAdvanced(
                first_block=BlockNumber(self._read_block + 1),
                last_block=BlockNumber(self._block),
                last_block_hash=word(f"block {self._block}"),
                last_block_time=Timestamp(self.now),
                facts=self._unread,
            )
        )
        self._read_block = self._block
        self._unread = 0

    def emit(self, event: Event, contract: Address = ARBITER) -> None:
        """Write a fact of the present block."""
        source = Provenance(
            chain_id=NETWORK.chain_id,
            block_number=BlockNumber(self._block),
            block_hash=word(f"block {self._block}"),
            block_time=Timestamp(self.now),
            transaction_hash=word(f"transaction {self._block}"),
            log_index=self._log_index,
            contract=contract,
        )
        self.facts.append(NewEvent(stream=stream_for(event), event=event, provenance=source))
        self._log_index += 1
        self._unread += 1

    def emit_transfer(self, sender: Address, recipient: Address, amount_wei: int) -> None:
        """Write what the token logs when it moves to or from the arbiter."""
        self.emit(
            network_facts.TokenTransferred(
                token=TOKEN,
                sender=sender,
                recipient=recipient,
                amount_wei=Wei(amount_wei),
                contracts=(ARBITER,),
            ),
            TOKEN,
        )

    def _emit_plain(self, event: Event) -> None:
        self.facts.append(NewEvent(stream=stream_for(event), event=event))

    # Nodes and stake.

    def register(self, node: Address) -> None:
        worker = self.workers.setdefault(node, Worker())
        assert not worker.is_member
        assert not self.paused
        worker.status = NodeStatus.ACTIVE
        self.emit(node_facts.NodeRegistered(node=node, metadata_uri=f"ipfs://{node[-4:]}"))
        self._jail_if_short(node)

    def deposit(self, node: Address, amount_wei: int) -> None:
        worker = self.workers[node]
        assert worker.is_member
        balance = worker.balance
        worker.balance = replace(balance, available_wei=Wei(balance.available_wei + amount_wei))
        self.held_wei += amount_wei
        self.emit(
            stake_facts.StakeDeposited(
                node=node, amount_wei=Wei(amount_wei), balance=worker.balance
            )
        )
        if worker.status is NodeStatus.JAILED and worker.standing_wei >= self.policy.min_stake_wei:
            worker.status = NodeStatus.ACTIVE
            self.emit(
                node_facts.NodeUnjailed(
                    node=node,
                    stake_wei=Wei(worker.standing_wei),
                    min_stake_wei=self.policy.min_stake_wei,
                )
            )
        self.emit_transfer(node, ARBITER, amount_wei)

    def request_withdrawal(self, node: Address, amount_wei: int) -> None:
        self._queue(node, amount_wei)
        self._jail_if_short(node)

    def deregister(self, node: Address) -> None:
        worker = self.workers[node]
        assert worker.is_member
        assert worker.task_id is None
        worker.status = NodeStatus.EXITED
        if worker.balance.available_wei:
            self._queue(node, worker.balance.available_wei)
        self.emit(node_facts.NodeDeregistered(node=node))

    def withdraw(self, node: Address) -> None:
        worker = self.workers[node]
        matured = [entry for entry in worker.queue if entry.matured(Timestamp(self.now))]
        assert matured
        worker.queue = tuple(entry for entry in worker.queue if entry not in matured)
        for entry in matured:
            left = Wei(worker.balance.unbonding_wei - entry.amount_wei)
            worker.balance = replace(worker.balance, unbonding_wei=left)
            self.held_wei -= entry.amount_wei
            self.emit(
                stake_facts.StakeWithdrawn(
                    node=node,
                    withdrawal_id=entry.withdrawal_id,
                    amount_wei=entry.amount_wei,
                    balance=worker.balance,
                )
            )
        self.emit_transfer(ARBITER, node, sum(entry.amount_wei for entry in matured))

    def _queue(self, node: Address, amount_wei: int) -> None:
        worker = self.workers[node]
        assert len(worker.queue) < WITHDRAWALS_MAX
        assert 0 < amount_wei <= worker.balance.available_wei
        worker.last_withdrawal_id += 1
        entry = PendingWithdrawal(
            withdrawal_id=worker.last_withdrawal_id,
            amount_wei=Wei(amount_wei),
            unlock_at=Timestamp(self.now + self.policy.unbonding_seconds),
        )
        worker.queue = (*worker.queue, entry)
        worker.balance = StakeBalance(
            available_wei=Wei(worker.balance.available_wei - amount_wei),
            locked_wei=worker.balance.locked_wei,
            unbonding_wei=Wei(worker.balance.unbonding_wei + amount_wei),
        )
        self.emit(
            stake_facts.WithdrawalQueued(
                node=node,
                withdrawal_id=entry.withdrawal_id,
                amount_wei=entry.amount_wei,
                unlock_at=entry.unlock_at,
                balance=worker.balance,
            )
        )

    def _jail_if_short(self, node: Address) -> None:
        worker = self.workers[node]
        least = self.policy.min_stake_wei
        if worker.status is NodeStatus.ACTIVE and worker.standing_wei < least:
            worker.status = NodeStatus.JAILED
            self.emit(
                node_facts.NodeJailed(
                    node=node, stake_wei=Wei(worker.standing_wei), min_stake_wei=least
                )
            )

    # Tasks.

    def post(
        self,
        requester: Address,
        *,
        bounty_wei: int,
        gpu_hours: int,
        memory_gb: int,
        priority: bool,
        proof_seconds: int,
        life_seconds: int,
        backups: tuple[Address, ...],
    ) -> Hash32:
        assert not self.paused
        task_id = word(f"task {len(self.jobs)}")
        price = calculate_compute_cost(
            gpu_hours=gpu_hours,
            memory_gb=memory_gb,
            priority=priority,
            gpu_rate_wei=self.policy.gpu_rate_wei,
            memory_rate_wei=self.policy.memory_rate_wei,
        )
        terms = task_facts.TaskTerms(
            version_hash=ZERO_HASH,
            spec_hash=word(f"spec {len(self.jobs)}"),
            bounty_wei=Wei(bounty_wei),
            compute_price_wei=price,
            gpu_hours=Quantity(gpu_hours),
            memory_gb=Quantity(memory_gb),
            priority=priority,
            expires_at=Timestamp(self.now + life_seconds),
            proof_seconds=Seconds(proof_seconds),
            verify_seconds=self.policy.verify_seconds,
            slash_bps=self.policy.slash_bps,
            verifier=self.policy.verifier,
            backups=backups,
        )
        self.jobs[task_id] = Job(requester, terms, Wei(bounty_wei))
        self.held_wei += bounty_wei + price
        self.emit(
            task_facts.TaskPosted(
                task_id=task_id, requester=requester, workflow_id=ZERO_HASH, terms=terms
            )
        )
        self.emit_transfer(requester, ARBITER, bounty_wei + price)
        return task_id

    def can_assign(self, task_id: Hash32, node: Address) -> bool:
        job, worker = self.jobs[task_id], self.workers[node]
        return (
            not self.paused
            and job.status is TaskStatus.IDLE
            and self.now + job.terms.proof_seconds <= job.terms.expires_at
            and node != job.requester
            and node not in job.failed
            and worker.status is NodeStatus.ACTIVE
            and worker.task_id is None
            and worker.balance.available_wei >= max(self.policy.min_stake_wei, job.cost_wei)
        )

    def assign(self, task_id: Hash32, node: Address) -> None:
        assert self.can_assign(task_id, node)
        job, worker = self.jobs[task_id], self.workers[node]
        slashable = sum(e.amount_wei for e in worker.queue if not e.matured(Timestamp(self.now)))
        job.status, job.node, job.verdict = TaskStatus.ASSIGNED, node, None
        job.bonded_wei = Wei(worker.balance.available_wei + slashable)
        job.proof_deadline = self.now + job.terms.proof_seconds
        worker.task_id = task_id
        worker.balance = StakeBalance(
            available_wei=Wei(0),
            locked_wei=worker.balance.available_wei,
            unbonding_wei=worker.balance.unbonding_wei,
        )
        self.emit(
            task_facts.TaskAssigned(
                task_id=task_id,
                node=node,
                epoch=job.epoch,
                bonded_wei=job.bonded_wei,
                proof_deadline=Timestamp(job.proof_deadline),
                balance=worker.balance,
            )
        )

    def submit(self, task_id: Hash32) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.ASSIGNED
        assert self.now <= job.proof_deadline
        job.status = TaskStatus.VERIFYING
        job.verify_deadline = self.now + job.terms.verify_seconds
        self.emit(
            task_facts.ProofSubmitted(
                task_id=task_id,
                node=_known(job.node),
                epoch=job.epoch,
                proof_hash=word(f"proof {task_id} {job.epoch}"),
                verify_deadline=Timestamp(job.verify_deadline),
            )
        )

    def attest(self, task_id: Hash32, *, valid: bool) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.VERIFYING
        assert job.verdict is None
        job.verdict = valid
        self.emit(
            task_facts.ProofAttested(
                task_id=task_id,
                attester=ATTESTER,
                node=_known(job.node),
                epoch=job.epoch,
                proof_hash=word(f"proof {task_id} {job.epoch}"),
                valid=valid,
            ),
            VERIFIER,
        )

    def resolve(self, task_id: Hash32) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.VERIFYING
        assert job.verdict is not None
        if job.verdict:
            self._complete(task_id, job)
        else:
            self._fail(task_id, job, task_facts.Fault.INVALID_PROOF)

    def expire_proof(self, task_id: Hash32) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.ASSIGNED
        assert self.now > job.proof_deadline
        self._fail(task_id, job, task_facts.Fault.MISSED_DEADLINE)

    def expire_verification(self, task_id: Hash32) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.VERIFYING
        assert job.verdict is None
        assert self.now > job.verify_deadline
        node = _known(job.node)
        self._release(node)
        self.emit(
            task_facts.VerificationExpired(
                task_id=task_id, node=node, epoch=job.epoch, balance=self.workers[node].balance
            )
        )
        self._next_epoch(job)
        self.emit(task_facts.TaskReopened(task_id=task_id, epoch=job.epoch))

    def refund(self, task_id: Hash32, cause: task_facts.RefundCause) -> None:
        job = self.jobs[task_id]
        assert job.status is TaskStatus.IDLE
        bounty, compute = job.bounty_left_wei, job.terms.compute_price_wei
        job.status, job.bounty_left_wei, job.beneficiaries = TaskStatus.REFUNDED, Wei(0), ()
        self.credit[job.requester] += bounty + compute
        self.emit(
            task_facts.TaskRefunded(
                task_id=task_id,
                requester=job.requester,
                epoch=job.epoch,
                cause=cause,
                bounty_refund_wei=bounty,
                compute_refund_wei=compute,
                credit_wei=Wei(self.credit[job.requester]),
            )
        )

    def _complete(self, task_id: Hash32, job: Job) -> None:
        node, bounty = _known(job.node), job.bounty_left_wei
        paid = Wei(0) if job.beneficiaries else bounty
        job.status, job.bounty_left_wei = TaskStatus.COMPLETED, Wei(0)
        self._release(node)
        self.credit[node] += paid + job.terms.compute_price_wei
        self.emit(
            task_facts.TaskCompleted(
                task_id=task_id,
                node=node,
                epoch=job.epoch,
                bounty_paid_wei=paid,
                compute_paid_wei=job.terms.compute_price_wei,
                credit_wei=Wei(self.credit[node]),
                balance=self.workers[node].balance,
            )
        )
        shares = split_bounty(bounty, len(job.beneficiaries)) if job.beneficiaries else ()
        for beneficiary, share in zip(job.beneficiaries, shares, strict=True):
            self.credit[beneficiary] += share
            self.emit(
                task_facts.BountyShareCredited(
                    task_id=task_id,
                    beneficiary=beneficiary,
                    epoch=job.epoch,
                    amount_wei=share,
                    credit_wei=Wei(self.credit[beneficiary]),
                )
            )

    def _fail(self, task_id: Hash32, job: Job, fault: task_facts.Fault) -> None:
        self._slash(task_id, job, fault)
        eligible = tuple(node for node in job.terms.backups if self._eligible(job, node))
        self._redistribute(task_id, job, eligible)
        self._next_epoch(job)
        ready = next((node for node in eligible if self.can_assign(task_id, node)), None)
        if ready is not None:
            self.assign(task_id, ready)
        else:
            self.emit(task_facts.TaskReopened(task_id=task_id, epoch=job.epoch))

    def _slash(self, task_id: Hash32, job: Job, fault: task_facts.Fault) -> None:
        node = _known(job.node)
        worker = self.workers[node]
        result = slash_stake(
            worker.balance,
            worker.queue,
            bonded_wei=job.bonded_wei,
            slash_bps=job.terms.slash_bps,
            now=Timestamp(self.now),
        )
        worker.balance, worker.queue, worker.task_id = result.balance, result.queue, None
        self.pool_wei += result.taken_wei
        job.failed.add(node)
        self.emit(
            task_facts.NodeSlashed(
                task_id=task_id,
                node=node,
                epoch=job.epoch,
                fault=fault,
                amount_wei=result.taken_wei,
                bonded_wei=job.bonded_wei,
                pool_wei=Wei(self.pool_wei),
                balance=worker.balance,
            )
        )
        self._jail_if_short(node)

    def _eligible(self, job: Job, node: Address) -> bool:
        worker = self.workers.get(node, Worker())
        fit = worker.standing_wei >= self.policy.min_stake_wei
        return worker.status is NodeStatus.ACTIVE and fit and node not in job.failed

    def _redistribute(self, task_id: Hash32, job: Job, eligible: tuple[Address, ...]) -> None:
        bounty = job.bounty_left_wei
        if not bounty:
            return
        job.beneficiaries = eligible
        if eligible:
            self.emit(
                task_facts.BountyRedistributed(
                    task_id=task_id,
                    epoch=job.epoch,
                    bounty_wei=bounty,
                    beneficiaries=eligible,
                    shares_wei=split_bounty(bounty, len(eligible)),
                )
            )
            return
        job.bounty_left_wei = Wei(0)
        self.credit[job.requester] += bounty
        self.emit(
            task_facts.BountyReturned(
                task_id=task_id,
                requester=job.requester,
                epoch=job.epoch,
                amount_wei=bounty,
                credit_wei=Wei(self.credit[job.requester]),
            )
        )

    def _next_epoch(self, job: Job) -> None:
        job.status, job.epoch, job.node = TaskStatus.IDLE, Epoch(job.epoch + 1), None

    def _release(self, node: Address) -> None:
        worker = self.workers[node]
        worker.task_id = None
        worker.balance = StakeBalance(
            available_wei=Wei(worker.standing_wei),
            locked_wei=Wei(0),
            unbonding_wei=worker.balance.unbonding_wei,
        )

    # Credits, pool, governance.

    def claim(self, account_: Address) -> None:
        amount = self.credit.pop(account_)
        assert amount > 0
        self.held_wei -= amount
        self.emit(
            stake_facts.CreditClaimed(account=account_, amount_wei=Wei(amount), credit_wei=Wei(0))
        )
        self.emit_transfer(ARBITER, account_, amount)

    def donate(self, sender: Address, amount_wei: int) -> None:
        """Send tokens to the arbiter without calling it: they belong to nobody."""
        self.held_wei += amount_wei
        self.emit_transfer(sender, ARBITER, amount_wei)

    def release_pool(self, recipient: Address, amount_wei: int) -> None:
        assert 0 < amount_wei <= self.pool_wei
        self.pool_wei -= amount_wei
        self.credit[recipient] += amount_wei
        self.emit(
            network_facts.SlashPoolReleased(
                recipient=recipient,
                amount_wei=Wei(amount_wei),
                pool_wei=Wei(self.pool_wei),
                credit_wei=Wei(self.credit[recipient]),
            )
        )

    def set_policy(self, policy: network_facts.Policy) -> None:
        self.policy = policy
        self.emit(network_facts.PolicyChanged(policy=policy))

    def set_paused(self, *, paused: bool) -> None:
        self.paused = paused
        event = network_facts.NetworkPaused if paused else network_facts.NetworkUnpaused
        self.emit(event(by=GOVERNOR))


def _known(node: Address | None) -> Address:
    assert node is not None
    return node
