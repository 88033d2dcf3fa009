// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ComputePrice
/// @notice The published price of computing.
library ComputePrice {
    /// @notice gpuHours * gpuRate + memoryGB * memoryRate, and that times 22/10, rounded down, with priority. In wei.
    function priceDown(uint256 gpuHours, uint256 gpuRate, uint256 memoryGB, uint256 memoryRate, bool priority)
        internal
        pure
        returns (uint256 price)
    {
        price = gpuHours * gpuRate + memoryGB * memoryRate;
        if (priority) price = price * 22 / 10;
    }
}
