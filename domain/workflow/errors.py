"""What the rules of workflows refuse."""

from __future__ import annotations

from domain.kernel.errors import InvalidInput, NotFound, RuleRejected, VersionConflict
from domain.kernel.ids import ZERO_HASH, Hash32


class InvalidWorkflowName(InvalidInput):
    """A name that the registry could not store or a person could not read."""

    code = "invalid-workflow-name"


class InvalidLabel(InvalidInput):
    """A label of a version that is empty, too long or not printable."""

    code = "invalid-label"


_GRAPH_HINT = (
    "a graph is `{tasks: [{id, kind, gpu_hours, memory_gb, bounty_wei, priority, after}]}`, where `after` "
    "names tasks of the same graph without a cycle"
)


class InvalidGraph(InvalidInput):
    """A task graph that cannot be run. `path` names the place, such as `tasks[3].after[0]`."""

    code = "invalid-graph"

    def __init__(self, path: str, problem: str, *, hint: str = _GRAPH_HINT) -> None:
        super().__init__(f"{path}: {problem}", hint=hint)
        self.path = path


class UnknownWorkflow(NotFound):
    """No workflow of this id was registered here."""

    code = "unknown-workflow"

    def __init__(self, workflow_id: Hash32) -> None:
        super().__init__(
            f"no workflow {workflow_id} is registered here", hint="register the workflow first"
        )


class LabelTaken(RuleRejected):
    """Another version of the workflow has the label."""

    code = "label-taken"

    def __init__(self, label: str) -> None:
        super().__init__(
            f"another version of this workflow is labelled `{label}`", hint="choose another label"
        )


class VersionExists(RuleRejected):
    """The same content was published on the same parent before; a hash is published once."""

    code = "version-exists"

    def __init__(self, version_hash: Hash32) -> None:
        super().__init__(
            f"version {version_hash} was published before",
            hint="change the graph, or go on from the version that exists",
        )


class StaleParent(VersionConflict):
    """The workflow moved on since its head was looked at; nothing was written."""

    code = "stale-parent"

    def __init__(self, expected: Hash32, head: Hash32) -> None:
        super().__init__(
            f"the version was built on {_name(expected)}, the workflow is at {_name(head)}",
            hint="look at the present head and publish on top of it",
        )


def _name(version_hash: Hash32) -> str:
    return "no version" if version_hash == ZERO_HASH else version_hash
