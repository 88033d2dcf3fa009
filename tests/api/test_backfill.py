"""What is shown while a ledger catches up."""

from __future__ import annotations

import json
from dataclasses import dataclass

from api.cli.backfill import Backfill

NETWORK = "7.0x00000000000000000000000000000000000000a2"


@dataclass(frozen=True)
class Step:
    facts: int
    last_block: int
    head_block: int


class Shown:
    """A backfill under a clock that tests move."""

    def __init__(self, *, as_json: bool) -> None:
        self.time = 0.0
        self.lines: list[str] = []
        self.backfill = Backfill(as_json=as_json, clock=lambda: self.time, tell=self.lines.append)

    def after(self, seconds: float, step: Step) -> None:
        self.time += seconds
        self.backfill.advance(NETWORK, step)


def test_a_long_way_is_told_in_lines_with_rate_and_time_left() -> None:
    shown = Shown(as_json=False)
    shown.after(0, Step(0, 0, 1000))
    shown.after(1, Step(100, 100, 1000))
    shown.after(9, Step(900, 500, 1000))
    assert shown.lines == ["chain 7 0x000000: block 500 of 1,000, 100 logs/s, 10 s left"]
    shown.after(10, Step(1000, 1000, 1000))
    assert shown.lines[1] == "chain 7 0x000000: at its head, block 1,000; 2,000 logs in 20.0 s"
    shown.after(10, Step(5, 1001, 1001))
    assert len(shown.lines) == 2


def test_programs_get_json_lines() -> None:
    shown = Shown(as_json=True)
    shown.after(0, Step(0, 0, 1000))
    shown.after(10, Step(1000, 500, 1000))
    assert json.loads(shown.lines[0]) == {
        "network": NETWORK,
        "block": 500,
        "head_block": 1000,
        "logs": 1000,
        "logs_per_second": 100,
        "seconds_left": 10,
    }


def test_a_short_way_is_not_worth_a_word() -> None:
    shown = Shown(as_json=False)
    shown.after(0, Step(0, 990, 1000))
    shown.after(10, Step(5, 1000, 1000))
    assert shown.lines == []
