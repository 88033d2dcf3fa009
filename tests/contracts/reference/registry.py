"""Workflows and their versions: an append-only history with one active version each."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from tests.contracts.reference.facts import ZERO_BYTES32, Log, refuse, refuse_any
from tests.contracts.reference.roles import GOVERNANCE, Roles

NAME = "WorkflowRegistry"
UNSAFE_ROLLBACK = "Unsafe rollback detected"
ROLLBACK_STEPS = 64
NAME_BYTES = 64
URI_BYTES = 256


@dataclass(slots=True)
class Version:
    workflow_id: str
    parent: str
    content_hash: str
    published_at: int
    sequence: int
    revoked: bool = False


@dataclass(slots=True)
class Workflow:
    owner: str
    active: str = ZERO_BYTES32
    versions: int = 0


class Registry:
    """A method returns logs or raises Refused and changes nothing."""

    def __init__(self) -> None:
        self.roles = Roles(NAME)
        self.workflows: dict[str, Workflow] = {}
        self.versions: dict[str, Version] = {}

    def active_version_of(self, workflow_id: str) -> str:
        found = self.workflows.get(workflow_id)
        return found.active if found else ZERO_BYTES32

    def register(self, sender: str, name: str) -> list[Log]:
        workflow_id = workflow_id_of(sender, name)
        refuse(
            NameLength=not 1 <= len(name.encode()) <= NAME_BYTES,
            WorkflowExists=workflow_id in self.workflows,
        )
        self.workflows[workflow_id] = Workflow(sender)
        args = {"workflowId": workflow_id, "owner": sender, "name": name}
        return [Log(NAME, "WorkflowRegistered", args)]

    def publish(
        self,
        sender: str,
        *,
        now: int,
        workflow_id: str,
        content_hash: str,
        expected_active: str,
        content_uri: str,
    ) -> list[Log]:
        workflow = self.workflows.get(workflow_id)
        if workflow is None:
            refuse(
                UnknownWorkflow=True,
                ZeroContentHash=content_hash == ZERO_BYTES32,
                TextTooLong=len(content_uri.encode()) > URI_BYTES,
            )
            raise AssertionError
        parent = workflow.active
        version_hash = version_hash_of(workflow_id, parent, content_hash)
        refuse(
            NotWorkflowOwner=workflow.owner != sender,
            ZeroContentHash=content_hash == ZERO_BYTES32,
            TextTooLong=len(content_uri.encode()) > URI_BYTES,
            StaleActiveVersion=expected_active != parent,
            AlreadyPublished=version_hash in self.versions,
        )
        workflow.versions += 1
        workflow.active = version_hash
        self.versions[version_hash] = Version(
            workflow_id, parent, content_hash, now, workflow.versions
        )
        published = {
            "workflowId": workflow_id,
            "versionHash": version_hash,
            "parent": parent,
            "contentHash": content_hash,
            "sequence": workflow.versions,
            "contentURI": content_uri,
            "publisher": sender,
        }
        return [Log(NAME, "VersionPublished", published), _changed(parent, version_hash)]

    def is_safe_rollback(self, version_hash: str) -> bool:
        return bool(self._rolled_over(version_hash))

    def emergency_rollback(self, sender: str, version_hash: str) -> list[Log]:
        rolled_over = self._rolled_over(version_hash)
        refuse_any(
            self.roles.missing(GOVERNANCE, sender)
            | ({UNSAFE_ROLLBACK} if not rolled_over else set())
        )
        workflow_id = self.versions[version_hash].workflow_id
        for skipped in rolled_over:
            self.versions[skipped].revoked = True
        self.workflows[workflow_id].active = version_hash
        rolled_back = {
            "workflowId": workflow_id,
            "fromVersion": rolled_over[0],
            "toVersion": version_hash,
            "revokedCount": len(rolled_over),
            "by": sender,
        }
        return [
            *(
                Log(NAME, "VersionRevoked", {"workflowId": workflow_id, "versionHash": skipped})
                for skipped in rolled_over
            ),
            Log(NAME, "RolledBack", rolled_back),
            _changed(rolled_over[0], version_hash),
        ]

    def _rolled_over(self, version_hash: str) -> list[str]:
        """Return what a rollback to this version revokes, newest first; nothing when it is not safe."""
        target = self.versions.get(version_hash)
        if target is None or target.revoked:
            return []
        walked: list[str] = []
        at = self.workflows[target.workflow_id].active
        while at not in (version_hash, ZERO_BYTES32):
            walked.append(at)
            at = self.versions[at].parent
        return walked if at == version_hash and len(walked) <= ROLLBACK_STEPS else []


def workflow_id_of(owner: str, name: str) -> str:
    """Return sha256(owner, name)."""
    return "0x" + sha256(bytes.fromhex(owner[2:]) + name.encode()).hexdigest()


def version_hash_of(workflow_id: str, parent: str, content_hash: str) -> str:
    """Return sha256(workflowId, parent, contentHash)."""
    parts = (workflow_id, parent, content_hash)
    return "0x" + sha256(b"".join(bytes.fromhex(part[2:]) for part in parts)).hexdigest()


def _changed(active: str, version_hash: str) -> Log:
    return Log(NAME, "VersionChanged", {"activeVersion": active, "versionHash": version_hash})
