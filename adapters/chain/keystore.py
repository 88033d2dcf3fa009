"""An encrypted key in a file: the V3 JSON that wallets and nodes write (scrypt or PBKDF2, AES-128-CTR, MAC).

https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from eth_account import Account

from adapters.chain.keys import Signer
from domain.kernel.errors import InvalidInput

KEYSTORE_BYTES_MAX: Final = 65_536


def open_keystore(path: Path, passphrase: str) -> Signer:
    """Return the signer of an encrypted key file.

    Raises InvalidInput, which repeats neither passphrase nor content, for a file that is none or does not open.
    """
    try:
        with path.open("rb") as file:
            content = file.read(KEYSTORE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(
            f"cannot read the keystore `{path}`: {error.strerror}", hint="name a V3 JSON key file"
        ) from error
    document = _document_of(content)
    if document is None:
        raise InvalidInput(
            f"`{path}` is not a keystore of version 3", hint="wallets write one as V3 JSON"
        )
    try:
        return Signer(bytes(Account.decrypt(document, passphrase)))
    except ValueError:
        wrong = True
    except (KeyError, TypeError, NotImplementedError):
        wrong = False
    # Outside of the handlers: the library's errors could show what they were given.
    if wrong:
        raise InvalidInput(
            f"the keystore `{path}` does not open with this passphrase",
            hint="set AGENTGPT_KEYSTORE_PASSPHRASE to the right one",
        )
    raise InvalidInput(f"`{path}` is damaged, or encrypted in a way that is not known here")


def _document_of(content: bytes) -> dict[str, object] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    if len(content) > KEYSTORE_BYTES_MAX or not isinstance(document, dict):
        return None
    return document if document.get("version") == 3 else None
