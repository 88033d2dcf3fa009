"""The deployment file: where the contracts stand, and on which chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.application.ports import Deployment
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32

SCHEMA: Final = 1

_LARGEST_BYTES: Final = 1 << 16
_HINT: Final = "write a deployment file with `agentgpt contracts deploy --out FILE`"

_AddressText = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
_HashText = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Contracts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    token: _AddressText
    arbiter: _AddressText
    registry: _AddressText
    verifier: _AddressText
    timelock: _AddressText


class _DeploymentFile(BaseModel):
    """The file's shape. A field that is not listed here is refused, so that a typing error is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    # `schema` is a method of the library's models.
    schema_number: int = Field(alias="schema")
    chain_id: _Count
    genesis_hash: _HashText
    start_block: _Count
    contracts: _Contracts


def read_deployment(path: Path) -> Deployment:
    """Return the deployment that the file describes. Raises InvalidInput that names what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            f"cannot read the deployment file {path}: {reason}", hint=_HINT
        ) from error
    return parse_deployment(content, named=str(path))


def parse_deployment(content: bytes, *, named: str) -> Deployment:
    """Return the deployment that JSON bytes describe; errors call them `named`. Raises InvalidInput."""
    if len(content) > _LARGEST_BYTES:
        raise InvalidInput(f"{named} is too large for a deployment file", hint=_HINT)
    try:
        raw: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{named} is not JSON: {error}", hint=_HINT) from error
    if isinstance(raw, dict) and isinstance(raw.get("schema"), int) and raw["schema"] != SCHEMA:
        raise InvalidInput(
            f"{named}: `schema` is {raw['schema']}, this version reads {SCHEMA}",
            hint="deploy again, or use the version of the program that wrote the file",
        )
    try:
        model = _DeploymentFile.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InvalidInput(f"{named}: `{field}`: {first['msg']}", hint=_HINT) from error
    deployment = Deployment(
        chain_id=ChainId(model.chain_id),
        genesis_hash=Hash32(model.genesis_hash.lower()),
        start_block=BlockNumber(model.start_block),
        token=Address(model.contracts.token.lower()),
        arbiter=Address(model.contracts.arbiter.lower()),
        registry=Address(model.contracts.registry.lower()),
        verifier=Address(model.contracts.verifier.lower()),
        timelock=Address(model.contracts.timelock.lower()),
    )
    if len({address for _, address in contracts_of(deployment)}) != len(contracts_of(deployment)):
        raise InvalidInput(
            f"{named}: `contracts`: one address stands for two contracts", hint=_HINT
        )
    return deployment


def contracts_of(deployment: Deployment) -> tuple[tuple[str, Address], ...]:
    """Return the name of each contract's artifact with its address."""
    return (
        ("AGPT", deployment.token),
        ("HeavyComputeArbiter", deployment.arbiter),
        ("WorkflowRegistry", deployment.registry),
        ("AttesterVerifier", deployment.verifier),
        ("TimelockController", deployment.timelock),
    )


def write_deployment(path: Path, deployment: Deployment) -> None:
    """Write the file, whole or not at all. Raises InvalidInput when the place cannot be written to."""
    document = {
        "schema": SCHEMA,
        "chain_id": deployment.chain_id,
        "genesis_hash": deployment.genesis_hash,
        "start_block": deployment.start_block,
        "contracts": {
            "token": deployment.token,
            "arbiter": deployment.arbiter,
            "registry": deployment.registry,
            "verifier": deployment.verifier,
            "timelock": deployment.timelock,
        },
    }
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            f"cannot write the deployment file {path}: {reason}", hint="give another --out"
        ) from error
