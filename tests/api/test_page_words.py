"""The page has words for whatever the log may hold."""

from pathlib import Path

from domain.application.catalogue import REGISTRY

WORDS = Path(__file__).parents[2] / "api" / "web" / "static" / "words.js"


def test_every_event_has_a_sentence_on_the_page() -> None:
    words = WORDS.read_text()
    assert [each.NAME for each in REGISTRY if f'  "{each.NAME}": (' not in words] == []
