// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BountyShares
/// @notice How a redistributed bounty is divided.
library BountyShares {
    /// @notice `count` equal parts of `bounty`, the remainder added to the first. The parts sum to `bounty`.
    function split(uint256 bounty, uint256 count) internal pure returns (uint256[] memory shares) {
        shares = new uint256[](count);
        if (count == 0) return shares;
        uint256 share = bounty / count;
        for (uint256 i = 0; i < count; ++i) {
            shares[i] = share;
        }
        shares[0] += bounty % count;
    }
}
