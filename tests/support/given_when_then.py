"""Rules of deciders as sentences: given these events, when this is asked, then this happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

import pytest

from domain.kernel.errors import LedgerError

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
R = TypeVar("R", bound=LedgerError)


@dataclass(frozen=True)
class Rules(Generic[S, C, E]):
    """A decider under test: its first state, `evolve` and `decide`."""

    initial: S
    evolve: Callable[[S, E], S]
    decide: Callable[[S, C], Sequence[E]]

    def given(self, *history: E) -> Given[S, C, E]:
        """Start from what has happened."""
        return Given(self, reduce(self.evolve, history, self.initial))


@dataclass(frozen=True)
class Given(Generic[S, C, E]):
    """A state that history led to."""

    rules: Rules[S, C, E]
    state: S

    def when(self, command: C) -> When[S, C, E]:
        """Ask for something."""
        return When(self, command)


@dataclass(frozen=True)
class When(Generic[S, C, E]):
    """A command that is about to be decided."""

    given: Given[S, C, E]
    command: C

    def then(self, *expected: E) -> None:
        """Expect exactly these events, none for a command that was carried out before."""
        assert tuple(self._decide()) == expected

    def then_refused(self, error: type[R]) -> R:
        """Expect a refusal, and return it."""
        with pytest.raises(error) as refusal:
            self._decide()
        assert refusal.value.message
        assert refusal.value.hint
        return refusal.value

    def _decide(self) -> Sequence[E]:
        return self.given.rules.decide(self.given.state, self.command)
