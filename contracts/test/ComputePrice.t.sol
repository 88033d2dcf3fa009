// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policy} from "../src/interfaces/IHeavyComputeArbiter.sol";
import {Network} from "./Network.sol";

/// @notice The published price, on the deployed contract.
contract ComputePriceTest is Network {
    function setUp() public {
        _deploy();
    }

    function testFuzz_theSumOfHoursAndMemory(uint64 gpuHours, uint64 memoryGB, uint80 gpuRate, uint80 rate) public {
        Policy memory policy = _policy();
        (policy.gpuRate, policy.memoryRate) = (uint128(_fold(gpuRate, 0, 1e24)), uint128(_fold(rate, 0, 1e24)));
        arbiter.setPolicy(policy);
        uint256 sum = uint256(gpuHours) * policy.gpuRate + uint256(memoryGB) * policy.memoryRate;
        vm.assertEq(arbiter.calculateComputeCost(gpuHours, memoryGB, false), sum, "the plain price");
        // Rounded down: ten times the price is at most 22 times the sum, and misses it by less than ten.
        uint256 tenfold = arbiter.calculateComputeCost(gpuHours, memoryGB, true) * 10;
        vm.assertLe(tenfold, sum * 22, "the price is not rounded down");
        vm.assertLe(sum * 22, tenfold + 9, "the price is too low");
    }

    function testFuzz_moreNeverCostsLess(uint64 gpuHours, uint64 memoryGB, uint32 more, bool priority) public view {
        uint256 price = arbiter.calculateComputeCost(gpuHours, memoryGB, priority);
        vm.assertLe(price, arbiter.calculateComputeCost(uint256(gpuHours) + more, memoryGB, priority), "hours");
        vm.assertLe(price, arbiter.calculateComputeCost(gpuHours, uint256(memoryGB) + more, priority), "memory");
        vm.assertLe(price, arbiter.calculateComputeCost(gpuHours, memoryGB, true), "priority");
    }
}
