"""The HTTP API on a ledger in PostgreSQL: live streams, and answers as of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bootstrap import serving, writing_ledger
from api.settings import ServeSettings
from tests.api.conftest import Service
from tests.api.sample import fill
from tests.api.test_as_of import (  # noqa: F401 - run here with this module's service
    test_a_task_is_shown_as_it_stood,
    test_a_time_is_what_was_recorded_by_then,
    test_every_list_of_rows_as_of_the_head_is_the_list_of_now,
    test_lists_hold_what_was_there_and_filter_by_what_it_was,
    test_who_wrote_waits_until_what_was_written_can_be_read,
)
from tests.api.test_http_stream import (  # noqa: F401 - run here with this module's service
    test_a_client_gets_everything_in_order_and_then_what_is_recorded_later,
    test_a_client_that_comes_back_goes_on_after_the_last_id_it_saw,
    test_a_client_that_left_ends_its_stream,
    test_a_client_that_never_reads_holds_up_nobody,
    test_a_stream_and_a_page_give_the_same_events,
    test_filters_hold_for_the_past_and_for_what_comes,
    test_more_events_than_one_batch_holds_arrive_without_a_gap,
)
from tests.support.postgres import new_schema, shared_server

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("AGENTGPT_KEYRING", str(tmp_path / "keys"))
    url = f"{shared_server().url()}&schema={new_schema()}"
    with writing_ledger(url, create=True) as ledger:
        fill(ledger)
        with serving(ledger, ServeSettings(port=0)) as server:
            yield Service(server.url, ledger)
