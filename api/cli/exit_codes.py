"""The documented exit codes of `agentgpt`, for `agentgpt help exit-codes` and the README."""

from __future__ import annotations

from collections.abc import Mapping

from api.problems import ExitCode, treatment_of
from domain.kernel.errors import LedgerError

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.UNEXPECTED: "unexpected: a defect, or a stored record that the ledger did not write",
    ExitCode.USAGE: "usage: an unknown option, or a malformed address, amount, hash, cursor, page size or file",
    ExitCode.REJECTED: "refused by a rule; also a wrong chain, and a database of another program or version",
    ExitCode.NOT_FOUND: "the named thing is not there",
    ExitCode.CONFLICT: "somebody else wrote first; nothing was written",
    ExitCode.DIFFERENCE: "an audit or a check found a difference, or a proof or signature does not hold",
    ExitCode.UNBALANCED: "the books do not balance: a conservation rule is broken",
    ExitCode.TEMPORARY: "temporary: the chain, the database or the port does not answer now; try again",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
}


def exit_code_of(error: LedgerError) -> ExitCode:
    """Return the code with which the command that raised `error` ends."""
    return treatment_of(error).exit_code
