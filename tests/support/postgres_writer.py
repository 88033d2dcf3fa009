"""A process that appends to a log in PostgreSQL until it is killed, and says what was acknowledged.

    python -m tests.support.postgres_writer URL SCHEMA NAME

Prints `stream first-position` after each append, each to a stream of its own.
"""

from __future__ import annotations

import sys

from eventsourcing.persistence import StoredEvent

from adapters.eventstore.postgres import Factory

SIZES = (1, 7, 40, 300)
"""Events of the appends, in turn: the last by COPY."""


def batch(stream: str, size: int) -> list[StoredEvent]:
    """Return `size` events of one stream."""
    return [
        StoredEvent(stream, version, "written", b"%d" % version) for version in range(1, size + 1)
    ]


def main(url: str, schema: str, name: str) -> None:
    """Append until the process ends."""
    recorder = Factory(
        {"POSTGRES_URL": url, "POSTGRES_SCHEMA": schema, "ORIGINATOR_ID_TYPE": "text"}
    ).application_recorder()
    for number in range(1_000_000):
        stream = f"{name}:{number}"
        positions = recorder.insert_events(batch(stream, SIZES[number % len(SIZES)]))
        assert positions
        print(stream, positions[0], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
