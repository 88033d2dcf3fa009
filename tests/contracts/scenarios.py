"""One situation for each error and each event of our contracts: what leads there, and what must come out.

A scenario is a function over a fresh network. It prepares, then returns the call that is refused (and the error's
arguments) or that writes the log. `test_refusals_and_logs.py` runs them all and fails on an error or event without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.contracts.evm import Contract
from tests.contracts.network import Network
from tests.contracts.reference.facts import Log


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that must be refused, and the arguments that the error must carry; None: any."""

    contract: Contract
    function: str
    args: tuple[Any, ...]
    sender: str
    wanted: Mapping[str, Any] | None
    gas: int | None = None


Refusal: TypeAlias = Callable[[Network], Attempt]
Telling: TypeAlias = Callable[[Network], tuple[list[Log], Mapping[str, Any]]]

REFUSALS: dict[tuple[str, str, str], Refusal] = {}
TELLINGS: dict[tuple[str, str], Telling] = {}


def refuses(contract: str, error: str) -> Callable[[Refusal], Refusal]:
    """Register a scenario that ends in this error; several may."""

    def register(scenario: Refusal) -> Refusal:
        REFUSALS[contract, error, scenario.__name__] = scenario
        return scenario

    return register


def tells(contract: str, event: str) -> Callable[[Telling], Telling]:
    """Register a scenario that returns the logs of a call, and the arguments of its one log of this event."""

    def register(scenario: Telling) -> Telling:
        TELLINGS[contract, event] = scenario
        return scenario

    return register


def arbiter_call(
    net: Network, sender: str, function: str, *args: Any, wanted: Mapping[str, Any] | None
) -> Attempt:
    """Return an attempt on the arbiter."""
    return Attempt(net.arbiter, function, args, sender, wanted)
