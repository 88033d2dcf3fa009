"""How the rest of the adapter talks to a chain node: one JSON-RPC call, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from domain.kernel.errors import Unavailable

Json: TypeAlias = object
"""A decoded JSON value. It came from outside: check its type before use."""

Call: TypeAlias = tuple[str, Sequence[Json]]
"""A method and its parameters."""


class RpcError(Unavailable):
    """The node answered, with an error. `rpc_code` and `data` are its own (`data` of a revert: hex bytes)."""

    def __init__(self, message: str, *, rpc_code: int, data: Json = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rpc_code = rpc_code
        self.data = data


class AnswerTooLarge(Unavailable):
    """The node's answer is larger than we take in; a smaller question may do."""


class MalformedAnswer(Unavailable):
    """The node's answer is not what the protocol promises, or contradicts itself."""


class Transport(Protocol):
    """A way to a node. Every method raises Unavailable when the node cannot be reached."""

    @property
    def endpoint(self) -> str:
        """Where it leads, fit to be shown: never a path, a query or user info."""
        ...

    def request(self, method: str, params: Sequence[Json]) -> Json:
        """Return the result of one call. Raises RpcError when the node answers with an error."""
        ...

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        """Return the results in the order of `calls`. Raises RpcError when one of them failed."""
        ...

    def close(self) -> None:
        """Release connections. Later calls are undefined."""
        ...
