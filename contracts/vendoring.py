"""`python -m contracts.vendoring <unpacked npm package> <licence file>`: renew `vendor/`.

Copies exactly the OpenZeppelin files that our sources reach, and lists them with their hashes in
`vendor/manifest.json`. The licence is given apart because the npm package does not carry it.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from contracts.sources import (
    ROOT,
    BuildError,
    import_closure,
    own_units,
    sha256_hex,
)

TIMELOCK_UNIT = "@openzeppelin/contracts/governance/TimelockController.sol"
_PACKAGE = "@openzeppelin/contracts"


def entry_units(root: Path = ROOT) -> list[str]:
    """Return the units that the build starts from: all of ours, and the timelock as it stands."""
    return [*own_units(root), TIMELOCK_UNIT]


def check_vendored(root: Path = ROOT) -> None:
    """Raise BuildError naming the first vendored file that is not what the manifest says."""
    manifest = json.loads((root / "vendor" / "manifest.json").read_text("utf-8"))
    listed: dict[str, str] = manifest["files"]
    folder = root / "vendor" / _PACKAGE
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(present ^ listed.keys()):
        fault = "is not in the manifest" if name in present else "is missing"
        raise BuildError(f"vendor/{_PACKAGE}/{name} {fault}")
    for name, expected in listed.items():
        if sha256_hex((folder / name).read_bytes()) != expected:
            raise BuildError(f"vendor/{_PACKAGE}/{name} differs from the manifest")


def vendor(package: Path, licence: Path, root: Path = ROOT) -> int:
    """Replace `vendor/` by the closure taken from `package`; return the number of source files."""
    about = json.loads((package / "package.json").read_text("utf-8"))
    if about["name"] != _PACKAGE:
        raise BuildError(f"{package} holds {about['name']}, not {_PACKAGE}")
    folder = root / "vendor" / _PACKAGE
    shutil.rmtree(root / "vendor", ignore_errors=True)
    shutil.copytree(package, folder, ignore=shutil.ignore_patterns("build"))
    needed = {unit.removeprefix(_PACKAGE + "/") for unit in import_closure(entry_units(root), root)}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in needed:
            path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    shutil.copyfile(licence, folder / "LICENSE")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "package": _PACKAGE,
        "version": about["version"],
        "licence": about["license"],
        "files": {
            path.relative_to(folder).as_posix(): sha256_hex(path.read_bytes()) for path in files
        },
    }
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (root / "vendor" / "manifest.json").write_text(text, "utf-8")
    return len(files) - 1


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    if len(arguments) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    count = vendor(Path(arguments[0]), Path(arguments[1]))
    sys.stdout.write(f"vendored {count} source files\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
