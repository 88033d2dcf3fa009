"""What nodes and providers mean by the errors that they answer with: there are no common codes."""

from __future__ import annotations

from typing import Final

from adapters.chain.transport import AnswerTooLarge, Json, RpcError

_RATE_LIMITED: Final = (
    "rate limit",
    "rate-limit",
    "ratelimit",
    "too many requests",
    "compute units per second",
    "request limit",
    "requests per second",
    "throughput",
)
"""What providers say under status 200 when they were asked too often (Alchemy, Infura, QuickNode, Ankr)."""

_WANTS_KEY: Final = (
    "unauthorized",
    "authenticate",
    "api key",
    "apikey",
    "access denied",
    "forbidden",
)

KEY_HINT: Final = (
    "the endpoint wants a key: give the URL with your key in it, for instance in the variable AGENTGPT_RPC; "
    "it is never shown"
)
KEY_STATUS: Final = frozenset({401, 403})


def wants_key(text: str) -> bool:
    """Tell whether an error is about a key that is missing or wrong."""
    return _says(text, _WANTS_KEY)


def refuses_batch(error: RpcError | AnswerTooLarge) -> bool:
    """Tell whether fewer calls at once may do better."""
    return isinstance(error, AnswerTooLarge) or "batch" in error.message.partition(": ")[2].lower()


def is_rate_limited(answer: Json) -> bool:
    """Tell whether an answer, or one of a batch, is the complaint of a provider that was asked too often."""
    parts = answer if isinstance(answer, list) else [answer]
    for part in parts:
        error = part.get("error") if isinstance(part, dict) else None
        if isinstance(error, dict) and _says(str(error.get("message", "")), _RATE_LIMITED):
            return True
    return False


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return any(phrase in lowered for phrase in phrases)
