// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

import {IWorkflowRegistry, Workflow, WorkflowVersion} from "./interfaces/IWorkflowRegistry.sol";

/// @title WorkflowRegistry
/// @notice Which versions a workflow has had and which one is active. Nothing is ever deleted.
/// @dev A version's parent is the version that was active when it was published, so the parents of the active version
/// are a chain without revoked versions: a rollback revokes all that it steps over.
contract WorkflowRegistry is IWorkflowRegistry, AccessControl {
    /// @notice May roll a workflow back.
    bytes32 public constant GOVERNANCE_ROLE = keccak256("GOVERNANCE_ROLE");

    /// @notice Limits in bytes, and in versions for a rollback.
    uint256 public constant MAX_NAME_BYTES = 64;
    uint256 public constant MAX_URI_BYTES = 256;
    uint256 public constant MAX_ROLLBACK_STEPS = 64;

    mapping(bytes32 workflowId => Workflow) private _workflows;
    mapping(bytes32 versionHash => WorkflowVersion) private _versions;

    modifier onlyGovernance() {
        _checkRole(GOVERNANCE_ROLE);
        _;
    }

    /// @param admin Grants and revokes roles.
    /// @param governance Rolls back in an emergency.
    constructor(address admin, address governance) {
        require(admin != address(0) && governance != address(0), ZeroAddress());
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GOVERNANCE_ROLE, governance);
    }

    /// @inheritdoc IWorkflowRegistry
    function registerWorkflow(string calldata name) external returns (bytes32 workflowId) {
        uint256 length = bytes(name).length;
        require(length != 0 && length <= MAX_NAME_BYTES, NameLength(length, MAX_NAME_BYTES));
        workflowId = sha256(abi.encodePacked(msg.sender, name));
        require(_workflows[workflowId].owner == address(0), WorkflowExists(workflowId));

        _workflows[workflowId].owner = msg.sender;
        emit WorkflowRegistered(workflowId, msg.sender, name);
    }

    /// @inheritdoc IWorkflowRegistry
    function publishVersion(bytes32 workflowId, bytes32 contentHash, bytes32 expectedActive, string calldata contentURI)
        external
        returns (bytes32 versionHash)
    {
        Workflow storage flow = _workflows[workflowId];
        require(flow.owner != address(0), UnknownWorkflow(workflowId));
        require(flow.owner == msg.sender, NotWorkflowOwner(workflowId, msg.sender));
        require(contentHash != 0, ZeroContentHash());
        uint256 length = bytes(contentURI).length;
        require(length <= MAX_URI_BYTES, TextTooLong(length, MAX_URI_BYTES));
        bytes32 parent = flow.activeVersion;
        require(expectedActive == parent, StaleActiveVersion(expectedActive, parent));
        versionHash = sha256(abi.encodePacked(workflowId, parent, contentHash));
        require(_versions[versionHash].publishedAt == 0, AlreadyPublished(versionHash));

        uint32 sequence = ++flow.versions;
        flow.activeVersion = versionHash;
        _versions[versionHash] = WorkflowVersion({
            workflowId: workflowId,
            parent: parent,
            contentHash: contentHash,
            publishedAt: uint64(block.timestamp),
            sequence: sequence,
            revoked: false
        });
        emit VersionPublished(workflowId, versionHash, parent, contentHash, sequence, contentURI, msg.sender);
        emit VersionChanged(parent, versionHash);
    }

    /// @inheritdoc IWorkflowRegistry
    function emergencyRollback(bytes32 versionHash) external onlyGovernance {
        require(validateRollbackSafety(versionHash), "Unsafe rollback detected");
        bytes32 workflowId = _versions[versionHash].workflowId;
        bytes32 from = _workflows[workflowId].activeVersion;

        uint32 revoked = 0;
        // Ends within MAX_ROLLBACK_STEPS: the check above walked the same way.
        for (bytes32 step = from; step != versionHash; step = _versions[step].parent) {
            _versions[step].revoked = true;
            ++revoked;
            emit VersionRevoked(workflowId, step);
        }
        _workflows[workflowId].activeVersion = versionHash;
        emit RolledBack(workflowId, from, versionHash, revoked, msg.sender);
        emit VersionChanged(from, versionHash);
    }

    /// @inheritdoc IWorkflowRegistry
    function validateRollbackSafety(bytes32 versionHash) public view returns (bool) {
        WorkflowVersion storage target = _versions[versionHash];
        if (target.publishedAt == 0 || target.revoked) return false;
        bytes32 step = _workflows[target.workflowId].activeVersion;
        for (uint256 i = 0; i < MAX_ROLLBACK_STEPS && step != 0; ++i) {
            step = _versions[step].parent;
            if (step == versionHash) return true;
        }
        return false;
    }

    /// @inheritdoc IWorkflowRegistry
    function previousVersions(bytes32 versionHash) external view returns (bytes32) {
        return _versions[versionHash].parent;
    }

    /// @inheritdoc IWorkflowRegistry
    function activeVersionOf(bytes32 workflowId) external view returns (bytes32) {
        return _workflows[workflowId].activeVersion;
    }

    /// @inheritdoc IWorkflowRegistry
    function version(bytes32 versionHash) external view returns (WorkflowVersion memory) {
        return _versions[versionHash];
    }

    /// @inheritdoc IWorkflowRegistry
    function workflow(bytes32 workflowId) external view returns (Workflow memory) {
        return _workflows[workflowId];
    }
}
