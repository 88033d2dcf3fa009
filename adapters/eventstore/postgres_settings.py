"""Where a ledger in PostgreSQL is: the server's URL, the schema, and names that may stand in a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, quote, quote_plus, unquote, urlencode, urlsplit

from domain.kernel.errors import InvalidInput

DEFAULT_SCHEMA: Final = "agentgpt"

_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,47}\Z")
_URL_HINT: Final = (
    "write postgresql://user:password@host:5432/database or, for a Unix socket, "
    "postgresql://user@/database?host=/path/of/the/socket; escape special characters as %xx"
)
_SECRETS_IN_QUERY: Final = ("password", "sslpassword")
_SHOWN_IN_QUERY: Final = ("host", "port", "user", "database", "dbname", "sslmode")
_SHORTEST_SECRET: Final = 3

SESSION_SETTINGS: Final = {
    "application_name": "agentgpt-ledger",
    # Positions are handed out by waiting for a row and then reading it anew, which only this level does.
    "default_transaction_isolation": "read committed",
    # Statements and waits are bounded in the server too, so that a client which is gone holds up nobody.
    "statement_timeout": "60s",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "20s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # Statements are short; compiling them to machine code costs more than it saves.
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class PostgresTarget:
    """A database, named by a checked URL, and the schema in it. The URL and its secrets are not in `repr`."""

    url: str = field(repr=False)
    schema: str
    place: str
    """Host and database, for messages."""
    name: str
    """A URL that may be shown: without passwords, and complete but for them."""
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def where(self) -> str:
        """The schema and its place, for messages."""
        return f"schema `{self.schema}` of {self.place}"

    def redact(self, text: str) -> str:
        """Return `text` without the URL and its passwords, however they are spelled."""
        for secret in (self.url, *self.secrets):
            text = text.replace(secret, "***")
        return text


def parse_target(url: str, schema: str = "") -> PostgresTarget:
    """Return what `url` names, and in it `schema`, else the one in `?schema=`, else `agentgpt`.

    Raises InvalidInput, whose text never has the URL.
    """
    try:
        parts = urlsplit(url.strip())
        port, host, query = parts.port, parts.hostname, parse_qs(parts.query)
        well_formed = (
            parts.scheme in {"postgresql", "postgres"}
            and parts.netloc.count("@") <= 1
            and not parts.fragment
            and "\x00" not in unquote(url)
        )
    except ValueError:
        # The reason is left out on purpose: it quotes a piece of the URL, which may be of the password.
        raise InvalidInput("the URL of PostgreSQL is malformed", hint=_URL_HINT) from None
    if not well_formed:
        raise InvalidInput("the URL of PostgreSQL is malformed", hint=_URL_HINT)
    # The driver would hand a parameter that it does not know to the server.
    named = query.pop("schema", [""])[-1]
    if schema and named and schema != named:
        raise InvalidInput("two schemas are named", hint="name one, in the URL or beside it")
    schema = _checked_schema(schema or named or DEFAULT_SCHEMA)
    secrets: set[str] = set()
    for secret in (parts.password or "", *(query.get(key, [""])[-1] for key in _SECRETS_IN_QUERY)):
        plain = unquote(secret)
        secrets |= {secret, plain, *(spell(plain, safe="") for spell in (quote, quote_plus))}
    where = query.get("host", [host or "localhost"])[-1]
    return PostgresTarget(
        url=parts._replace(query=urlencode(query, doseq=True)).geturl(),
        schema=schema,
        place=f"{where}{f':{port}' if port else ''}{unquote(parts.path)}",
        name=_shown(parts, query, schema),
        # Replacing a shorter one would garble messages and tell more than it hides.
        secrets=tuple(
            sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)
        ),
    )


def is_postgres(db: str) -> bool:
    """Tell whether the name of a database is a URL of PostgreSQL."""
    return db.strip().lower().startswith(("postgres:", "postgresql:"))


def _checked_schema(schema: str) -> str:
    if not _SCHEMA.match(schema) or schema.startswith("pg_") or schema == "information_schema":
        raise InvalidInput(
            f"`{schema[:60]}` is not a schema that the ledger can use",
            hint="a schema is at most 48 lower-case letters, digits and underscores, and does not begin with pg_",
        )
    return schema


def _shown(parts: SplitResult, query: dict[str, list[str]], schema: str) -> str:
    user = f"{parts.username}@" if parts.username else ""
    # What is not known to be harmless may be a secret.
    shown = {key: values for key, values in query.items() if key in _SHOWN_IN_QUERY}
    if schema != DEFAULT_SCHEMA:
        shown["schema"] = [schema]
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(
        netloc=user + place, query=urlencode(shown, doseq=True, safe="/")
    ).geturl()


def identifier(name: str) -> str:
    """Return `name` quoted for use in a statement. Raises InvalidInput for one that PostgreSQL cannot have."""
    if not name or "\x00" in name or len(name.encode()) > 63:
        raise InvalidInput(
            f"`{name[:63]}` is not a name of PostgreSQL", hint="a name has 1 to 63 bytes"
        )
    return '"' + name.replace('"', '""') + '"'


def connect_arguments(target: PostgresTarget, *, readonly: bool = False) -> dict[str, Any]:
    """Return the arguments for asyncpg's `connect` and `create_pool`; `readonly` sessions can write nothing."""
    settings = dict(SESSION_SETTINGS)
    if readonly:
        settings["default_transaction_read_only"] = "on"
    return {"dsn": target.url, "server_settings": settings}
