"""The canonical text of a graph, whose hash is a version's content hash.

The text is one JSON document in UTF-8 with these rules, so that any implementation can recompute it:

- no spaces or line ends outside of strings;
- one member, `tasks`: the tasks sorted by `id`;
- each task is an object with its members in this order (which is alphabetical): `after` (array of ids, sorted),
  `bounty_wei` (string of decimal digits), `gpu_hours` (integer), `id` (string), `kind` (string), `memory_gb`
  (integer), `priority` (true or false).

Ids and kinds hold only a-z, 0-9, `_`, `.` and `-`, so nothing needs an escape, and sorting by bytes, by code points
or by UTF-16 units is the same. The text is what RFC 8785 (JCS) makes of the same document. The order in which an
author listed the tasks is not part of the content.
"""

from __future__ import annotations

from hashlib import sha256

from domain.kernel.ids import Hash32
from domain.workflow.graph import TaskGraph, TaskNode
from domain.workflow.validation import check_graph


def canonical_text(graph: TaskGraph) -> str:
    """Return the canonical text of a valid graph. Raises InvalidGraph for another one."""
    # Unchecked names could hold a quote, and two graphs could share a text.
    check_graph(graph)
    tasks = sorted(graph.tasks, key=lambda task: task.id)
    return '{"tasks":[' + ",".join(_task_text(task) for task in tasks) + "]}"


def content_hash_of(graph: TaskGraph) -> Hash32:
    """Return sha256 of the graph's canonical text in UTF-8. Raises InvalidGraph for a graph that is not valid."""
    return Hash32("0x" + sha256(canonical_text(graph).encode()).hexdigest())


def _task_text(task: TaskNode) -> str:
    after = ",".join(f'"{needed}"' for needed in sorted(task.after))
    priority = "true" if task.priority else "false"
    return (
        f'{{"after":[{after}],"bounty_wei":"{task.bounty_wei}","gpu_hours":{task.gpu_hours},'
        f'"id":"{task.id}","kind":"{task.kind}","memory_gb":{task.memory_gb},'
        f'"priority":{priority}}}'
    )
