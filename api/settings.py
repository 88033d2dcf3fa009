"""What a user may set, from options and environment, checked once."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.kernel.errors import InvalidInput

DB_VARIABLE = "AGENTGPT_DB"
KEYRING_VARIABLE = "AGENTGPT_KEYRING"
DEFAULT_PORT = 8000
QUORUM_MAX = 100


class ServeSettings(BaseModel):
    """Where the HTTP API listens. Port 0 lets the system choose."""

    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535)
    allow_public: bool = False

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class FollowSettings(BaseModel):
    """How chains are read: how far logs are proven, how many nodes must agree, and where blocks are announced."""

    model_config = ConfigDict(frozen=True)

    verify: Literal["off", "bloom", "sample", "all"] = "bloom"
    quorum: int = Field(default=1, ge=1, le=QUORUM_MAX)
    ws: str = "auto"
    prove: bool = False
    proofs: Path | None = None


def serve_settings(host: str, port: int, *, allow_public: bool) -> ServeSettings:
    """Return checked listen settings.

    Raises InvalidInput for a port out of range, and for an address that other machines can reach
    unless `allow_public` says that this is meant: the API has no authentication yet.
    """
    if not 0 <= port <= 65535:
        raise InvalidInput(
            f"{port} is not a port", hint="a port is a number from 1 to 65535; 0 picks a free one"
        )
    settings = ServeSettings(host=host, port=port, allow_public=allow_public)
    if not settings.is_loopback and not allow_public:
        raise InvalidInput(
            f"`{host}` can be reached from other machines and the API has no authentication yet",
            hint="keep to 127.0.0.1, or add --allow-public if everybody may read this ledger "
            "and register workflows in it",
        )
    return settings


def follow_settings(
    *,
    verify: Literal["off", "bloom", "sample", "all"] | None,
    quorum: int,
    ws: str,
    prove: bool = False,
    proofs: Path | None = None,
) -> FollowSettings:
    """Return checked settings of how chains are read; proofs are kept of what is proven. Raises InvalidInput."""
    if proofs is not None and not prove:
        raise InvalidInput("no proofs are kept without --prove", hint="add --prove")
    if prove and verify not in {None, "all"}:
        raise InvalidInput(
            f"proofs are kept of what is proven, and --verify {verify} does not prove every log",
            hint="leave --verify out, or give --verify all",
        )
    if not 1 <= quorum <= QUORUM_MAX:
        raise InvalidInput(
            f"{quorum} nodes cannot be a quorum", hint=f"give a number from 1 to {QUORUM_MAX}"
        )
    return FollowSettings(
        verify=verify or ("all" if prove else "bloom"),
        quorum=quorum,
        ws=ws,
        prove=prove,
        proofs=proofs,
    )


def db_setting(option: str | None) -> str:
    """Return the database named by `--db`, else by AGENTGPT_DB. Raises InvalidInput when neither is given."""
    name = option if option is not None else os.environ.get(DB_VARIABLE, "")
    if not name.strip():
        raise InvalidInput(
            "no ledger is named",
            hint=f"add --db PATH or set {DB_VARIABLE}; `agentgpt demo` makes a ledger to try",
        )
    return name


def keyring_setting() -> Path | None:
    """Return the keyring file named by AGENTGPT_KEYRING, None for the one beside the ledger."""
    name = os.environ.get(KEYRING_VARIABLE, "").strip()
    return Path(name).absolute() if name else None
