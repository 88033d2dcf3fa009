"""One table for what can go wrong: error class -> HTTP status, title and exit code.

An error is looked up by its class and then by its parents', so a new subclass is treated as its parent is
until it gets a line of its own. A test walks the tree and fails on a class that only the root would catch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from domain.kernel.errors import (
    CorruptRecord,
    DifferentLog,
    EvidenceMismatch,
    ForeignDatabase,
    InternalError,
    InvalidInput,
    LedgerError,
    NewerSchema,
    NotFound,
    OlderSchema,
    RuleRejected,
    Unavailable,
    VersionConflict,
    WrongChain,
)


class ExitCode(IntEnum):
    """How `agentgpt` ends."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REJECTED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    DIFFERENCE = 6
    UNBALANCED = 7
    TEMPORARY = 75
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the outside sees of an error class."""

    status: int
    title: str
    exit_code: ExitCode


TREATMENTS: Mapping[type[LedgerError], Treatment] = {
    InvalidInput: Treatment(400, "Invalid input", ExitCode.USAGE),
    RuleRejected: Treatment(422, "Rejected by a rule", ExitCode.REJECTED),
    NotFound: Treatment(404, "Not found", ExitCode.NOT_FOUND),
    VersionConflict: Treatment(409, "Version conflict", ExitCode.CONFLICT),
    CorruptRecord: Treatment(500, "Corrupt record", ExitCode.UNEXPECTED),
    NewerSchema: Treatment(500, "Database of a newer version", ExitCode.REJECTED),
    OlderSchema: Treatment(500, "Database of an earlier version", ExitCode.REJECTED),
    ForeignDatabase: Treatment(500, "Database of another program", ExitCode.REJECTED),
    DifferentLog: Treatment(409, "Another log", ExitCode.REJECTED),
    EvidenceMismatch: Treatment(409, "Evidence does not hold", ExitCode.DIFFERENCE),
    Unavailable: Treatment(503, "Unavailable", ExitCode.TEMPORARY),
    WrongChain: Treatment(409, "Wrong chain", ExitCode.REJECTED),
    InternalError: Treatment(500, "Internal error", ExitCode.UNEXPECTED),
    LedgerError: Treatment(500, "Internal error", ExitCode.UNEXPECTED),
}


def treatment_of(error: LedgerError) -> Treatment:
    """Return how the error is shown: by its own class, else by its nearest parent in the table."""
    return next(TREATMENTS[cls] for cls in type(error).__mro__ if cls in TREATMENTS)


def problem_type(code: str) -> str:
    """Return the `type` member of a problem document: a stable name, not a page."""
    return f"urn:agentgpt-ledger:problem:{code}"


def problem_document(error: LedgerError, *, instance: str = "") -> dict[str, object]:
    """Return the error as an RFC 9457 problem document; `hint` is our extension member."""
    treatment = treatment_of(error)
    document: dict[str, object] = {
        "type": problem_type(error.code),
        "title": treatment.title,
        "status": treatment.status,
        "detail": error.message,
        "hint": error.hint,
    }
    if instance:
        document["instance"] = instance
    return document
