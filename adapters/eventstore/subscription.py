"""Subscriptions to the log for the `eventsourcing` library, which has none for SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription

from adapters.eventstore.headwatch import HeadWatch


class LedgerSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """Pulls whenever the watch over the log says that the head has risen."""

    def __init__(
        self,
        recorder: ApplicationRecorder,
        watch: HeadWatch,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        self._watch = watch
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        watch.add_listener(self._has_been_notified.set)
        # What was committed between the first pull and the registration has no other signal.
        self._has_been_notified.set()

    def stop(self) -> None:
        """End the iteration; safe to call again and from any thread."""
        self._watch.remove_listener(self._has_been_notified.set)
        super().stop()
