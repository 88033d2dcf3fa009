"""Options of commands that send: where the key is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from domain.kernel.errors import InvalidInput


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """An encrypted file, or a signer's URL and the address that it signs for; without either nothing is sent."""

    keystore: Annotated[
        Path | None,
        Parameter(
            help="Send what the outbox asks for, with the key in this encrypted file (V3 JSON). Its passphrase is in "
            "AGENTGPT_KEYSTORE_PASSPHRASE, or asked for."
        ),
    ] = None
    signer: Annotated[
        str | None,
        Parameter(
            help="The same with a key elsewhere: URL of a service that answers eth_signTransaction."
        ),
    ] = None
    signer_address: Annotated[
        str | None, Parameter(help="The address that the signer at --signer signs for.")
    ] = None

    @property
    def is_given(self) -> bool:
        """Tell whether something shall be sent. Raises InvalidInput for options that contradict each other."""
        if self.keystore is not None and self.signer is not None:
            raise InvalidInput(
                "--keystore and --signer exclude each other", hint="give one of them"
            )
        if (self.signer is None) != (self.signer_address is None):
            raise InvalidInput("--signer and --signer-address go together", hint="give both")
        return self.keystore is not None or self.signer is not None


SIGNING = Signing()
