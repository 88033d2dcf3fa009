"""How data of an older schema version becomes data of the next one.

An upcaster is a pure function of the JSON-ready data. It is registered under (stored name, schema version it reads)
and returns what the next version would have stored, with personal texts open: the codec has opened them before, so no
upcaster sees a key. A new schema needs the new class, the upcaster, and `python -m tests.golden.samples`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters: TypeAlias = Mapping[tuple[str, int], Upcaster]


def texts_are_sealed(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data as it is: only how its personal texts are stored has changed."""
    return data


UPCASTERS: Upcasters = {
    ("node.registered", 1): texts_are_sealed,
    ("workflow.registered", 1): texts_are_sealed,
    ("registry.workflow_registered", 1): texts_are_sealed,
    ("registry.version_published", 1): texts_are_sealed,
}
