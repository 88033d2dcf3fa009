// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Withdrawal} from "../interfaces/IHeavyComputeArbiter.sol";

/// @title StakeQueue
/// @notice A node's queued withdrawals, oldest first. A matured one is out of reach of slashing.
/// @dev Every loop is bounded by the capacity that the arbiter keeps to.
library StakeQueue {
    using SafeCast for uint256;

    /// @notice A withdrawal is paid out, and no longer slashed, from `unlockAt` on.
    function hasMatured(Withdrawal memory entry) internal view returns (bool) {
        return entry.unlockAt <= block.timestamp;
    }

    /// @notice What slashing can still reach, in wei.
    function slashable(Withdrawal[] storage queue) internal view returns (uint256 amount) {
        uint256 length = queue.length;
        for (uint256 i = 0; i < length; ++i) {
            Withdrawal memory entry = queue[i];
            if (!hasMatured(entry)) amount += entry.amount;
        }
    }

    /// @notice Takes up to `amount` from what has not matured, oldest first, and returns what it took. An entry that
    /// is used up stays in the queue with nothing left, so that its withdrawal still comes to an end.
    function slash(Withdrawal[] storage queue, uint256 amount) internal returns (uint256 taken) {
        uint256 length = queue.length;
        for (uint256 i = 0; i < length && taken < amount; ++i) {
            Withdrawal memory entry = queue[i];
            if (hasMatured(entry)) continue;
            uint256 cut = Math.min(amount - taken, entry.amount);
            queue[i].amount = (entry.amount - cut).toUint128();
            taken += cut;
        }
    }

    /// @notice Removes what has matured and returns it: the first `count` items of `matured`. The rest keeps its order.
    function takeMatured(Withdrawal[] storage queue) internal returns (Withdrawal[] memory matured, uint256 count) {
        uint256 length = queue.length;
        matured = new Withdrawal[](length);
        for (uint256 i = 0; i < length; ++i) {
            Withdrawal memory entry = queue[i];
            if (hasMatured(entry)) {
                matured[count++] = entry;
            } else if (count != 0) {
                queue[i - count] = entry;
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            queue.pop();
        }
    }
}
