// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IAttesterVerifier} from "./interfaces/IAttesterVerifier.sol";
import {IProofVerifier, ProofClaim} from "./interfaces/IProofVerifier.sol";

/// @title AttesterVerifier
/// @notice A verifier whose verdicts are given by attesters under their own names.
/// @dev Warning: one attester's word settles a claim. Each verdict is on record with its author, so a false one can be
/// shown and its author removed, but it is not undone.
contract AttesterVerifier is IAttesterVerifier, AccessControl {
    /// @notice May attest.
    bytes32 public constant ATTESTER_ROLE = keccak256("ATTESTER_ROLE");

    mapping(bytes32 statement => Verdict) private _verdicts;

    /// @param admin Grants and revokes roles.
    constructor(address admin) {
        require(admin != address(0), ZeroAddress());
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IAttesterVerifier
    function attest(address arbiter, ProofClaim calldata claim, bool valid) external onlyRole(ATTESTER_ROLE) {
        require(msg.sender != claim.requester && msg.sender != claim.node, AttesterConflict(msg.sender));
        bytes32 statement = statementOf(arbiter, claim);
        require(_verdicts[statement] == Verdict.Pending, AlreadyAttested(statement));
        _verdicts[statement] = valid ? Verdict.Valid : Verdict.Invalid;
        emit ProofAttested(claim.taskId, msg.sender, arbiter, claim.epoch, claim.node, claim.proofHash, valid);
    }

    /// @inheritdoc IProofVerifier
    /// @dev The proof itself is not looked at: the attesters have.
    function verdict(ProofClaim calldata claim, bytes calldata) external view returns (Verdict) {
        return verdictOf(msg.sender, claim);
    }

    /// @inheritdoc IAttesterVerifier
    function verdictOf(address arbiter, ProofClaim calldata claim) public view returns (Verdict) {
        return _verdicts[statementOf(arbiter, claim)];
    }

    /// @inheritdoc IAttesterVerifier
    function statementOf(address arbiter, ProofClaim calldata claim) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), arbiter, claim));
    }
}
