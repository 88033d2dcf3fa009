"""Options of commands that read chains: how far nodes are trusted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from api.settings import FollowSettings, follow_settings


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far nodes are trusted."""

    verify: Annotated[
        Literal["off", "bloom", "sample", "all"] | None,
        Parameter(
            help="How to prove that the node leaves no log out: each block's bloom (the default); that and the "
            "receipts of one block in sixteen; the receipts of every block that may hold a log of ours."
        ),
    ] = None
    quorum: Annotated[
        int, Parameter(help="How many nodes of a chain must give the same heads, hashes and logs.")
    ] = 1

    def settings(
        self, *, ws: str = "off", prove: bool = False, proofs: Path | None = None
    ) -> FollowSettings:
        """Return the checked settings. Raises InvalidInput."""
        return follow_settings(
            verify=self.verify, quorum=self.quorum, ws=ws, prove=prove, proofs=proofs
        )


TRUST = Trust()


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """Whether it is kept where facts come from."""

    prove: Annotated[
        bool,
        Parameter(
            negative=(),
            help="Keep headers and receipts' proofs, for `agentgpt audit proofs`; implies --verify all.",
        ),
    ] = False
    proofs: Annotated[
        Path | None, Parameter(help="Where to keep them. Default: beside the ledger's file.")
    ] = None


PROVING = Proving()
