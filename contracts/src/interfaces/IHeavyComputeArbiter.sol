// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProofVerifier, ProofClaim} from "./IProofVerifier.sol";

/// @notice What governance may change, each within the bounds of `setPolicy`. A task keeps the values it was posted under.
struct Policy {
    /// Wei for one GPU hour, and for one GB of memory.
    uint128 gpuRate;
    uint128 memoryRate;
    /// Below this total of available and locked stake a node is jailed.
    uint128 minStake;
    /// Part of the bonded stake that one fault costs, in hundredths of a percent.
    uint16 slashBps;
    /// How long a queued withdrawal waits, slashable all the time.
    uint32 unbondingSeconds;
    /// Bounds on the time a task gives to one attempt, and on a task's whole life.
    uint32 minProofSeconds;
    uint32 maxProofSeconds;
    uint32 verifySeconds;
    uint32 maxTaskSeconds;
    IProofVerifier verifier;
}

/// @notice What a requester asks for.
struct TaskRequest {
    /// Chosen by the requester; a salt is used once per requester, so posting twice is refused.
    bytes32 salt;
    /// Zero for a task outside any workflow; else `versionHash` must be the active version of `workflowId`.
    bytes32 workflowId;
    bytes32 versionHash;
    bytes32 specHash;
    uint128 bounty;
    uint256 gpuHours;
    uint256 memoryGB;
    bool priority;
    uint32 proofSeconds;
    uint32 lifeSeconds;
    address[] backups;
}

/// @notice What a task was posted under; fixed for its whole life.
struct TaskTerms {
    bytes32 versionHash;
    bytes32 specHash;
    uint128 bounty;
    uint128 computePrice;
    uint256 gpuHours;
    uint256 memoryGB;
    bool priority;
    uint64 expiresAt;
    uint32 proofSeconds;
    uint32 verifySeconds;
    uint16 slashBps;
    IProofVerifier verifier;
    address[] backups;
}

/// @notice A node's stake, in wei. The three parts sum to what the contract holds for it as stake.
struct StakeBalance {
    /// Free: bonds the next assignment, or can be queued for withdrawal.
    uint128 available;
    /// Bonds the running assignment.
    uint128 locked;
    /// Queued for withdrawal; slashable until it unlocks.
    uint128 unbonding;
}

/// @notice One queued withdrawal.
struct Withdrawal {
    /// Counts a node's withdrawals from 1.
    uint64 id;
    /// From this moment it is paid out on request and can no longer be slashed.
    uint64 unlockAt;
    /// What slashing has left of it, in wei.
    uint128 amount;
}

/// @title IHeavyComputeArbiter
/// @notice Events, errors and entry points of the arbiter. Each event tells its whole story: amounts, balances after, reason, epoch.
interface IHeavyComputeArbiter {
    /// @notice Life of a node.
    enum NodeStatus {
        Unknown,
        Active,
        Jailed,
        Exited
    }

    /// @notice Life of a task. Within one epoch it only moves down this list; a failed attempt returns it to Idle under the next epoch.
    enum TaskStatus {
        Unknown,
        Idle,
        Assigned,
        Verifying,
        Completed,
        Refunded
    }

    /// @notice Why a node was slashed.
    enum Fault {
        InvalidProof,
        MissedDeadline
    }

    /// @notice Why a task was refunded.
    enum RefundCause {
        Cancelled,
        Expired
    }

    /// @notice What the contract knows of a node.
    struct NodeView {
        NodeStatus status;
        StakeBalance balance;
        /// The task it works on, zero when it is idle.
        bytes32 taskId;
        /// Oldest first, at most 8.
        Withdrawal[] withdrawals;
    }

    /// @notice What the contract knows of a task.
    struct TaskView {
        address requester;
        bytes32 workflowId;
        TaskStatus status;
        /// Number of the present attempt, from 1.
        uint64 epoch;
        /// Node of the present attempt; zero while the task waits for one.
        address node;
        /// Stake that a fault of the present attempt is measured by.
        uint128 bonded;
        uint64 proofDeadline;
        uint64 verifyDeadline;
        bytes32 proofHash;
        /// Bounty still in escrow: zero once it was returned, paid or refunded.
        uint128 bountyLeft;
        /// Who gets the bounty when the task completes, and how much each; empty as long as it is the node's.
        address[] beneficiaries;
        uint256[] shares;
        TaskTerms terms;
    }

    /* NODES AND STAKE */

    /// @notice `node` joined, or joined again after it left.
    event NodeRegistered(address indexed node, string metadataURI);
    /// @notice `node` left; its free stake went into the withdrawal queue.
    event NodeDeregistered(address indexed node);
    /// @notice `node` fell below the minimum stake and gets no work until it tops up.
    event NodeJailed(address indexed node, uint256 stake, uint256 minStake);
    /// @notice `node` is back above the minimum stake.
    event NodeUnjailed(address indexed node, uint256 stake, uint256 minStake);
    /// @notice `node` deposited `amount`; `balance` is its stake afterwards.
    event Staked(address indexed node, uint256 amount, StakeBalance balance);
    /// @notice `amount` left the free stake and waits until `unlockAt`; it stays slashable that long.
    event WithdrawalQueued(
        address indexed node, uint256 indexed withdrawalId, uint256 amount, uint64 unlockAt, StakeBalance balance
    );
    /// @notice A matured withdrawal was paid out; `amount` is what slashing left of it.
    event StakeWithdrawn(address indexed node, uint256 indexed withdrawalId, uint256 amount, StakeBalance balance);

    /* TASKS */

    /// @notice A task was posted, its bounty and compute price are in escrow.
    event TaskPosted(bytes32 indexed taskId, address indexed requester, bytes32 indexed workflowId, TaskTerms terms);
    /// @notice `node` got attempt `epoch`; `bonded` is the stake a fault is measured by.
    event TaskAssigned(
        bytes32 indexed taskId,
        address indexed node,
        uint64 epoch,
        uint256 bonded,
        uint64 proofDeadline,
        StakeBalance balance
    );
    /// @notice `node` handed in its proof in time.
    event ProofSubmitted(
        bytes32 indexed taskId, address indexed node, uint64 epoch, bytes32 proofHash, uint64 verifyDeadline
    );
    /// @notice The proof is valid. `bountyPaid` is zero when the bounty had been redistributed; `credit` is the node's claimable sum afterwards.
    event TaskCompleted(
        bytes32 indexed taskId,
        address indexed node,
        uint64 epoch,
        uint256 bountyPaid,
        uint256 computePaid,
        uint256 credit,
        StakeBalance balance
    );
    /// @notice Attempt `epoch` failed and cost `amount`; `pool` is the slash pool afterwards.
    event NodeSlashed(
        bytes32 indexed taskId,
        address indexed node,
        uint64 epoch,
        Fault fault,
        uint256 amount,
        uint256 bonded,
        uint256 pool,
        StakeBalance balance
    );
    /// @notice The bounty is reserved in shares for the eligible backups; this replaces the shares of earlier attempts.
    event BountyRedistributed(
        bytes32 indexed taskId, uint64 epoch, uint256 bounty, address[] beneficiaries, uint256[] shares
    );
    /// @notice No backup was eligible: the bounty went back to the requester at once.
    event BountyReturned(
        bytes32 indexed taskId, address indexed requester, uint64 epoch, uint256 amount, uint256 credit
    );
    /// @notice The task completed and this share of its redistributed bounty is claimable.
    event BountyShareCredited(
        bytes32 indexed taskId, address indexed beneficiary, uint64 epoch, uint256 amount, uint256 credit
    );
    /// @notice The task waits for a node again, as attempt `epoch`.
    event TaskReopened(bytes32 indexed taskId, uint64 epoch);
    /// @notice The verifier let attempt `epoch` lapse; the node is freed without a fault.
    event VerificationExpired(bytes32 indexed taskId, address indexed node, uint64 epoch, StakeBalance balance);
    /// @notice The task ended without a result; its escrow is claimable by the requester again.
    event TaskRefunded(
        bytes32 indexed taskId,
        address indexed requester,
        uint64 epoch,
        RefundCause cause,
        uint256 bountyRefund,
        uint256 computeRefund,
        uint256 credit
    );

    /* CREDITS, POOL, POLICY */

    /// @notice `account` took out `amount` of what it was owed; `credit` is what remains.
    event CreditClaimed(address indexed account, uint256 amount, uint256 credit);
    /// @notice Governance credited `amount` of the slash pool to `recipient`.
    event SlashPoolReleased(address indexed recipient, uint256 amount, uint256 pool, uint256 credit);
    /// @notice The policy for what happens from now on.
    event PolicyChanged(Policy policy);

    /* ERRORS */

    /// @notice An amount of zero has no meaning here.
    error ZeroAmount();
    /// @notice The zero address has no meaning here.
    error ZeroAddress();
    /// @notice A policy value lies outside its bounds.
    error PolicyOutOfBounds(string field);
    /// @notice The text is longer than the contract stores.
    error TextTooLong(uint256 length, uint256 maximum);
    /// @notice The node is not in a status that allows this.
    error WrongNodeStatus(address node, NodeStatus status);
    /// @notice The node works on a task and cannot do this now.
    error NodeBusy(address node, bytes32 taskId);
    /// @notice Not enough stake of the kind that is needed.
    error InsufficientStake(address node, uint256 have, uint256 need);
    /// @notice The queue of withdrawals is full; withdraw what has matured first.
    error WithdrawalQueueFull(address node, uint256 maximum);
    /// @notice No queued withdrawal has matured.
    error NothingToWithdraw(address node);
    /// @notice Nothing is claimable.
    error NothingToClaim(address account);
    /// @notice More is asked for than the slash pool holds.
    error PoolTooSmall(uint256 have, uint256 need);
    /// @notice No task has this id.
    error UnknownTask(bytes32 taskId);
    /// @notice The requester used this salt before.
    error TaskExists(bytes32 taskId);
    /// @notice The task is not in the status that this needs.
    error WrongTaskStatus(bytes32 taskId, TaskStatus status);
    /// @notice The message belongs to another attempt.
    error WrongEpoch(bytes32 taskId, uint64 have, uint64 given);
    /// @notice Only the assigned node may do this.
    error NotAssignedNode(bytes32 taskId, address caller);
    /// @notice Only the requester may do this.
    error NotRequester(bytes32 taskId, address caller);
    /// @notice The caller may not assign this node.
    error NotScheduler(address caller);
    /// @notice The requester cannot work for itself, be its own backup, or be the verifier.
    error RequesterConflict(address account);
    /// @notice More backups than a task may name.
    error TooManyBackups(uint256 given, uint256 maximum);
    /// @notice A backup is named twice.
    error DuplicateBackup(address node);
    /// @notice A node that failed this task does not get it again.
    error NodeFailedTask(bytes32 taskId, address node);
    /// @notice A duration lies outside the policy's bounds.
    error DurationOutOfBounds(uint256 given, uint256 minimum, uint256 maximum);
    /// @notice The named version is not the active one of its workflow.
    error VersionNotActive(bytes32 workflowId, bytes32 versionHash, bytes32 activeVersion);
    /// @notice It is too late.
    error DeadlinePassed(uint256 deadline);
    /// @notice It is too early.
    error DeadlineNotPassed(uint256 deadline);
    /// @notice The task was assigned once, so only time or a proof ends it.
    error AlreadyAttempted(bytes32 taskId);
    /// @notice The verifier has not decided yet.
    error VerdictPending(bytes32 taskId);
    /// @notice The verifier has decided, so the attempt is resolved and does not lapse.
    error VerdictGiven(bytes32 taskId);
    /// @notice The call must bring more gas, so that a verifier starved of it cannot pass for an undecided one.
    error GasTooLow(uint256 have, uint256 need);

    /* ENTRY POINTS: NODES AND STAKE */

    /// @notice Joins the network, or joins again. A node without the minimum stake is jailed at once, until it stakes.
    /// @dev Warning: being active is the consent to any work that fits the stake: a scheduler may assign it, and a failed
    /// attempt at a task that names the node as a backup may pass to it, with the deadline that the task sets.
    /// @param metadataURI Where the node describes itself; at most 256 bytes, kept in the log only.
    function registerNode(string calldata metadataURI) external;

    /// @notice Leaves the network; the free stake is queued for withdrawal. Refused while the node works on a task.
    function deregisterNode() external;

    /// @notice Deposits stake, by transfer from the caller; a jailed node that reaches the minimum is active again.
    function stake(uint256 amount) external;

    /// @notice Queues free stake for withdrawal; it stays slashable until it unlocks.
    /// @return withdrawalId The caller's own count of its withdrawals.
    /// @return unlockAt When `withdraw` pays it.
    function requestWithdrawal(uint256 amount) external returns (uint64 withdrawalId, uint64 unlockAt);

    /// @notice Pays every matured withdrawal of the caller.
    /// @return amount What was paid in all.
    function withdraw() external returns (uint256 amount);

    /* ENTRY POINTS: TASKS */

    /// @notice Posts a task and pays its bounty and compute price into escrow, by transfer from the caller.
    /// @return taskId keccak256(abi.encode(chain id, this contract, requester, salt)).
    function postTask(TaskRequest calldata request) external returns (bytes32 taskId);

    /// @notice Gives an idle task to an idle node; by a scheduler, or by the node itself.
    /// @dev The bounty and compute price of a node's running task never exceed its free stake at assignment, and it
    /// runs one at a time, so what is at risk with a node is bounded by its stake.
    function assign(bytes32 taskId, address node) external;

    /// @notice Hands in the proof of attempt `epoch`, by its node and in time.
    function submitProof(bytes32 taskId, uint64 epoch, bytes32 proofHash) external;

    /// @notice Settles attempt `epoch` by the verdict on its proof: completes the task, or slashes the node. Open to all.
    /// @param proof Passed on to the verifier, which says what it wants; empty for a verifier that attests.
    function resolve(bytes32 taskId, uint64 epoch, bytes calldata proof) external;

    /// @notice Slashes a node that handed in no proof in time. Open to all.
    function expireProof(bytes32 taskId) external;

    /// @notice Frees a node whose proof nobody judged in time, without a fault; the task waits again. Open to all.
    /// @dev A verifier that fails or answers nonsense counts as undecided, so that no verifier can hold a task for ever.
    function expireVerification(bytes32 taskId) external;

    /// @notice Refunds a task that nobody works on after the end of its life. Open to all.
    function expireTask(bytes32 taskId) external;

    /// @notice Refunds a task that was never assigned, at its requester's wish.
    function cancelTask(bytes32 taskId) external;

    /* ENTRY POINTS: CREDITS, POOL, POLICY */

    /// @notice Pays the caller all that it is owed.
    /// @return amount What was paid.
    function claim() external returns (uint256 amount);

    /// @notice Credits part of the slash pool to `recipient`. Governance only.
    function releaseSlashPool(address recipient, uint256 amount) external;

    /// @notice Sets the policy for what happens from now on; posted tasks keep their terms. Governance only.
    /// @dev Warning: the verifier of the policy decides who is paid and who is slashed. Governance is meant to be a
    /// timelock, so that requesters and nodes can leave before a change they do not trust.
    function setPolicy(Policy calldata newPolicy) external;

    /// @notice Stops registrations, new tasks and assignments. Nothing that is owed is held back.
    function pause() external;

    /// @notice Accepts new work again.
    function unpause() external;

    /* VIEWS */

    /// @notice The task with this id; status Unknown when there is none.
    function task(bytes32 taskId) external view returns (TaskView memory);

    /// @notice The node with this address; status Unknown when there is none.
    function node(address account) external view returns (NodeView memory);

    /// @notice What the verifier is asked about the present attempt.
    function claimOf(bytes32 taskId) external view returns (ProofClaim memory);

    /// @notice Whether a node failed a task, and so does not get it again.
    function hasFailed(bytes32 taskId, address account) external view returns (bool);

    /// @notice What `claim` pays the account.
    function credit(address account) external view returns (uint256);

    /// @notice What slashing took and governance has not released.
    function slashPool() external view returns (uint256);

    /// @notice The policy in force.
    function policy() external view returns (Policy memory);

    /// @notice Price of computing at the rates in force: gpuHours * gpuRate + memoryGB * memoryRate, and that times
    /// 22/10, rounded down, with priority.
    function calculateComputeCost(uint256 gpuHours, uint256 memoryGB, bool priority) external view returns (uint256);
}
