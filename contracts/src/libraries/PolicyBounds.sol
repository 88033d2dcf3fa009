// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeavyComputeArbiter, Policy} from "../interfaces/IHeavyComputeArbiter.sol";

/// @title PolicyBounds
/// @notice What governance can never do, whatever it decides.
library PolicyBounds {
    uint256 internal constant MAX_RATE = 1e24;
    uint256 internal constant LOWEST_MIN_STAKE = 1e18;
    uint256 internal constant HIGHEST_MIN_STAKE = 1e27;
    uint256 internal constant MAX_SLASH_BPS = 1_000;
    uint256 internal constant MAX_PROOF_SECONDS = 30 days;
    uint256 internal constant MAX_VERIFY_SECONDS = 7 days;
    uint256 internal constant MAX_TASK_SECONDS = 365 days;
    uint256 internal constant MAX_UNBONDING_SECONDS = 60 days;

    /// @notice Reverts with PolicyOutOfBounds, naming the first field that lies outside its bounds.
    /// @dev Queued stake waits at least as long as an attempt takes to be proven and judged, so leaving dodges no slash.
    function check(Policy memory policy) internal view {
        _need(policy.gpuRate <= MAX_RATE, "gpuRate");
        _need(policy.memoryRate <= MAX_RATE, "memoryRate");
        _need(policy.minStake >= LOWEST_MIN_STAKE && policy.minStake <= HIGHEST_MIN_STAKE, "minStake");
        _need(policy.slashBps != 0 && policy.slashBps <= MAX_SLASH_BPS, "slashBps");
        _need(policy.minProofSeconds != 0 && policy.minProofSeconds <= policy.maxProofSeconds, "minProofSeconds");
        _need(policy.maxProofSeconds <= MAX_PROOF_SECONDS, "maxProofSeconds");
        _need(policy.verifySeconds != 0 && policy.verifySeconds <= MAX_VERIFY_SECONDS, "verifySeconds");
        _need(
            policy.maxTaskSeconds >= policy.minProofSeconds && policy.maxTaskSeconds <= MAX_TASK_SECONDS,
            "maxTaskSeconds"
        );
        _need(
            policy.unbondingSeconds >= uint256(policy.maxProofSeconds) + policy.verifySeconds
                && policy.unbondingSeconds <= MAX_UNBONDING_SECONDS,
            "unbondingSeconds"
        );
        _need(address(policy.verifier).code.length != 0, "verifier");
    }

    function _need(bool ok, string memory field) private pure {
        require(ok, IHeavyComputeArbiter.PolicyOutOfBounds(field));
    }
}
