"""Run slither over the contracts and compare its findings with those that slither.md answers.

`python -m contracts.slither_check` takes slither from `$SLITHER_BINARY` or the path, and forge from `node_modules`
(`npm ci` in contracts/) or the path.
Exit code 1: a finding without an answer, or an answer without a finding.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contracts.sources import ROOT, BuildError

ANSWERS = ROOT / "slither.md"
TIMEOUT_SECONDS = 300

_SECTION = re.compile(r"^## `([a-z0-9-]+)`", re.MULTILINE)
_PLACE = re.compile(r"^- `([^`]+)`$", re.MULTILINE)


def answered(text: str) -> Counter[tuple[str, str]]:
    """Return (detector, place) of each finding that the page answers: a section per detector, an item per place."""
    _, *parts = _SECTION.split(text)
    return Counter(
        (detector, place)
        for detector, body in zip(parts[::2], parts[1::2], strict=True)
        for place in _PLACE.findall(body)
    )


def found(report: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Return (detector, place) of each finding of a report. A place is `file: name`, without line numbers."""
    results: Iterable[dict[str, Any]] = report["results"].get("detectors", ())
    return Counter((result["check"], _place(result["elements"][0])) for result in results)


def _place(element: dict[str, Any]) -> str:
    file = element["source_mapping"]["filename_relative"]
    parent = element.get("type_specific_fields", {}).get("parent", {})
    owner = parent.get("name", "")
    return f"{file}: {owner}.{element['name']}" if owner else f"{file}: {element['name']}"


def find_slither() -> str | None:
    """Return the executable: `$SLITHER_BINARY`, else the one on the path, if there is one."""
    return os.environ.get("SLITHER_BINARY") or shutil.which("slither")


def run() -> dict[str, Any]:
    """Return slither's report. Raises BuildError when it is not there or cannot compile."""
    slither = find_slither()
    if slither is None:
        raise BuildError(
            "no slither: install slither-analyzer in an environment of its own, or set SLITHER_BINARY"
        )
    forges = [path.parent for path in (ROOT / "node_modules" / "@foundry-rs").glob("*/bin/forge")]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*map(str, forges), os.environ.get("PATH", "")]),
        "FOUNDRY_SOLC": str(ROOT / "solc_node" / "solc"),
    }
    with tempfile.TemporaryDirectory() as folder:
        report, out = Path(folder) / "report.json", str(Path(folder) / "out")
        ended = subprocess.run(
            [slither, ".", "--json", str(report), "--foundry-out-directory", out],
            cwd=ROOT,
            env={**environment, "FOUNDRY_OUT": out, "FOUNDRY_CACHE_PATH": f"{folder}/cache"},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        if not report.exists():
            raise BuildError(f"slither gave no report:\n{ended.stderr[-3000:]}")
        read: dict[str, Any] = json.loads(report.read_text("utf-8"))
    if not read["success"]:
        raise BuildError(f"slither failed: {read['error']}")
    return read


def main() -> int:
    """Compare and say what differs."""
    told, known = found(run()), answered(ANSWERS.read_text("utf-8"))
    for detector, place in sorted((told - known).elements()):
        sys.stderr.write(f"new finding: {detector} at {place}\n")
    for detector, place in sorted((known - told).elements()):
        sys.stderr.write(f"answered, but no longer found: {detector} at {place}\n")
    sys.stderr.write(
        f"slither: {told.total()} findings, {(told - known).total()} without an answer\n"
    )
    return 1 if told != known else 0


if __name__ == "__main__":
    sys.exit(main())
