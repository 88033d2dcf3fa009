// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HeavyComputeArbiter} from "../src/HeavyComputeArbiter.sol";
import {IHeavyComputeArbiter, StakeBalance, TaskRequest} from "../src/interfaces/IHeavyComputeArbiter.sol";
import {ProofClaim} from "../src/interfaces/IProofVerifier.sol";
import {Network} from "./Network.sol";

/// @notice Makes random calls, most of them sensible, and watches what each one did.
contract Handler is Network {
    uint256 internal constant NODES = 4;
    uint256 internal constant MAX_TASKS = 12;

    address internal constant REQUESTER = address(0xC11E47);

    address[] public nodes;
    bytes32[] public taskIds;
    /// Faults seen, and how often a slash was taken for each attempt.
    uint256 public faults;
    mapping(bytes32 taskId => mapping(uint64 epoch => uint256)) public slashes;

    mapping(bytes32 taskId => uint256) private _reached;
    uint256 private _pool;

    /// @dev After each call: no task moved back, and the pool grew by one fault of one attempt at most.
    modifier watched(bytes32 taskId) {
        IHeavyComputeArbiter.TaskView memory before = arbiter.task(taskId);
        uint64 epoch = before.epoch;
        _;
        uint256 pool = arbiter.slashPool();
        if (pool > _pool) {
            ++faults;
            _checkAmount(before, pool - _pool);
            vm.assertEq(++slashes[taskId][epoch], 1, "an attempt was slashed twice");
            vm.assertEq(arbiter.task(taskId).epoch, epoch + 1, "a fault ends its attempt");
        }
        _pool = pool;
        for (uint256 i = 0; i < taskIds.length; ++i) {
            IHeavyComputeArbiter.TaskView memory task = arbiter.task(taskIds[i]);
            uint256 place = uint256(task.epoch) * 8 + uint256(task.status);
            vm.assertLe(_reached[taskIds[i]], place, "a task moved back");
            _reached[taskIds[i]] = place;
        }
    }

    constructor() {
        _deploy();
        for (uint160 i = 0; i < NODES; ++i) {
            address node = address(0xA000 + i);
            nodes.push(node);
            _enrich(node);
            _call(node, abi.encodeCall(arbiter.registerNode, ("")));
            _call(node, abi.encodeCall(arbiter.stake, (10e18 + i)));
        }
        _enrich(REQUESTER);
    }

    /* NODES */

    function stake(uint256 n, uint256 amount) external watched(0) {
        _call(_node(n), abi.encodeCall(arbiter.stake, (_fold(amount, 1, 30e18))));
    }

    function queueWithdrawal(uint256 n, uint256 amount) external watched(0) {
        uint256 available = arbiter.node(_node(n)).balance.available;
        _call(_node(n), abi.encodeCall(arbiter.requestWithdrawal, (_fold(amount, 1, available + 1))));
    }

    function withdraw(uint256 n, uint256 later) external watched(0) {
        _wait(_fold(later, 0, 2 days));
        _call(_node(n), abi.encodeCall(arbiter.withdraw, ()));
    }

    function comeAndGo(uint256 n, bool come) external watched(0) {
        if (come) _call(_node(n), abi.encodeCall(arbiter.registerNode, ("")));
        else _call(_node(n), abi.encodeCall(arbiter.deregisterNode, ()));
    }

    /* TASKS */

    function post(uint256 bounty, uint256 gpuHours, bool priority, uint256 backups) external watched(0) {
        if (taskIds.length == MAX_TASKS) return;
        TaskRequest memory request;
        request.salt = bytes32(taskIds.length);
        request.bounty = uint128(_fold(bounty, 1, 5e18));
        request.gpuHours = _fold(gpuHours, 0, 50);
        request.priority = priority;
        request.proofSeconds = 1 hours;
        request.lifeSeconds = 10 days;
        request.backups = new address[](backups % NODES);
        for (uint256 i = 0; i < request.backups.length; ++i) {
            request.backups[i] = nodes[(i + bounty % NODES) % NODES];
        }
        vm.prank(REQUESTER);
        taskIds.push(arbiter.postTask(request));
    }

    /// @dev The next step of a task, or one that is wrong for it.
    function step(uint256 pick, uint256 n, uint256 way) external {
        if (taskIds.length != 0) _step(taskIds[pick % taskIds.length], n, way);
    }

    function _step(bytes32 taskId, uint256 n, uint256 way) private watched(taskId) {
        IHeavyComputeArbiter.TaskView memory task = arbiter.task(taskId);
        if (task.status == IHeavyComputeArbiter.TaskStatus.Idle) {
            if (way % 8 == 0) _call(REQUESTER, abi.encodeCall(arbiter.cancelTask, (taskId)));
            else _call(address(this), abi.encodeCall(arbiter.assign, (taskId, _node(n))));
        } else if (task.status == IHeavyComputeArbiter.TaskStatus.Assigned) {
            address sender = way % 16 == 0 ? _node(n) : task.node;
            uint64 epoch = way % 16 == 1 ? task.epoch - 1 : task.epoch;
            if (way % 4 == 2) _lapse(task.proofDeadline, abi.encodeCall(arbiter.expireProof, (taskId)));
            else _submit(sender, taskId, epoch, way);
        } else if (task.status == IHeavyComputeArbiter.TaskStatus.Verifying) {
            if (way % 8 == 2) {
                _lapse(task.verifyDeadline, abi.encodeCall(arbiter.expireVerification, (taskId)));
            } else {
                _judge(taskId, way % 2 == 0);
                bool taken = _call(REQUESTER, abi.encodeCall(arbiter.resolve, (taskId, task.epoch + 1, "")));
                vm.assertTrue(!taken, "a verdict was taken for another attempt");
                _call(REQUESTER, abi.encodeCall(arbiter.resolve, (taskId, task.epoch, "")));
            }
        } else {
            _call(REQUESTER, abi.encodeCall(arbiter.resolve, (taskId, task.epoch, "")));
        }
    }

    /// @dev Anybody knocks at every door of a task.
    function knock(uint256 pick, uint256 n, uint256 later) external {
        if (taskIds.length != 0) _knock(taskIds[pick % taskIds.length], n, later);
    }

    function _knock(bytes32 taskId, uint256 n, uint256 later) private watched(taskId) {
        _wait(_fold(later, 0, 3 hours));
        bytes[4] memory doors = [
            abi.encodeCall(arbiter.expireTask, (taskId)),
            abi.encodeCall(arbiter.expireVerification, (taskId)),
            abi.encodeCall(arbiter.resolve, (taskId, uint64(1), "")),
            abi.encodeCall(arbiter.expireProof, (taskId))
        ];
        _call(_node(n), doors[later % 4]);
    }

    /* CREDITS */

    function claim(uint256 n) external watched(0) {
        _call(n % 5 == 4 ? REQUESTER : _node(n), abi.encodeCall(arbiter.claim, ()));
    }

    function releasePool(uint256 n, uint256 amount) external watched(0) {
        uint256 part = _fold(amount, 0, arbiter.slashPool() + 1);
        _call(address(this), abi.encodeCall(arbiter.releaseSlashPool, (_node(n), part)));
    }

    /* WHAT MUST HOLD */

    function held() external view returns (uint256) {
        return token.balanceOf(address(arbiter));
    }

    function owed() external view returns (uint256 sum) {
        for (uint256 i = 0; i < NODES; ++i) {
            StakeBalance memory balance = arbiter.node(nodes[i]).balance;
            sum += uint256(balance.available) + balance.locked + balance.unbonding;
            sum += arbiter.credit(nodes[i]);
        }
        sum += arbiter.credit(REQUESTER) + arbiter.slashPool();
        for (uint256 i = 0; i < taskIds.length; ++i) {
            IHeavyComputeArbiter.TaskView memory task = arbiter.task(taskIds[i]);
            bool open = task.status < IHeavyComputeArbiter.TaskStatus.Completed;
            if (open) sum += uint256(task.bountyLeft) + task.terms.computePrice;
        }
    }

    function arbiterOf() external view returns (HeavyComputeArbiter) {
        return arbiter;
    }

    function taskCount() external view returns (uint256) {
        return taskIds.length;
    }

    /* WITHIN */

    function _node(uint256 n) private view returns (address) {
        return nodes[n % NODES];
    }

    function _enrich(address account) private {
        token.mint(account, 1e24);
        vm.prank(account);
        token.approve(address(arbiter), type(uint256).max);
    }

    function _submit(address sender, bytes32 taskId, uint64 epoch, uint256 way) private {
        bool right = epoch == arbiter.task(taskId).epoch;
        bool taken = _call(sender, abi.encodeCall(arbiter.submitProof, (taskId, epoch, bytes32(way))));
        vm.assertTrue(right || !taken, "a proof was taken for another attempt");
    }

    function _judge(bytes32 taskId, bool valid) private {
        ProofClaim memory claimed = arbiter.claimOf(taskId);
        if (verifier.verdictOf(address(arbiter), claimed) == verifier.verdictOf(address(0), claimed)) {
            verifier.attest(address(arbiter), claimed, valid);
        }
    }

    /// @dev Ten thousand times the amount reaches bonded * bps and passes it by less than one wei's worth, unless the node
    /// had nothing left.
    function _checkAmount(IHeavyComputeArbiter.TaskView memory attempt, uint256 amount) private view {
        uint256 due = uint256(attempt.bonded) * attempt.terms.slashBps;
        vm.assertLe(amount * 10_000, due + 9_999, "the slash is too high");
        if (arbiter.node(attempt.node).balance.available != 0) {
            vm.assertLe(due, amount * 10_000, "the slash is not rounded up");
        }
    }

    function _lapse(uint256 deadline, bytes memory data) private {
        if (block.timestamp <= deadline) vm.warp(deadline + 1);
        _call(REQUESTER, data);
    }

    function _wait(uint256 duration) private {
        vm.warp(block.timestamp + duration);
    }

    /// @dev A refusal is an outcome like any other.
    function _call(address sender, bytes memory data) private returns (bool done) {
        vm.prank(sender);
        (done,) = address(arbiter).call(data);
    }
}
