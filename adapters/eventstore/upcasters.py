"""How data of an older schema version becomes data of the next one.

An upcaster is a pure function of the JSON-ready data. It is registered under (stored name, schema version it
reads) and returns what the next version would have stored. None is needed yet: every event is at version 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters: TypeAlias = Mapping[tuple[str, int], Upcaster]

UPCASTERS: Upcasters = {}
