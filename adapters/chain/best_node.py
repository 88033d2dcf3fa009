"""One way to several nodes of a chain: each call goes to the node that does best."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from adapters.chain.endpoints import Endpoint
from adapters.chain.rpc import HttpTransport
from adapters.chain.transport import Call, Json, RpcError
from domain.kernel.errors import Unavailable


class BestNode:
    """A Transport over the endpoints of one chain, whose health it shares. For use by one thread.

    A call that fails is not made again here: whether that does harm is for the caller to know. The next one goes to
    another node.
    """

    def __init__(
        self, endpoints: Sequence[Endpoint], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._opened: dict[str, HttpTransport] = {}

    @property
    def endpoint(self) -> str:
        """Return the label of the node that does best now."""
        return self._best().label

    def request(self, method: str, params: Sequence[Json]) -> Json:
        """Return the result of one call. Raises RpcError and Unavailable."""
        return self._asked(lambda node: node.request(method, params))

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        """Return the results in the order of `calls`, all of one node. Raises RpcError and Unavailable."""
        answers: list[Json] = []
        self._asked(lambda node: answers.extend(node.batch(calls)))
        return answers

    def close(self) -> None:
        """Close the connections to all nodes."""
        for transport in self._opened.values():
            transport.close()

    def _best(self) -> Endpoint:
        return min(self._endpoints, key=lambda each: each.rank())

    def _asked(self, ask: Callable[[HttpTransport], Json]) -> Json:
        endpoint = self._best()
        if endpoint.label not in self._opened:
            self._opened[endpoint.label] = HttpTransport(endpoint.url)
        started = self._clock()
        try:
            answer = ask(self._opened[endpoint.label])
        except RpcError:
            # It does answer; what it says is the caller's matter.
            raise
        except Unavailable as error:
            endpoint.failed(error.message)
            raise
        endpoint.answered(self._clock() - started)
        return answer
