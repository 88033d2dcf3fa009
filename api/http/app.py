"""The HTTP application: routes, errors and the live page, over ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from api.http import problem_handlers
from api.http.context import ApiContext
from api.http.head_watch import HeadWatch
from api.http.routers import (
    accounts,
    chains,
    events,
    explain,
    health,
    log,
    networks,
    nodes,
    outbox,
    stakes,
    tasks,
    views,
    workflows,
)
from api.http.security import BodyLimit, KnownHosts, SecurityHeaders
from api.http.stream_slots import StreamSlots
from api.ledger import FollowerStatus, Ledger, no_follower

MAX_BODY_BYTES = 1 << 20

STATIC = Path(__file__).resolve().parent.parent / "web" / "static"

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def create_app(
    ledger: Ledger,
    watch: HeadWatch,
    *,
    follower: FollowerStatus = no_follower,
    host_names: Sequence[str] | None = LOOPBACK_NAMES,
) -> FastAPI:
    """Return the application; `host_names` None answers under every host name."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch.start()
        try:
            yield
        finally:
            watch.close()

    middleware = [Middleware(SecurityHeaders)]
    if host_names is not None:
        middleware.append(Middleware(KnownHosts, names=host_names))
    middleware.append(Middleware(BodyLimit, most_bytes=MAX_BODY_BYTES))
    app = FastAPI(
        title="agentgpt-ledger",
        version="1",
        summary="The event-sourced ledger of the AgentGPT compute network.",
        description="Amounts are wei in decimal strings. Lists are paged by key: pass `next` as `after`. "
        "Errors are problem documents (RFC 9457).",
        # The bundled documentation pages load scripts from another host; the schema itself is plain JSON.
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=middleware,
    )
    app.state.context = ApiContext(
        ledger=ledger, watch=watch, follower=follower, slots=StreamSlots()
    )
    problem_handlers.install(app)
    for module in (
        nodes,
        stakes,
        accounts,
        explain,
        views,
        tasks,
        workflows,
        networks,
        chains,
        events,
        log,
        health,
        outbox,
    ):
        app.include_router(module.router, prefix="/v1")

    @app.get("/", include_in_schema=False)
    def live_page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
