// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HeavyComputeArbiter} from "../src/HeavyComputeArbiter.sol";
import {IHeavyComputeArbiter, Withdrawal} from "../src/interfaces/IHeavyComputeArbiter.sol";
import {Handler} from "./Handler.sol";
import {Mini} from "./Mini.sol";

/// @notice What holds after any sequence of calls.
contract ArbiterInvariants is Mini {
    Handler private handler;
    HeavyComputeArbiter private arbiter;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new Handler();
        arbiter = handler.arbiterOf();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[12] memory all = [
            Handler.stake.selector,
            Handler.queueWithdrawal.selector,
            Handler.withdraw.selector,
            Handler.comeAndGo.selector,
            Handler.post.selector,
            Handler.knock.selector,
            Handler.claim.selector,
            Handler.releasePool.selector,
            // The main road, more often than the others.
            Handler.step.selector,
            Handler.step.selector,
            Handler.step.selector,
            Handler.step.selector
        ];
        bytes4[] memory selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            selectors[i] = all[i];
        }
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev One campaign for all: each invariant function would cost one of its own.
    function invariant_theBooksAreRight() public view {
        vm.assertEq(handler.held(), handler.owed(), "held and owed differ");
        _nodesAndTasksAgree();
        _bountiesAddUp();
    }

    /// @dev A node is locked exactly while a task says it works on it, and its queue adds up.
    function _nodesAndTasksAgree() private view {
        for (uint256 i = 0; i < 4; ++i) {
            address account = handler.nodes(i);
            IHeavyComputeArbiter.NodeView memory node = arbiter.node(account);
            vm.assertEq(node.balance.locked != 0 ? 1 : 0, node.taskId != 0 ? 1 : 0, "locked without a task");
            if (node.taskId != 0) {
                vm.assertTrue(arbiter.task(node.taskId).node == account, "the task has another node");
            }
            uint256 queued = 0;
            for (uint256 j = 0; j < node.withdrawals.length; ++j) {
                Withdrawal memory entry = node.withdrawals[j];
                queued += entry.amount;
            }
            vm.assertEq(queued, node.balance.unbonding, "the queue does not add up");
            vm.assertLe(node.withdrawals.length, 8, "the queue is too long");
        }
    }

    /// @dev Reserved shares are the whole bounty, and an idle task has no node.
    function _bountiesAddUp() private view {
        for (uint256 i = 0; i < handler.taskCount(); ++i) {
            IHeavyComputeArbiter.TaskView memory task = arbiter.task(handler.taskIds(i));
            uint256 reserved = 0;
            for (uint256 j = 0; j < task.shares.length; ++j) {
                reserved += task.shares[j];
            }
            if (task.beneficiaries.length != 0) {
                vm.assertEq(reserved, task.bountyLeft, "the shares are not the bounty");
            }
            bool idle = task.status == IHeavyComputeArbiter.TaskStatus.Idle;
            vm.assertTrue(!idle || task.node == address(0), "an idle task has a node");
        }
    }
}
