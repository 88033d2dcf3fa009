// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice What a node claims by submitting a proof: that this attempt at this task gave this result.
/// @dev Every field is bound, so a proof for one attempt says nothing about another.
struct ProofClaim {
    bytes32 taskId;
    uint64 epoch;
    address node;
    address requester;
    bytes32 specHash;
    bytes32 proofHash;
}

/// @title IProofVerifier
/// @notice Decides whether a submitted proof is valid. It is never the requester of the task.
interface IProofVerifier {
    /// @notice Pending: nothing decided yet. Valid and Invalid are final for a claim.
    enum Verdict {
        Pending,
        Valid,
        Invalid
    }

    /// @notice The verdict on a claim made to the arbiter `msg.sender`.
    /// @dev Must answer within 900,000 gas: a verifier that needs more passes for undecided when an attempt lapses.
    /// @param claim The claim, as the arbiter recorded it.
    /// @param proof Proof bytes for verifiers that check them here; a verifier that uses them MUST treat bytes
    /// that do not hash to `claim.proofHash` as Pending, else anybody could fail an honest node with garbage.
    function verdict(ProofClaim calldata claim, bytes calldata proof) external view returns (Verdict);
}
