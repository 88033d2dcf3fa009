// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {
    IHeavyComputeArbiter,
    Policy,
    StakeBalance,
    TaskRequest,
    TaskTerms,
    Withdrawal
} from "./interfaces/IHeavyComputeArbiter.sol";
import {IProofVerifier, ProofClaim} from "./interfaces/IProofVerifier.sol";
import {IWorkflowRegistry} from "./interfaces/IWorkflowRegistry.sol";
import {BountyShares} from "./libraries/BountyShares.sol";
import {ComputePrice} from "./libraries/ComputePrice.sol";
import {PolicyBounds} from "./libraries/PolicyBounds.sol";
import {RequestBounds} from "./libraries/RequestBounds.sol";
import {StakeQueue} from "./libraries/StakeQueue.sol";

/// @title HeavyComputeArbiter
/// @notice Nodes stake, requesters post tasks with the pay in escrow, and proofs or deadlines settle them.
/// @dev Always, with T the token:
/// T.balanceOf(this) = sum of available + locked + unbonding over nodes + sum of credits + slash pool
///                   + sum of bountyLeft + computePrice over tasks that are neither completed nor refunded.
/// Tokens sent here without a call belong to nobody. T takes no fee on transfers and calls nobody back.
contract HeavyComputeArbiter is IHeavyComputeArbiter, AccessControl, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using StakeQueue for Withdrawal[];

    struct NodeRecord {
        NodeStatus status;
        uint64 lastWithdrawalId;
        StakeBalance balance;
        bytes32 taskId;
        Withdrawal[] withdrawals;
    }

    struct TaskRecord {
        address requester;
        TaskStatus status;
        uint64 epoch;
        address node;
        uint64 proofDeadline;
        uint128 bonded;
        uint128 bountyLeft;
        uint64 verifyDeadline;
        bytes32 proofHash;
        bytes32 workflowId;
        address[] beneficiaries;
        TaskTerms terms;
    }

    /* CONSTANTS AND IMMUTABLES */

    /// @notice Sets the policy and releases the slash pool; meant to be a timelock.
    bytes32 public constant GOVERNANCE_ROLE = keccak256("GOVERNANCE_ROLE");
    /// @notice Assigns tasks to nodes.
    bytes32 public constant SCHEDULER_ROLE = keccak256("SCHEDULER_ROLE");
    /// @notice Stops and restarts new work.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice Limits that keep every loop short.
    uint256 public constant MAX_BACKUPS = RequestBounds.MAX_BACKUPS;
    uint256 public constant MAX_WITHDRAWALS = 8;
    uint256 public constant MAX_URI_BYTES = 256;

    /// @notice Gas that `expireVerification` must have left when it asks the verifier.
    uint256 public constant VERDICT_GAS = 1_000_000;

    uint256 private constant BPS = 10_000;

    /// @notice The token of stakes, bounties and prices.
    IERC20 public immutable TOKEN;
    /// @notice Tells which version of a workflow is active.
    IWorkflowRegistry public immutable REGISTRY;

    /* STORAGE */

    /// @inheritdoc IHeavyComputeArbiter
    mapping(address account => uint256) public credit;
    /// @inheritdoc IHeavyComputeArbiter
    mapping(bytes32 taskId => mapping(address account => bool)) public hasFailed;
    /// @inheritdoc IHeavyComputeArbiter
    uint256 public slashPool;

    Policy private _policy;
    mapping(address account => NodeRecord) private _nodes;
    mapping(bytes32 taskId => TaskRecord) private _tasks;

    /// @param token Stakes and pay; see the contract's note on what it must not do.
    /// @param registry Asked for the active version when a task names a workflow.
    /// @param admin Grants and revokes roles.
    /// @param initialPolicy Within the bounds of `setPolicy`.
    constructor(IERC20 token, IWorkflowRegistry registry, address admin, Policy memory initialPolicy) {
        require(address(token) != address(0) && address(registry) != address(0) && admin != address(0), ZeroAddress());
        TOKEN = token;
        REGISTRY = registry;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _setPolicy(initialPolicy);
    }

    /* NODES AND STAKE */

    /// @inheritdoc IHeavyComputeArbiter
    function registerNode(string calldata metadataURI) external whenNotPaused {
        uint256 length = bytes(metadataURI).length;
        require(length <= MAX_URI_BYTES, TextTooLong(length, MAX_URI_BYTES));
        NodeRecord storage worker = _nodes[msg.sender];
        require(!_isMember(worker), WrongNodeStatus(msg.sender, worker.status));

        worker.status = NodeStatus.Active;
        emit NodeRegistered(msg.sender, metadataURI);
        _jailIfShort(msg.sender, worker);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function deregisterNode() external {
        NodeRecord storage worker = _nodes[msg.sender];
        require(_isMember(worker), WrongNodeStatus(msg.sender, worker.status));
        require(worker.taskId == 0, NodeBusy(msg.sender, worker.taskId));

        worker.status = NodeStatus.Exited;
        if (worker.balance.available != 0) _queueWithdrawal(worker, worker.balance.available);
        emit NodeDeregistered(msg.sender);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function stake(uint256 amount) external nonReentrant {
        NodeRecord storage worker = _nodes[msg.sender];
        require(_isMember(worker), WrongNodeStatus(msg.sender, worker.status));
        require(amount != 0, ZeroAmount());

        worker.balance.available += amount.toUint128();
        emit Staked(msg.sender, amount, worker.balance);
        uint256 standing = _standing(worker);
        if (worker.status == NodeStatus.Jailed && standing >= _policy.minStake) {
            worker.status = NodeStatus.Active;
            emit NodeUnjailed(msg.sender, standing, _policy.minStake);
        }
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function requestWithdrawal(uint256 amount) external returns (uint64 withdrawalId, uint64 unlockAt) {
        NodeRecord storage worker = _nodes[msg.sender];
        require(_isMember(worker), WrongNodeStatus(msg.sender, worker.status));
        require(amount != 0, ZeroAmount());
        uint256 available = worker.balance.available;
        require(amount <= available, InsufficientStake(msg.sender, available, amount));

        (withdrawalId, unlockAt) = _queueWithdrawal(worker, amount.toUint128());
        _jailIfShort(msg.sender, worker);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function withdraw() external nonReentrant returns (uint256 amount) {
        NodeRecord storage worker = _nodes[msg.sender];
        (Withdrawal[] memory matured, uint256 count) = worker.withdrawals.takeMatured();
        require(count != 0, NothingToWithdraw(msg.sender));

        for (uint256 i = 0; i < count; ++i) {
            Withdrawal memory entry = matured[i];
            amount += entry.amount;
            worker.balance.unbonding -= entry.amount;
            emit StakeWithdrawn(msg.sender, entry.id, entry.amount, worker.balance);
        }
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /* POSTING AND ASSIGNING */

    /// @inheritdoc IHeavyComputeArbiter
    function postTask(TaskRequest calldata request) external whenNotPaused nonReentrant returns (bytes32 taskId) {
        taskId = keccak256(abi.encode(block.chainid, address(this), msg.sender, request.salt));
        TaskRecord storage job = _tasks[taskId];
        require(job.status == TaskStatus.Unknown, TaskExists(taskId));
        RequestBounds.check(request, _policy);
        _checkVersion(request.workflowId, request.versionHash);

        TaskTerms memory terms = _termsOf(request);
        job.requester = msg.sender;
        job.status = TaskStatus.Idle;
        job.epoch = 1;
        job.bountyLeft = terms.bounty;
        job.workflowId = request.workflowId;
        job.terms = terms;
        emit TaskPosted(taskId, msg.sender, request.workflowId, terms);
        TOKEN.safeTransferFrom(msg.sender, address(this), uint256(terms.bounty) + terms.computePrice);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function assign(bytes32 taskId, address account) external whenNotPaused {
        require(msg.sender == account || hasRole(SCHEDULER_ROLE, msg.sender), NotScheduler(msg.sender));
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Idle);
        NodeRecord storage worker = _nodes[account];
        uint256 latest = _latestAssignment(job);
        require(block.timestamp <= latest, DeadlinePassed(latest));
        require(account != job.requester, RequesterConflict(account));
        require(!hasFailed[taskId][account], NodeFailedTask(taskId, account));
        require(worker.status == NodeStatus.Active, WrongNodeStatus(account, worker.status));
        require(worker.taskId == 0, NodeBusy(account, worker.taskId));
        uint256 need = _stakeNeeded(job);
        require(worker.balance.available >= need, InsufficientStake(account, worker.balance.available, need));

        _assign(taskId, job, account);
    }

    /* SETTLING */

    /// @inheritdoc IHeavyComputeArbiter
    function submitProof(bytes32 taskId, uint64 epoch, bytes32 proofHash) external {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Assigned);
        require(msg.sender == job.node, NotAssignedNode(taskId, msg.sender));
        require(epoch == job.epoch, WrongEpoch(taskId, job.epoch, epoch));
        require(block.timestamp <= job.proofDeadline, DeadlinePassed(job.proofDeadline));

        job.status = TaskStatus.Verifying;
        job.proofHash = proofHash;
        job.verifyDeadline = _secondsFromNow(job.terms.verifySeconds);
        emit ProofSubmitted(taskId, msg.sender, epoch, proofHash, job.verifyDeadline);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function resolve(bytes32 taskId, uint64 epoch, bytes calldata proof) external nonReentrant {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Verifying);
        require(epoch == job.epoch, WrongEpoch(taskId, job.epoch, epoch));
        IProofVerifier.Verdict verdict = job.terms.verifier.verdict(_claim(taskId, job), proof);
        require(verdict != IProofVerifier.Verdict.Pending, VerdictPending(taskId));

        if (verdict == IProofVerifier.Verdict.Valid) _complete(taskId, job);
        else _fail(taskId, job, Fault.InvalidProof);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function expireProof(bytes32 taskId) external {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Assigned);
        require(block.timestamp > job.proofDeadline, DeadlineNotPassed(job.proofDeadline));

        _fail(taskId, job, Fault.MissedDeadline);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function expireVerification(bytes32 taskId) external nonReentrant {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Verifying);
        require(block.timestamp > job.verifyDeadline, DeadlineNotPassed(job.verifyDeadline));
        require(!_isDecided(taskId, job), VerdictGiven(taskId));

        address account = job.node;
        NodeRecord storage worker = _nodes[account];
        _release(worker);
        emit VerificationExpired(taskId, account, job.epoch, worker.balance);
        _nextEpoch(job);
        emit TaskReopened(taskId, job.epoch);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function expireTask(bytes32 taskId) external {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Idle);
        require(block.timestamp > job.terms.expiresAt, DeadlineNotPassed(job.terms.expiresAt));

        _refund(taskId, job, RefundCause.Expired);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function cancelTask(bytes32 taskId) external {
        TaskRecord storage job = _taskIn(taskId, TaskStatus.Idle);
        require(msg.sender == job.requester, NotRequester(taskId, msg.sender));
        require(job.epoch == 1, AlreadyAttempted(taskId));

        _refund(taskId, job, RefundCause.Cancelled);
    }

    /* CREDITS, POOL, POLICY */

    /// @inheritdoc IHeavyComputeArbiter
    function claim() external nonReentrant returns (uint256 amount) {
        amount = credit[msg.sender];
        require(amount != 0, NothingToClaim(msg.sender));

        credit[msg.sender] = 0;
        emit CreditClaimed(msg.sender, amount, 0);
        TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function releaseSlashPool(address recipient, uint256 amount) external onlyRole(GOVERNANCE_ROLE) {
        require(recipient != address(0), ZeroAddress());
        require(amount != 0, ZeroAmount());
        require(amount <= slashPool, PoolTooSmall(slashPool, amount));

        slashPool -= amount;
        credit[recipient] += amount;
        emit SlashPoolReleased(recipient, amount, slashPool, credit[recipient]);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function setPolicy(Policy calldata newPolicy) external onlyRole(GOVERNANCE_ROLE) {
        _setPolicy(newPolicy);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IHeavyComputeArbiter
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /* VIEWS */

    /// @inheritdoc IHeavyComputeArbiter
    function task(bytes32 taskId) external view returns (TaskView memory view_) {
        TaskRecord storage job = _tasks[taskId];
        view_.requester = job.requester;
        view_.workflowId = job.workflowId;
        view_.status = job.status;
        view_.epoch = job.epoch;
        view_.node = job.node;
        view_.bonded = job.bonded;
        view_.proofDeadline = job.proofDeadline;
        view_.verifyDeadline = job.verifyDeadline;
        view_.proofHash = job.proofHash;
        view_.bountyLeft = job.bountyLeft;
        view_.beneficiaries = job.beneficiaries;
        view_.shares = BountyShares.split(job.bountyLeft, job.beneficiaries.length);
        view_.terms = job.terms;
    }

    /// @inheritdoc IHeavyComputeArbiter
    function node(address account) external view returns (NodeView memory) {
        NodeRecord storage worker = _nodes[account];
        return NodeView(worker.status, worker.balance, worker.taskId, worker.withdrawals);
    }

    /// @inheritdoc IHeavyComputeArbiter
    function claimOf(bytes32 taskId) external view returns (ProofClaim memory) {
        return _claim(taskId, _taskIn(taskId, TaskStatus.Verifying));
    }

    /// @inheritdoc IHeavyComputeArbiter
    function policy() external view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc IHeavyComputeArbiter
    function calculateComputeCost(uint256 gpuHours, uint256 memoryGB, bool priority) public view returns (uint256) {
        return ComputePrice.priceDown(gpuHours, _policy.gpuRate, memoryGB, _policy.memoryRate, priority);
    }

    /* NODES AND STAKE, WITHIN */

    function _isMember(NodeRecord storage worker) private view returns (bool) {
        return worker.status == NodeStatus.Active || worker.status == NodeStatus.Jailed;
    }

    /// @dev The stake that a node is held to: what it has queued for withdrawal does not count.
    function _standing(NodeRecord storage worker) private view returns (uint256) {
        return uint256(worker.balance.available) + worker.balance.locked;
    }

    function _jailIfShort(address account, NodeRecord storage worker) private {
        uint256 standing = _standing(worker);
        if (worker.status != NodeStatus.Active || standing >= _policy.minStake) return;
        worker.status = NodeStatus.Jailed;
        emit NodeJailed(account, standing, _policy.minStake);
    }

    /// @dev `worker` is the caller's own record and holds at least `amount` available.
    function _queueWithdrawal(NodeRecord storage worker, uint128 amount) private returns (uint64 id, uint64 unlockAt) {
        require(worker.withdrawals.length < MAX_WITHDRAWALS, WithdrawalQueueFull(msg.sender, MAX_WITHDRAWALS));
        id = ++worker.lastWithdrawalId;
        unlockAt = _secondsFromNow(_policy.unbondingSeconds);
        worker.withdrawals.push(Withdrawal(id, unlockAt, amount));
        worker.balance.available -= amount;
        worker.balance.unbonding += amount;
        emit WithdrawalQueued(msg.sender, id, amount, unlockAt, worker.balance);
    }

    function _release(NodeRecord storage worker) private {
        worker.balance.available += worker.balance.locked;
        worker.balance.locked = 0;
        worker.taskId = 0;
    }

    /* TASKS, WITHIN */

    function _taskIn(bytes32 taskId, TaskStatus status) private view returns (TaskRecord storage job) {
        job = _tasks[taskId];
        require(job.status != TaskStatus.Unknown, UnknownTask(taskId));
        require(job.status == status, WrongTaskStatus(taskId, job.status));
    }

    /// @dev Outside a workflow both hashes are zero; inside, only the active version may be run.
    function _checkVersion(bytes32 workflowId, bytes32 versionHash) private view {
        bytes32 active = workflowId == 0 ? bytes32(0) : REGISTRY.activeVersionOf(workflowId);
        bool known = workflowId == 0 || active != 0;
        require(known && versionHash == active, VersionNotActive(workflowId, versionHash, active));
    }

    function _termsOf(TaskRequest calldata request) private view returns (TaskTerms memory) {
        return TaskTerms({
            versionHash: request.versionHash,
            specHash: request.specHash,
            bounty: request.bounty,
            computePrice: calculateComputeCost(request.gpuHours, request.memoryGB, request.priority).toUint128(),
            gpuHours: request.gpuHours,
            memoryGB: request.memoryGB,
            priority: request.priority,
            expiresAt: _secondsFromNow(request.lifeSeconds),
            proofSeconds: request.proofSeconds,
            verifySeconds: _policy.verifySeconds,
            slashBps: _policy.slashBps,
            verifier: _policy.verifier,
            backups: request.backups
        });
    }

    /// @dev An attempt that starts later would end after the task does.
    function _latestAssignment(TaskRecord storage job) private view returns (uint256) {
        return job.terms.expiresAt - job.terms.proofSeconds;
    }

    /// @dev What is at risk with a node is covered by its stake.
    function _stakeNeeded(TaskRecord storage job) private view returns (uint256) {
        return Math.max(_policy.minStake, uint256(job.terms.bounty) + job.terms.computePrice);
    }

    function _assign(bytes32 taskId, TaskRecord storage job, address account) private {
        NodeRecord storage worker = _nodes[account];
        // What has matured could be gone tomorrow, so it bonds nothing.
        uint128 bonded = (worker.balance.available + worker.withdrawals.slashable()).toUint128();
        worker.balance.locked = worker.balance.available;
        worker.balance.available = 0;
        worker.taskId = taskId;
        job.status = TaskStatus.Assigned;
        job.node = account;
        job.bonded = bonded;
        job.proofDeadline = _secondsFromNow(job.terms.proofSeconds);
        emit TaskAssigned(taskId, account, job.epoch, bonded, job.proofDeadline, worker.balance);
    }

    function _claim(bytes32 taskId, TaskRecord storage job) private view returns (ProofClaim memory) {
        return ProofClaim({
            taskId: taskId,
            epoch: job.epoch,
            node: job.node,
            requester: job.requester,
            specHash: job.terms.specHash,
            proofHash: job.proofHash
        });
    }

    /// @dev A verifier that reverts or answers anything but Valid or Invalid has not decided. With less than VERDICT_GAS
    /// the caller could make a sound verifier run dry, and so free a node from a verdict.
    function _isDecided(bytes32 taskId, TaskRecord storage job) private view returns (bool) {
        bytes memory question = abi.encodeCall(IProofVerifier.verdict, (_claim(taskId, job), ""));
        require(gasleft() >= VERDICT_GAS, GasTooLow(gasleft(), VERDICT_GAS));
        (bool answered, bytes32 answer,) = LowLevelCall.staticcallReturn64Bytes(address(job.terms.verifier), question);
        if (!answered || LowLevelCall.returnDataSize() < 32) return false;
        return uint256(answer) == uint256(IProofVerifier.Verdict.Valid)
            || uint256(answer) == uint256(IProofVerifier.Verdict.Invalid);
    }

    function _complete(bytes32 taskId, TaskRecord storage job) private {
        address account = job.node;
        NodeRecord storage worker = _nodes[account];
        uint256 bounty = job.bountyLeft;
        address[] memory beneficiaries = job.beneficiaries;
        uint256 bountyPaid = beneficiaries.length == 0 ? bounty : 0;
        uint256 computePaid = job.terms.computePrice;

        job.status = TaskStatus.Completed;
        job.bountyLeft = 0;
        delete job.beneficiaries;
        _release(worker);
        credit[account] += bountyPaid + computePaid;
        emit TaskCompleted(taskId, account, job.epoch, bountyPaid, computePaid, credit[account], worker.balance);

        uint256[] memory shares = BountyShares.split(bounty, beneficiaries.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            address beneficiary = beneficiaries[i];
            credit[beneficiary] += shares[i];
            emit BountyShareCredited(taskId, beneficiary, job.epoch, shares[i], credit[beneficiary]);
        }
    }

    /// @dev One fault, one slash: the attempt ends here, and so does its epoch.
    function _fail(bytes32 taskId, TaskRecord storage job, Fault fault) private {
        _slash(taskId, job, fault);
        address[] memory eligible = _eligibleBackups(taskId, job.terms.backups);
        _redistribute(taskId, job, eligible);
        _nextEpoch(job);
        (bool found, address backup) = _firstReady(job, eligible);
        if (found) _assign(taskId, job, backup);
        else emit TaskReopened(taskId, job.epoch);
    }

    function _slash(bytes32 taskId, TaskRecord storage job, Fault fault) private {
        address account = job.node;
        NodeRecord storage worker = _nodes[account];
        uint256 bonded = job.bonded;
        uint256 due = Math.ceilDiv(bonded * job.terms.slashBps, BPS);

        _release(worker);
        uint256 fromFree = Math.min(due, worker.balance.available);
        uint256 fromQueue = worker.withdrawals.slash(due - fromFree);
        worker.balance.available -= fromFree.toUint128();
        worker.balance.unbonding -= fromQueue.toUint128();
        slashPool += fromFree + fromQueue;
        hasFailed[taskId][account] = true;
        emit NodeSlashed(taskId, account, job.epoch, fault, fromFree + fromQueue, bonded, slashPool, worker.balance);
        _jailIfShort(account, worker);
    }

    function _eligibleBackups(bytes32 taskId, address[] memory backups)
        private
        view
        returns (address[] memory eligible)
    {
        address[] memory found = new address[](backups.length);
        uint256 count = 0;
        for (uint256 i = 0; i < backups.length; ++i) {
            NodeRecord storage worker = _nodes[backups[i]];
            bool fit = worker.status == NodeStatus.Active && _standing(worker) >= _policy.minStake;
            if (fit && !hasFailed[taskId][backups[i]]) found[count++] = backups[i];
        }
        eligible = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            eligible[i] = found[i];
        }
    }

    /// @dev Replaces the shares of earlier attempts. Once returned, the bounty is the requester's and stays so.
    function _redistribute(bytes32 taskId, TaskRecord storage job, address[] memory eligible) private {
        uint256 bounty = job.bountyLeft;
        if (bounty == 0) return;
        job.beneficiaries = eligible;
        if (eligible.length != 0) {
            uint256[] memory shares = BountyShares.split(bounty, eligible.length);
            emit BountyRedistributed(taskId, job.epoch, bounty, eligible, shares);
            return;
        }
        address requester = job.requester;
        job.bountyLeft = 0;
        credit[requester] += bounty;
        emit BountyReturned(taskId, requester, job.epoch, bounty, credit[requester]);
    }

    function _nextEpoch(TaskRecord storage job) private {
        job.status = TaskStatus.Idle;
        ++job.epoch;
        job.node = address(0);
        job.bonded = 0;
        job.proofDeadline = 0;
        job.verifyDeadline = 0;
        job.proofHash = 0;
    }

    /// @dev The conditions of `assign` that eligibility leaves open; a backup is never the requester.
    function _firstReady(TaskRecord storage job, address[] memory eligible)
        private
        view
        returns (bool found, address backup)
    {
        if (paused() || block.timestamp > _latestAssignment(job)) return (false, address(0));
        uint256 need = _stakeNeeded(job);
        for (uint256 i = 0; i < eligible.length; ++i) {
            NodeRecord storage worker = _nodes[eligible[i]];
            if (worker.taskId == 0 && worker.balance.available >= need) return (true, eligible[i]);
        }
        return (false, address(0));
    }

    function _refund(bytes32 taskId, TaskRecord storage job, RefundCause cause) private {
        address requester = job.requester;
        uint256 bounty = job.bountyLeft;
        uint256 compute = job.terms.computePrice;
        job.status = TaskStatus.Refunded;
        job.bountyLeft = 0;
        delete job.beneficiaries;
        credit[requester] += bounty + compute;
        emit TaskRefunded(taskId, requester, job.epoch, cause, bounty, compute, credit[requester]);
    }

    function _setPolicy(Policy memory newPolicy) private {
        PolicyBounds.check(newPolicy);
        _policy = newPolicy;
        emit PolicyChanged(newPolicy);
    }

    function _secondsFromNow(uint256 duration) private view returns (uint64) {
        return (block.timestamp + duration).toUint64();
    }
}
