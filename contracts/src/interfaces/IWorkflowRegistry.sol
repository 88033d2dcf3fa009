// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice One published version of a workflow.
struct WorkflowVersion {
    bytes32 workflowId;
    bytes32 parent;
    bytes32 contentHash;
    uint64 publishedAt;
    /// 1 for the first version of its workflow; only grows.
    uint32 sequence;
    bool revoked;
}

/// @notice One workflow.
struct Workflow {
    address owner;
    /// How many versions were ever published, revoked ones included.
    uint32 versions;
    /// Zero before the first version.
    bytes32 activeVersion;
}

/// @title IWorkflowRegistry
/// @notice Append-only history of workflow versions, with one active version for each workflow.
interface IWorkflowRegistry {
    /// @notice `owner` registered a workflow; `workflowId` is sha256(owner, name).
    event WorkflowRegistered(bytes32 indexed workflowId, address indexed owner, string name);
    /// @notice A version was published on top of `parent`; `versionHash` is sha256(workflowId, parent, contentHash).
    event VersionPublished(
        bytes32 indexed workflowId,
        bytes32 indexed versionHash,
        bytes32 parent,
        bytes32 contentHash,
        uint32 sequence,
        string contentURI,
        address publisher
    );
    /// @notice `versionHash` is active from now on, in place of `activeVersion`.
    event VersionChanged(bytes32 indexed activeVersion, bytes32 indexed versionHash);
    /// @notice A version that was rolled over; it never becomes active again.
    event VersionRevoked(bytes32 indexed workflowId, bytes32 indexed versionHash);
    /// @notice An emergency rollback from `fromVersion` back to `toVersion` revoked `revokedCount` versions.
    event RolledBack(
        bytes32 indexed workflowId,
        bytes32 indexed fromVersion,
        bytes32 indexed toVersion,
        uint32 revokedCount,
        address by
    );

    /// @notice A name must have 1 to `maximum` bytes.
    error NameLength(uint256 length, uint256 maximum);
    /// @notice The text is longer than the contract accepts.
    error TextTooLong(uint256 length, uint256 maximum);
    /// @notice The caller registered a workflow of this name before.
    error WorkflowExists(bytes32 workflowId);
    /// @notice No workflow has this id.
    error UnknownWorkflow(bytes32 workflowId);
    /// @notice Only the owner of the workflow may do this.
    error NotWorkflowOwner(bytes32 workflowId, address caller);
    /// @notice The zero address has no meaning here.
    error ZeroAddress();
    /// @notice The content hash must not be zero.
    error ZeroContentHash();
    /// @notice This version exists already; a hash is published once, even after it was revoked.
    error AlreadyPublished(bytes32 versionHash);
    /// @notice Another version became active since the publisher looked.
    error StaleActiveVersion(bytes32 expected, bytes32 activeVersion);

    /// @notice Registers a workflow owned by the caller.
    /// @param name 1 to 64 bytes, unique for its owner.
    /// @return workflowId sha256(abi.encodePacked(owner, name)).
    function registerWorkflow(string calldata name) external returns (bytes32 workflowId);

    /// @notice Publishes a version on top of the active one, and makes it active. Owner of the workflow only.
    /// @param expectedActive The version the publisher built on; refused when it is no longer the active one.
    /// @param contentURI Where the content is found; at most 256 bytes, kept in the log only.
    /// @return versionHash sha256(abi.encodePacked(workflowId, parent, contentHash)).
    function publishVersion(bytes32 workflowId, bytes32 contentHash, bytes32 expectedActive, string calldata contentURI)
        external
        returns (bytes32 versionHash);

    /// @notice Makes `versionHash` active again and revokes every version published after it. Governance only.
    /// @dev Reverts with "Unsafe rollback detected" unless `validateRollbackSafety(versionHash)`.
    function emergencyRollback(bytes32 versionHash) external;

    /// @notice Whether a rollback may go to this version: it is known, not revoked, and a strict ancestor of its
    /// workflow's active version, at most 64 versions back.
    function validateRollbackSafety(bytes32 versionHash) external view returns (bool);

    /// @notice The version that `versionHash` was published on; zero for a first version or an unknown one.
    function previousVersions(bytes32 versionHash) external view returns (bytes32);

    /// @notice The version with this hash; all zero when there is none.
    function version(bytes32 versionHash) external view returns (WorkflowVersion memory);

    /// @notice The workflow with this id; all zero when there is none.
    function workflow(bytes32 workflowId) external view returns (Workflow memory);

    /// @notice The active version of a workflow, zero before its first one.
    function activeVersionOf(bytes32 workflowId) external view returns (bytes32);
}
