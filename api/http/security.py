"""What every answer says to browsers, which host names a loopback server answers to, and how much it takes in.

Plain ASGI: middleware that wraps responses would buffer streams.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problem_handlers import problem_response
from api.problems import problem_type

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers above; answers under /v1 are never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                cache = "no-store" if scope["path"].startswith("/v1") else "no-cache"
                headers.setdefault("Cache-Control", cache)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class KnownHosts:
    """Refuses requests under a foreign host name.

    A page elsewhere can point its own name at 127.0.0.1 and would then be of the same origin as this API.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _host_name(Headers(scope=scope)) in self._names:
            await self._app(scope, receive, send)
            return
        document = {
            "type": problem_type("unknown-host"),
            "title": "Misdirected Request",
            "status": 421,
            "detail": "this server answers only to the names of this machine",
            "hint": "use http://127.0.0.1 or http://localhost with the port",
            "instance": scope["path"],
        }
        await problem_response(document, 421)(scope, receive, send)


class BodyLimit:
    """Refuses bodies above a number of bytes, announced or not, as problem documents."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced[:20]) > self._most_bytes:
            document = {
                "type": problem_type("too-large"),
                "title": "Content Too Large",
                "status": 413,
                "detail": f"the body has more than {self._most_bytes} bytes",
                "hint": "send a smaller document",
                "instance": scope["path"],
            }
            await problem_response(document, 413)(scope, receive, send)
            return
        received_bytes = 0

        async def receive_some() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._most_bytes:
                raise HTTPException(413, f"the body has more than {self._most_bytes} bytes")
            return message

        await self._app(scope, receive_some, send)


def _host_name(headers: Headers) -> str:
    host = headers.get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
