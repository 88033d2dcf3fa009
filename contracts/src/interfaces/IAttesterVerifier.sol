// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IAttesterVerifier
/// @notice Events and errors of the verifier whose verdicts are given by accountable attesters.
interface IAttesterVerifier {
    /// @notice `attester` judged a claim; the log names it, so a false verdict has an author.
    event ProofAttested(
        bytes32 indexed taskId,
        address indexed attester,
        address indexed arbiter,
        uint64 epoch,
        address node,
        bytes32 proofHash,
        bool valid
    );

    /// @notice A verdict is given once.
    error AlreadyAttested(bytes32 statement);
    /// @notice Requester and node have an interest in the verdict and may not give it.
    error AttesterConflict(address attester);
}
