// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeavyComputeArbiter, Policy, TaskRequest} from "../interfaces/IHeavyComputeArbiter.sol";

/// @title RequestBounds
/// @notice What a requester, the caller, can ask for.
library RequestBounds {
    uint256 internal constant MAX_BACKUPS = 8;

    /// @notice Reverts, saying why, when the request breaks a rule or the policy does not allow it.
    function check(TaskRequest calldata request, Policy storage policy) internal view {
        require(request.bounty != 0, IHeavyComputeArbiter.ZeroAmount());
        _checkDuration(request.proofSeconds, policy.minProofSeconds, policy.maxProofSeconds);
        _checkDuration(request.lifeSeconds, request.proofSeconds, policy.maxTaskSeconds);
        _checkNotRequester(address(policy.verifier));
        _checkBackups(request.backups);
    }

    function _checkDuration(uint256 given, uint256 minimum, uint256 maximum) private pure {
        require(given >= minimum && given <= maximum, IHeavyComputeArbiter.DurationOutOfBounds(given, minimum, maximum));
    }

    function _checkNotRequester(address account) private view {
        require(account != msg.sender, IHeavyComputeArbiter.RequesterConflict(account));
    }

    function _checkBackups(address[] calldata backups) private view {
        uint256 count = backups.length;
        require(count <= MAX_BACKUPS, IHeavyComputeArbiter.TooManyBackups(count, MAX_BACKUPS));
        for (uint256 i = 0; i < count; ++i) {
            address backup = backups[i];
            require(backup != address(0), IHeavyComputeArbiter.ZeroAddress());
            _checkNotRequester(backup);
            for (uint256 j = 0; j < i; ++j) {
                require(backups[j] != backup, IHeavyComputeArbiter.DuplicateBackup(backup));
            }
        }
    }
}
