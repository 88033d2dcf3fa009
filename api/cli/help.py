"""`agentgpt help`: topics that belong to no single command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rich.text import Text

from api.cli import exit_codes
from api.cli.output import console, print_json
from api.settings import DB_VARIABLE, KEYRING_VARIABLE

Topic = Literal["exit-codes", "environment", "finality"]

ENVIRONMENT: Mapping[str, str] = {
    DB_VARIABLE: "the ledger that commands use when --db is not given",
    KEYRING_VARIABLE: "the file with the keys of personal texts; else it is beside the ledger, with .keys at its end",
    "AGENTGPT_KEYSTORE_PASSPHRASE": "what opens the file that --keystore names",
    "NO_COLOR": "set to anything: no colours",
    "AGENTGPT_TRACEBACK": "set to anything: show where an unexpected error came from",
}


FINALITY: Mapping[str, str] = {
    "seen": "on the chain when it was read; a reorganisation may replace its block",
    "safe": "the finality policy calls its block safe: replaced only when much goes wrong",
    "final": "the finality policy calls its block final: a chain that replaces it is halted until it is healed",
    "orphaned": "its block was replaced: the event stays in the log and stands no more",
    "policy file": "TOML with name, version, chain_ids, and [safe] and [final] with tag and/or confirmations",
    "tag": "`safe`, `finalized` or `latest`: the newest block that the node calls so",
    "confirmations": "how many blocks must be on top; with a tag as well, the lower block counts",
}


def help_topic(topic: Topic = "exit-codes", /, *, json: bool = False) -> None:
    """Explain a topic: exit-codes, environment or finality."""
    if topic == "exit-codes":
        meanings = {str(code.value): text for code, text in exit_codes.MEANINGS.items()}
    else:
        meanings = dict(ENVIRONMENT if topic == "environment" else FINALITY)
    if json:
        print_json(meanings)
        return
    width = max(len(name) for name in meanings)
    for name, text in meanings.items():
        console().print(Text(f"{name:>{width}}  {text}"), soft_wrap=True)
