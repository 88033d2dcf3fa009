"""Names of streams: what is built can be taken apart again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import streams
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import ChainId
from domain.kernel.streams import Network, network_name_of, parse_network
from tests.support.events import account, word

networks = st.builds(
    Network, st.integers(1, 2**64).map(ChainId), st.integers(0, 2**160 - 1).map(account)
)


@given(network=networks)
def test_every_stream_of_a_network_names_it(network: Network) -> None:
    for stream in (
        streams.network_stream(network),
        streams.chain_stream(network),
        streams.registry_stream(network),
        streams.node_stream(network, account(1)),
        streams.stake_stream(network, account(1)),
        streams.task_stream(network, word("task")),
    ):
        assert parse_network(network_name_of(stream)) == network


def test_a_workflow_belongs_to_no_network() -> None:
    stream = streams.workflow_stream(word("workflow"))
    assert network_name_of(stream) == ""


@pytest.mark.parametrize(
    "name", ["", "1", "1.0x12", "0x1." + account(1), "-1." + account(1), "01." + account(1)]
)
def test_a_malformed_network_is_refused(name: str) -> None:
    with pytest.raises(CorruptRecord):
        parse_network(name)
