"""The composition root's part for exports: puts the files of an export and a ledger's database behind the ports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.books import export as books
from adapters.books.export import BooksFormat, Exported
from adapters.checkpoints import keyfile
from adapters.checkpoints.checkpoint import parse_text
from adapters.clock import SystemClock
from adapters.segments.folder import SegmentFolder, growing_export, open_export
from api.bootstrap import read_checkpoint
from api.bootstrap_database import opened_log
from api.settings import db_setting
from domain.application import log_export, log_import
from domain.application.segments import Outline, Transfer, check_segments
from domain.application.upkeep import OnProgress
from domain.kernel.errors import EvidenceMismatch, NotFound
from domain.kernel.ids import Position
from domain.kernel.merkle import Checkpoint


def export_log(
    db: str | None,
    out: Path,
    *,
    key: Path | None,
    after: int | None,
    on_progress: OnProgress | None = None,
) -> Transfer:
    """Add what the log holds to the export in a folder, which is made when it is not there, and sign its head.

    Raises what opening a ledger and signing raise, NotFound for an empty log, DifferentLog for an export of another
    log, InvalidInput for an unfit folder, Unavailable when it cannot be written.
    """
    with opened_log(db_setting(db), SystemClock(), readonly=True) as log:
        until = log.head()
        if not until:
            raise NotFound("the log holds no events yet: there is nothing to export")
        with growing_export(out) as folder:
            note = None if key is None else keyfile.sign_checkpoint(key, log.tree)
            if note is not None:
                # A segment must end where the checkpoint does, and the log may have grown since.
                until = Position(parse_text(note.partition("\n\n")[0] + "\n").head.size)
            start = None if after is None else Position(after)
            done = log_export.export_log(
                log, log.tree, folder, until=until, after=start, on_progress=on_progress
            )
            if note is not None:
                folder.keep_checkpoint(note)
    return done


def verify_export(
    folder: Path, vkey: str | None, on_progress: OnProgress | None = None
) -> tuple[Outline, Checkpoint | None]:
    """Check an export with nothing but its folder, and its checkpoint with a verifier key where one is given.

    Raises InvalidInput when there is no export, EvidenceMismatch and NewerSchema.
    """
    segments = open_export(folder)
    checkpoint = _checkpoint_beside(segments, vkey)
    return check_segments(segments, checkpoint, on_progress), checkpoint


def import_log(
    folder: Path, db: str | None, vkey: str | None, on_progress: OnProgress | None = None
) -> Transfer:
    """Take an export into a new ledger, or go on with one that was being filled from it.

    Raises what opening a ledger raises, InvalidInput when there is no export, and what the domain's `import_log` does.
    """
    name = db_setting(db)
    segments = open_export(folder)
    checkpoint = _checkpoint_beside(segments, vkey)
    # A forged export shall not even leave an empty database behind.
    log_import.check_start(segments, checkpoint)
    with opened_log(name, SystemClock(), readonly=False) as log:
        return log_import.import_log(
            segments, log, log.tree, checkpoint=checkpoint, on_progress=on_progress
        )


def _checkpoint_beside(segments: SegmentFolder, vkey: str | None) -> Checkpoint | None:
    if vkey is None:
        return None
    note = segments.checkpoint()
    if note is None:
        raise EvidenceMismatch(
            f"there is no signed checkpoint in `{segments.path}`",
            hint="export with --key, or leave --vkey out and trust the export",
        )
    return read_checkpoint(note, vkey)


def export_books(
    db: str | None,
    out: Path,
    kind: str,
    *,
    opened_at: int,
    until: int | None,
    on_progress: Callable[[int, int], None],
) -> Exported:
    """Write the books of the events in (`opened_at`, `until`] into a new folder, as csv, parquet or hledger.

    Raises what opening a ledger raises, InvalidInput for a folder that is there or cannot be made, InvalidCursor, and
    Unavailable when it cannot be written.
    """
    with opened_log(db_setting(db), SystemClock(), readonly=True) as log:
        return books.export_books(
            log,
            log.tree,
            out,
            BooksFormat(kind),
            opened_at=opened_at,
            until=until,
            on_progress=on_progress,
        )
