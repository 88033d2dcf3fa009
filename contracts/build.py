"""`python -m contracts.build`: Solidity to the committed artifacts, bindings and build record.

(no option)  compile, and rewrite what is out of date
--check      compile, and fail unless that gives the committed bytes; names the first file that differs
--verify     no compiler: sources, record, artifacts and bindings agree with each other
--offline    never download a compiler
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts import artifact, codegen
from contracts.compiler import CONTRACTS, SETTINGS, SOLC_VERSION, compile_contracts
from contracts.sources import ROOT, BuildError, import_closure, sha256_hex
from contracts.vendoring import check_vendored, entry_units

_RECORD = "artifacts/build-record.json"


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code: 0, or 1 when something differs or cannot be compiled."""
    parser = argparse.ArgumentParser(
        prog="python -m contracts.build", description="Compile the contracts."
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="recompile and compare byte for byte")
    mode.add_argument("--verify", action="store_true", help="compare hashes, without a compiler")
    parser.add_argument("--offline", action="store_true", help="never download a compiler")
    options = parser.parse_args(arguments)
    try:
        if options.verify:
            print(f"verified: {verify()} files agree with the build record")
        elif options.check:
            print(f"checked: {check(offline=options.offline)} files are what the compiler gives")
        else:
            print(f"built: {build(offline=options.offline)} files written")
    except BuildError as error:
        print(f"contracts: {error}", file=sys.stderr)
        return 1
    return 0


def build(*, offline: bool, root: Path = ROOT) -> int:
    """Compile, write every generated file that changed, and return how many did."""
    written = 0
    for name, content in _generated(offline=offline, root=root).items():
        path = root / name
        if path.exists() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written += 1
    return written


def check(*, offline: bool, root: Path = ROOT) -> int:
    """Compile, and return the number of generated files, or raise BuildError naming the first that differs."""
    expected = _generated(offline=offline, root=root)
    for name, content in expected.items():
        if _read(root, name) != content:
            raise BuildError(
                f"{name} is not what the compiler gives; run `python -m contracts.build`"
            )
    _refuse_strays(root, expected)
    return len(expected)


def verify(root: Path = ROOT) -> int:
    """Return the number of files that the build record covers, or raise BuildError naming the first that disagrees."""
    check_vendored(root)
    record = _load_record(root)
    if (record["compiler"], record["settings"]) != (SOLC_VERSION, dict(SETTINGS)):
        raise BuildError(
            f"{_RECORD} was made by another compiler or with other settings than build.py asks for"
        )
    sources = {
        name: sha256_hex(text.encode())
        for name, text in import_closure(entry_units(root), root).items()
    }
    _compare("sources", record["sources"], sources)
    artifacts = {name: _read(root, _artifact_file(name)) for name in CONTRACTS}
    _compare(
        "artifacts",
        record["artifacts"],
        {_artifact_file(name): sha256_hex(content) for name, content in artifacts.items()},
    )
    bindings = _bindings({name: json.loads(content) for name, content in artifacts.items()})
    _compare(
        "bindings", record["bindings"], {name: sha256_hex(_read(root, name)) for name in bindings}
    )
    for name, content in bindings.items():
        if _read(root, name) != content:
            raise BuildError(
                f"{name} is not what the generator gives; run `python -m contracts.build`"
            )
    _refuse_strays(root, {**record["artifacts"], **record["bindings"], _RECORD: ""})
    return len(sources) + len(record["artifacts"]) + len(record["bindings"])


def _generated(*, offline: bool, root: Path) -> Mapping[str, bytes]:
    """Return every generated file by its name below `root`."""
    check_vendored(root)
    compiled = compile_contracts(offline=offline, root=root)
    artifacts = {_artifact_file(name): _json(content) for name, content in compiled.items()}
    bindings = _bindings(compiled)
    sources = import_closure(entry_units(root), root)
    record = {
        "compiler": SOLC_VERSION,
        "settings": SETTINGS,
        "sources": {name: sha256_hex(text.encode()) for name, text in sources.items()},
        "artifacts": {name: sha256_hex(content) for name, content in artifacts.items()},
        "bindings": {name: sha256_hex(content) for name, content in bindings.items()},
    }
    return {**artifacts, **bindings, _RECORD: _json(record)}


def _artifact_file(name: str) -> str:
    return f"{artifact.ARTIFACTS.name}/{name}.json"


def _bindings(compiled: Mapping[str, Mapping[str, Any]]) -> Mapping[str, bytes]:
    return {
        f"bindings/{codegen.module_name(name)}.py": codegen.generate(name, content["abi"]).encode()
        for name, content in sorted(compiled.items())
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _read(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except FileNotFoundError:
        raise BuildError(f"{name} is missing; run `python -m contracts.build`") from None


def _load_record(root: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(_read(root, _RECORD))
        if {*record} == {"compiler", "settings", "sources", "artifacts", "bindings"}:
            return dict(record)
    except (ValueError, TypeError):
        pass
    raise BuildError(f"{_RECORD} is not a build record; run `python -m contracts.build`")


def _compare(kind: str, recorded: Mapping[str, str], present: Mapping[str, str]) -> None:
    for name in sorted({*recorded, *present}):
        if recorded.get(name) != present.get(name):
            raise BuildError(f"{name} does not agree with the {kind} of the build record")


def _refuse_strays(root: Path, known: Mapping[str, object]) -> None:
    """Raise BuildError for an artifact that nothing vouches for beside those that are vouched for."""
    for path in sorted((root / "artifacts").iterdir()):
        name = path.relative_to(root).as_posix()
        if name not in known:
            raise BuildError(f"{name} belongs to no contract; delete it")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
