"""The Solidity sources as the compiler sees them: our own files and the vendored ones they reach.

The closure of imports is explicit, so the compiler never touches the disk and its input can be hashed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENDORED_PREFIX = "@openzeppelin/"

_IMPORT = re.compile(r"""^\s*import\s+(?:[^"';]*?from\s+)?["']([^"']+)["']""", re.MULTILINE)


class BuildError(Exception):
    """Sources, record, artifacts and bindings do not agree, or there is no way to compile."""


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def import_closure(entries: list[str], root: Path = ROOT) -> Mapping[str, str]:
    """Return source text by unit name for `entries` and all that they import, sorted by name.

    A unit is named by its path below `root`, or by `@openzeppelin/...` when it is vendored.
    Raises BuildError when an import leads nowhere.
    """
    found: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        unit = waiting.pop()
        if unit in found:
            continue
        path = root / "vendor" / unit if unit.startswith(VENDORED_PREFIX) else root / unit
        try:
            found[unit] = path.read_text("utf-8")
        except FileNotFoundError:
            raise BuildError(
                f"{unit} is imported, but there is no file {path.relative_to(root)}"
            ) from None
        waiting.extend(_resolve(unit, target) for target in _IMPORT.findall(found[unit]))
    return dict(sorted(found.items()))


def own_units(root: Path = ROOT) -> list[str]:
    """Return the names of all our own source units."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "src").rglob("*.sol"))


def _resolve(importer: str, target: str) -> str:
    if not target.startswith("."):
        return target
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))
