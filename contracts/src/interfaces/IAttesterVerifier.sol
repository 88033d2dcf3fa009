// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProofVerifier, ProofClaim} from "./IProofVerifier.sol";

/// @title IAttesterVerifier
/// @notice Events and errors of the verifier whose verdicts are given by accountable attesters.
interface IAttesterVerifier is IProofVerifier {
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
    /// @notice The zero address has no meaning here.
    error ZeroAddress();

    /// @notice Judges a claim made to `arbiter`, once and for good. Attesters only, never the requester or the node.
    function attest(address arbiter, ProofClaim calldata claim, bool valid) external;

    /// @notice The verdict on a claim made to `arbiter`.
    function verdictOf(address arbiter, ProofClaim calldata claim) external view returns (Verdict);

    /// @notice What an attester judges: keccak256(abi.encode(chain id, this contract, arbiter, claim)).
    function statementOf(address arbiter, ProofClaim calldata claim) external view returns (bytes32);
}
