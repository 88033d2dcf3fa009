"""How a rule says that a fact should not have been possible."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: its stable code for programs and a sentence with the figures for people.

    Facts outrank rules, so a violation never stops a fact; it is recorded beside it.
    """

    rule: str
    detail: str
