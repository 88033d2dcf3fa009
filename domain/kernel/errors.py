"""What can go wrong by a rule, as types.

    LedgerError
    |- InvalidInput            the request can never be right as it stands
    |  |- InvalidAddress, InvalidHash, InvalidAmount, InvalidCursor, InvalidPageSize
    |- RuleRejected            a rule of an aggregate says no
    |- NotFound                the named thing is not in the ledger
    |- VersionConflict         somebody else appended first
    |- CorruptRecord           a stored row is not what the ledger writes
    |- NewerSchema             written by a later version of the program
    |- OlderSchema             written by an earlier version; opening it for writing brings it up
    |- ForeignDatabase         the file belongs to another program
    |- DifferentLog            a database or export holds another log than the one to go on from
    |- EvidenceMismatch        a proof, signature or checkpoint does not hold
    |- Unavailable             the outside (chain, database) does not answer now
    |- WrongChain              the outside answers, but it is not the one named
    |- InternalError           a defect of ours

Every error carries `code`, a sentence, and a `hint` that names the way out.
`api` maps each class to an HTTP status and an exit code; a test walks this tree.
"""

from __future__ import annotations


class LedgerError(Exception):
    """The root: a sentence for people, a code for programs, a hint to go on."""

    code = "internal-error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(LedgerError):
    """The request can never be right as it stands."""

    code = "invalid-input"


class InvalidAddress(InvalidInput):
    """Not an Ethereum address."""

    code = "invalid-address"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text[:80]}` is not an address", hint="an address is 0x and 40 hexadecimal digits"
        )


class InvalidHash(InvalidInput):
    """Not a 32-byte hash."""

    code = "invalid-hash"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text[:80]}` is not a 32-byte hash", hint="a hash is 0x and 64 hexadecimal digits"
        )


class InvalidAmount(InvalidInput):
    """Not an amount in wei."""

    code = "invalid-amount"

    def __init__(self, text: object) -> None:
        super().__init__(
            f"`{str(text)[:90]}` is not an amount in wei",
            hint="an amount is a string of at most 78 decimal digits without sign or point",
        )


class InvalidCursor(InvalidInput):
    """Not a position to page from."""

    code = "invalid-cursor"


class InvalidPageSize(InvalidInput):
    """A page size outside the bounds."""

    code = "invalid-page-size"


class RuleRejected(LedgerError):
    """A rule of an aggregate says no."""

    code = "rule-rejected"


class NotFound(LedgerError):
    """The named thing is not in the ledger."""

    code = "not-found"


class VersionConflict(LedgerError):
    """Somebody else appended to the same stream first; nothing was written."""

    code = "version-conflict"


class CorruptRecord(LedgerError):
    """A stored row is not what the ledger writes."""

    code = "corrupt-record"


class NewerSchema(LedgerError):
    """The database was written by a later version of the program."""

    code = "newer-schema"


class OlderSchema(LedgerError):
    """The database was written by an earlier version of the program and was not brought up yet."""

    code = "older-schema"


class ForeignDatabase(LedgerError):
    """The database file belongs to another program."""

    code = "foreign-database"


class DifferentLog(LedgerError):
    """A database or an export holds another log than the one that was to go on there."""

    code = "different-log"


class EvidenceMismatch(LedgerError):
    """A proof, signature or checkpoint does not hold: something is not what it is said to be."""

    code = "evidence-mismatch"


class Unavailable(LedgerError):
    """The outside does not answer now; the same request may succeed later."""

    code = "unavailable"


class WrongChain(LedgerError):
    """The outside answers, but it is not the chain, deployment or contract that was named."""

    code = "wrong-chain"


class InternalError(LedgerError):
    """A defect of the program itself."""

    code = "internal-error"
