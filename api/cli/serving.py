"""Options of every command that serves, and what they say about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from api.cli.output import print_json, talk
from api.settings import DEFAULT_PORT, ServeSettings, serve_settings


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where to serve, and how watchfully."""

    port: Annotated[int, Parameter(help="0 picks a free port.")] = DEFAULT_PORT
    host: Annotated[str, Parameter(help="The address to listen on.")] = "127.0.0.1"
    allow_public: Annotated[
        bool,
        Parameter(
            negative=(),
            help="Listen on an address that other machines can reach, though there is no authentication yet.",
        ),
    ] = False
    sentinel: Annotated[
        bool,
        Parameter(
            negative=(),
            help="Refuse to book an event that breaks a rule of conservation: it is parked, and health fails.",
        ),
    ] = False

    def settings(self) -> ServeSettings:
        """Return the checked settings. Raises InvalidInput."""
        return serve_settings(self.host, self.port, allow_public=self.allow_public)


SERVING = Serving()


def announce(url: str, db: str, position: int, *, as_json: bool) -> None:
    """Say where the page and the API are."""
    if as_json:
        print_json({"url": url, "api": f"{url}/v1", "db": db, "position": position})
    else:
        talk(f"page {url}/   API {url}/v1/health   ledger {db}, position {position}")
        talk("Ctrl-C stops")
