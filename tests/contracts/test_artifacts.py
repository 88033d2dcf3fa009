from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts import artifact, build, compiler, vendoring
from contracts.sources import ROOT, BuildError, import_closure, sha256_hex

NODE_COMPILER = ROOT / "solc_node" / "solc"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of everything that `verify` looks at."""
    for part in ("src", "vendor", "artifacts", "bindings"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


@pytest.fixture
def npm_compiler(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return our executable over the npm package `solc`, as the compiler that is used."""
    if shutil.which("node") is None:
        pytest.skip("needs Node")
    if subprocess.run([NODE_COMPILER, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs the npm package solc: run `npm ci` in contracts/")
    monkeypatch.setenv("SOLC_BINARY", str(NODE_COMPILER))
    return NODE_COMPILER


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_committed_agrees_with_itself() -> None:
    assert build.verify() > 0


def test_a_copy_elsewhere_agrees_with_itself(copy: Path) -> None:
    assert build.verify(copy) == build.verify()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("src/AGPT.sol", "AgentGPT", "AgentGPT2"),
        ("src/interfaces/IProofVerifier.sol", "Pending:", "Undecided:"),
        ("artifacts/AGPT.json", "0x60", "0x61"),
        ("artifacts/WorkflowRegistry.json", '"name": "owner"', '"name": "holder"'),
        ("artifacts/build-record.json", compiler.SOLC_VERSION, "0.8.36+commit.00000000"),
        ("artifacts/build-record.json", '"runs": 200', '"runs": 1'),
        ("artifacts/build-record.json", "src/AGPT.sol", "src/Other.sol"),
        ("artifacts/build-record.json", '"sources"', '"inputs"'),
        ("artifacts/build-record.json", "{", "["),
        ("bindings/agpt.py", "Transfer", "Transmit"),
        ("vendor/@openzeppelin/contracts/token/ERC20/ERC20.sol", "return 18;", "return 6;"),
        ("vendor/@openzeppelin/contracts/LICENSE", "MIT", "GPL"),
    ],
)
def test_a_changed_file_is_named(copy: Path, name: str, old: str, new: str) -> None:
    edit(copy / name, old, new)
    with pytest.raises(BuildError, match=name.rsplit("/", 1)[-1] + "|of the build record"):
        build.verify(copy)


@pytest.mark.parametrize(
    "name",
    [
        "artifacts/AGPT.json",
        "artifacts/build-record.json",
        "bindings/agpt.py",
        "src/interfaces/IProofVerifier.sol",
        "vendor/@openzeppelin/contracts/utils/Pausable.sol",
    ],
)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BuildError, match=name.rsplit("/", 1)[-1]):
        build.verify(copy)


@pytest.mark.parametrize(
    "name", ["artifacts/Stray.json", "src/Stray.sol", "vendor/@openzeppelin/contracts/Stray.sol"]
)
def test_a_file_that_nothing_vouches_for_is_named(copy: Path, name: str) -> None:
    (copy / name).write_text("// nothing\n", "utf-8")
    with pytest.raises(BuildError, match="Stray"):
        build.verify(copy)


def test_bindings_that_the_generator_did_not_write_are_found_even_with_a_matching_record(
    copy: Path,
) -> None:
    edit(copy / "bindings" / "agpt.py", "Transfer", "Transmit")
    record_path = copy / "artifacts" / "build-record.json"
    record = json.loads(record_path.read_text("utf-8"))
    record["bindings"]["bindings/agpt.py"] = sha256_hex(
        (copy / "bindings" / "agpt.py").read_bytes()
    )
    record_path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(BuildError, match=r"agpt\.py is not what the generator gives"):
        build.verify(copy)


def test_verify_fails_with_exit_code_1_and_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BuildError("artifacts/AGPT.json does not agree")

    assert build.main(["--verify"]) == 0
    monkeypatch.setattr(build, "verify", refuse)
    assert build.main(["--verify"]) == 1
    assert capsys.readouterr().err == "contracts: artifacts/AGPT.json does not agree\n"


def test_an_import_that_leads_nowhere_is_refused(copy: Path) -> None:
    edit(copy / "src" / "AGPT.sol", "AccessControl.sol", "NoSuchFile.sol")
    with pytest.raises(BuildError, match=r"NoSuchFile\.sol"):
        import_closure(["src/AGPT.sol"], copy)


def test_only_the_files_that_our_sources_reach_are_vendored() -> None:
    reached = {unit for unit in import_closure(vendoring.entry_units()) if unit.startswith("@")}
    folder = ROOT / "vendor"
    assert reached == {path.relative_to(folder).as_posix() for path in folder.rglob("*.sol")}


def test_vendoring_again_from_the_vendored_files_changes_nothing(
    copy: Path, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    shutil.copytree(copy / "vendor" / "@openzeppelin" / "contracts", package)
    licence = package / "LICENSE"
    about = json.loads((copy / "vendor" / "manifest.json").read_text("utf-8"))
    (package / "package.json").write_text(
        json.dumps(
            {"name": about["package"], "version": about["version"], "license": about["licence"]}
        ),
        "utf-8",
    )
    vendoring.vendor(package, licence, copy)
    assert build.verify(copy) == build.verify()


def test_a_compiler_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "solc"
    other.write_text("#!/bin/sh\necho 'Version: 0.8.36+commit.12345678.Linux.g++'\n", "utf-8")
    other.chmod(0o755)
    monkeypatch.setenv("SOLC_BINARY", str(other))
    with pytest.raises(BuildError, match=r"0\.8\.36.*0\.8\.37"):
        compiler.find_compiler(offline=True)


def test_a_file_that_is_no_compiler_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOLC_BINARY", str(tmp_path / "nothing"))
    with pytest.raises(BuildError, match="does not run as solc"):
        compiler.find_compiler(offline=True)


def test_without_any_compiler_the_ways_to_get_one_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOLC_BINARY", raising=False)
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"SOLC_BINARY.*npm ci"):
        compiler.find_compiler(offline=True)
    assert "py-solc-x: solc 0.8.37 is not installed" in capsys.readouterr().err


@pytest.mark.node
@pytest.mark.slow
def test_compiling_again_gives_the_committed_bytes_and_names_what_differs(
    npm_compiler: Path, copy: Path
) -> None:
    edit(copy / "artifacts" / "AttesterVerifier.json", "0x60", "0x61")
    with pytest.raises(
        BuildError, match=r"artifacts/AttesterVerifier\.json is not what the compiler gives"
    ):
        build.check(offline=True, root=copy)
    # Only the damaged file is written again, so all others were what the compiler gives.
    assert build.build(offline=True, root=copy) == 1
    assert build.verify(copy) == build.verify()


@pytest.mark.node
def test_sources_that_do_not_compile_are_refused_in_the_words_of_the_compiler(
    npm_compiler: Path, copy: Path
) -> None:
    edit(copy / "src" / "AGPT.sol", "uint256 room = CAP", "uint256 room = NOTHING")
    with pytest.raises(BuildError, match="Undeclared identifier"):
        compiler.compile_contracts(offline=True, root=copy)


@pytest.mark.node
def test_the_npm_compiler_takes_the_options_of_the_native_one_and_refuses_others(
    npm_compiler: Path,
) -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [npm_compiler, *options],
            input="{}",
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )

    assert f"Version: {compiler.SOLC_VERSION}" in run("--version").stdout
    assert json.loads(run("--standard-json", "--base-path", "src", "--allow-paths=src").stdout)[
        "errors"
    ]
    assert (run("--bin").returncode, run("--bin").stderr) == (1, "unrecognised option '--bin'\n")
    assert run().returncode == 1


@pytest.mark.parametrize("name", artifact.NAMES)
def test_an_artifact_fits_on_a_chain_and_recognises_its_own_code(name: str) -> None:
    loaded = artifact.load(name)
    code = bytearray(loaded.deployed_bytecode)
    assert (loaded.name, len(code) <= 24_576) == (name, True)

    for offset, length in loaded.immutable_references:
        code[offset : offset + length] = b"\xee" * length
    assert loaded.matches_code(bytes(code))
    code[0] ^= 1
    assert not loaded.matches_code(bytes(code))
    assert not loaded.matches_code(loaded.deployed_bytecode + b"\x00")
    assert not loaded.matches_code(b"")


def test_a_contract_that_is_not_ours_has_no_artifact() -> None:
    with pytest.raises(KeyError, match="no contract Other"):
        artifact.load("Other")
