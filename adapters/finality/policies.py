"""Finality policies as data files: those that are shipped, and ones that somebody wrote."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.chain.finality import CAUTIOUS, FinalityPolicy, FinalityRule, check_policy
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import ChainId

_FOLDER: Final = Path(__file__).parent / "data"
_FILE_BYTES_MAX: Final = 65_536

_Text = Annotated[str, Field(max_length=2_000)]


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    tag: _Text = ""
    confirmations: int = 0


class _PolicyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    version: int
    title: _Text = ""
    chain_ids: Annotated[list[int], Field(max_length=100)] = []
    sla_seconds: Annotated[int, Field(ge=0)] = 0
    notes: _Text = ""
    sources: Annotated[list[_Text], Field(max_length=20)] = []
    safe: _RuleFile
    final: _RuleFile


@cache
def shipped_policies() -> tuple[FinalityPolicy, ...]:
    """Return the policies that come with the program, by name."""
    return tuple(_parsed(path.read_bytes(), path.name) for path in sorted(_FOLDER.glob("*.toml")))


def policy_for(chain_id: ChainId) -> FinalityPolicy:
    """Return the shipped policy of a chain, the cautious one where none is shipped."""
    fitting = (policy for policy in shipped_policies() if chain_id in policy.chain_ids)
    return next(fitting, CAUTIOUS)


def policy_named(text: str) -> FinalityPolicy:
    """Return the policy that a shipped name or a file's path stands for.

    Raises InvalidInput when there is none, and for a file that is not one.
    """
    shipped = {policy.name: policy for policy in (*shipped_policies(), CAUTIOUS)}
    if text in shipped:
        return shipped[text]
    path = Path(text)
    if not path.is_file():
        raise InvalidInput(
            f"`{text[:200]}` is neither a finality policy nor a file",
            hint=f"name a file, or one of {', '.join(shipped)}; see `agentgpt chain policies`",
        )
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(f"`{text[:200]}` cannot be read: {error.strerror}") from error
    if len(data) > _FILE_BYTES_MAX:
        raise InvalidInput(f"`{path.name}` is too large for a finality policy")
    policy = _parsed(data, path.name)
    if policy.name in shipped and policy != shipped[policy.name]:
        raise InvalidInput(
            f"`{path.name}` calls itself `{policy.name}`, which is a shipped policy with other rules",
            hint="give it a name of its own: records name the policy that made something final",
        )
    return policy


def _parsed(data: bytes, name: str) -> FinalityPolicy:
    try:
        read = _PolicyFile.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _malformed(name, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _malformed(name, f"{place}: {first['msg']}") from error
    policy = FinalityPolicy(
        name=read.name,
        version=read.version,
        title=read.title,
        chain_ids=tuple(map(ChainId, read.chain_ids)),
        safe=FinalityRule(read.safe.tag, read.safe.confirmations),
        final=FinalityRule(read.final.tag, read.final.confirmations),
        sla_seconds=read.sla_seconds,
        notes=read.notes,
        sources=tuple(read.sources),
    )
    check_policy(policy)
    return policy


def _malformed(name: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"`{name}` is not a finality policy: {' '.join(what.split())[:300]}",
        hint="see `agentgpt help finality` for what one looks like",
    )
