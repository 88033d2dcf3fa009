"""How intents are named."""

from __future__ import annotations

import re
from hashlib import sha256

from domain.kernel.ids import Address, ChainId, Hash32
from domain.outbox.errors import InvalidIntent

KEY_CHARS_MAX = 100
LABEL_CHARS_MAX = 200

FILLER_PREFIX = "fill-nonce:"
"""Keys of intents that only use up a nonce which others left free below one of ours; nobody else may use them."""

_KEY = re.compile(rf"[!-~]{{1,{KEY_CHARS_MAX}}}")


def check_key(key: str) -> str:
    """Return an idempotency key. Raises InvalidIntent."""
    if not _KEY.fullmatch(key):
        raise InvalidIntent(
            f"`{key[:80]}` is not a key",
            hint=f"a key is 1 to {KEY_CHARS_MAX} printable ASCII characters without spaces",
        )
    return key


def intent_id_of(chain_id: ChainId, sender: Address, key: str) -> Hash32:
    """Return the id of an intent: sha256 of `<chain id>:<sender>:<key>`. Raises InvalidIntent."""
    text = f"{chain_id}:{sender}:{check_key(key)}"
    return Hash32("0x" + sha256(text.encode()).hexdigest())


def filler_key(nonce: int) -> str:
    """Return the key of the intent that uses up a nonce."""
    return f"{FILLER_PREFIX}{nonce}"


def filled_nonce(key: str) -> int | None:
    """Return the nonce that the intent of this key uses up, None for any other intent."""
    digits = key.removeprefix(FILLER_PREFIX)
    return int(digits) if key.startswith(FILLER_PREFIX) and digits.isdecimal() else None
