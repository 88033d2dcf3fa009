"""Why an outbox refuses."""

from __future__ import annotations

from domain.kernel.errors import InvalidInput, NotFound, RuleRejected
from domain.kernel.ids import Hash32


class InvalidIntent(InvalidInput):
    """An intent that can never be carried out."""

    code = "invalid-intent"


class IntentConflict(RuleRejected):
    """The key names another intent already."""

    code = "intent-conflict"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the key `{key}` names another intent of this sender already",
            hint="the same key with the same call changes nothing; another call needs another key",
        )


class Overspends(RuleRejected):
    """The sender would promise more than it has or may."""

    code = "overspends"


class OutboxFull(RuleRejected):
    """Too many intents wait."""

    code = "outbox-full"


class UnknownIntent(NotFound):
    """There is no such intent."""

    code = "unknown-intent"

    def __init__(self, intent_id: Hash32) -> None:
        super().__init__(f"there is no intent {intent_id}", hint="see `agentgpt outbox list`")


class IntentUnderway(RuleRejected):
    """The intent cannot be taken back, or not be signed again, as it stands."""

    code = "intent-underway"
