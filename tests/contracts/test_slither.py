"""Each finding of the static analyser has a written answer, and each answer still has its finding."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts import slither_check
from contracts.sources import ROOT


@pytest.mark.node
@pytest.mark.slow
def test_slither_finds_exactly_what_is_answered() -> None:
    if slither_check.find_slither() is None:
        pytest.skip("no slither: install slither-analyzer elsewhere and set SLITHER_BINARY")
    assert slither_check.main() == 0


def test_a_second_finding_at_an_answered_place_is_new() -> None:
    text = "# page\n\n## `timestamp`\n\nBecause.\n\n- `src/A.sol: A.f`\n- `src/A.sol: A.g`\n"
    element = {
        "name": "f",
        "source_mapping": {"filename_relative": "src/A.sol"},
        "type_specific_fields": {"parent": {"name": "A"}},
    }
    finding = {"check": "timestamp", "elements": [element]}
    told = slither_check.found({"results": {"detectors": [finding, finding]}})
    known = slither_check.answered(text)
    assert told - known == Counter({("timestamp", "src/A.sol: A.f"): 1})
    assert known - told == Counter({("timestamp", "src/A.sol: A.g"): 1})


def test_the_page_gives_an_answer_for_every_place_in_the_sources_it_names() -> None:
    known = slither_check.answered(slither_check.ANSWERS.read_text("utf-8"))
    assert known
    for _, place in known:
        assert (ROOT / place.split(": ")[0]).is_file()
