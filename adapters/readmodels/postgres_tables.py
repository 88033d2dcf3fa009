"""The tables of the read models in PostgreSQL, in the schema of the log, and the statements over them."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from adapters.eventstore.postgres_tables import qualified
from adapters.readmodels.schema import (
    BESIDE,
    DIGEST_COLUMNS,
    LAYOUT,
    OF_A_PROJECTION,
    ORDERED_BY,
    RETIRED,
    SERVED,
    TABLE_NAMES,
)


class Statements:
    """Every statement over the read models of one schema. Keys and scopes compare by their bytes, as in SQLite."""

    def __init__(self, schema: str, place: str = SERVED) -> None:
        self._place = place
        self.projection, self.row, self.history, self.span, self.parking, self.layout = (
            qualified(schema, table) for table in TABLE_NAMES
        )
        self.create = [
            *(f"DROP TABLE IF EXISTS {qualified(schema, table)}" for table in TABLE_NAMES),
            *self._creation(),
        ]
        self.complete = f"SELECT to_regclass('{self.layout}') IS NOT NULL"
        self.number = f"SELECT number FROM {self.layout}"
        self.is_owner = (
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class "
            f"WHERE oid = to_regclass('{self.row}')"
        )
        self._held = held = [qualified(schema, table) for table in OF_A_PROJECTION]
        self.rewrite = [f"VACUUM (FULL) {table}" for table in held]
        self.empty = [f"DELETE FROM {table} WHERE projection_id = $1" for table in held]
        self._prepare_reading()
        self._prepare_past()
        self._prepare_writing()
        self._prepare_places()

    def _creation(self) -> list[str]:
        text, name = 'text COLLATE "C"', 'text COLLATE "C" NOT NULL'
        of = f"projection_id integer NOT NULL, key {name}, "
        return [
            (
                f"CREATE TABLE {self.projection} (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                f"name {name}, place {name}, version integer NOT NULL, position bigint NOT NULL, "
                "UNIQUE (name, place))"
            ),
            # scope and body are null for a row that is not any more.
            (
                f"CREATE TABLE {self.row} ({of}scope {text}, position bigint NOT NULL, "
                "born bigint NOT NULL, scope_since bigint NOT NULL, tail bytea NOT NULL, body bytea, "
                "PRIMARY KEY (projection_id, key))"
            ),
            f"CREATE INDEX ON {self.row} (projection_id, scope, key, scope_since)",
            f"CREATE INDEX ON {self.row} (projection_id, born, key)",
            f"CREATE INDEX ON {self.row} (projection_id, scope, scope_since)",
            (
                f"CREATE TABLE {self.history} ({of}position bigint NOT NULL, scope {text}, "
                "tail bytea NOT NULL, body bytea, PRIMARY KEY (projection_id, key, position))"
            ),
            (
                f"CREATE TABLE {self.span} ({of}scope {name}, since bigint NOT NULL, "
                "until bigint NOT NULL, node bigint NOT NULL, PRIMARY KEY (projection_id, scope, key, since))"
            ),
            f"CREATE INDEX ON {self.span} (projection_id, scope, node, until)",
            (
                f"CREATE TABLE {self.parking} ({of}position bigint NOT NULL, error text NOT NULL, "
                "PRIMARY KEY (position, projection_id, key))"
            ),
            f"CREATE TABLE {self.layout} (number integer NOT NULL)",
            f"INSERT INTO {self.layout} VALUES ({LAYOUT})",
        ]

    def _prepare_reading(self) -> None:
        """Prepare what reads rows as they are now; the first parameter is the projection's name."""
        which = self._of_projection()
        columns, present = "key, scope, body, position", f"{which} AND scope IS NOT NULL"
        between = "key > $2 AND key >= $3 AND key < $4"
        self.one = f"SELECT {columns} FROM {self.row} WHERE {present} AND key = $2"
        self.states = (
            "SELECT key, scope, body, position, born, scope_since, tail "
            f"FROM {self.row} WHERE {which} AND key = ANY ($2)"
        )
        self.page = (
            f"SELECT {columns} FROM {self.row} WHERE {present} AND {between} ORDER BY key LIMIT $5"
        )
        self.page_of_scope = (
            f"SELECT {columns} FROM {self.row} WHERE {which} AND {between} AND scope = $6 "
            "ORDER BY key LIMIT $5"
        )
        self.rows = f"SELECT {columns} FROM {self.row} WHERE {present} ORDER BY key"
        self.counts = f"SELECT scope, count(*) FROM {self.row} WHERE {present} GROUP BY scope"
        self.parked = (
            f"SELECT name, event.position, key, error FROM {self.parking} AS event "
            f"JOIN {self.projection} AS projection ON id = projection_id "
            f"WHERE place = '{self._place}' ORDER BY 2, 1, 3 LIMIT $1"
        )
        self.progress = f"SELECT version, position, id FROM {self.projection} WHERE {self._named()}"
        self.standing = f"SELECT name, version, position, id FROM {self.projection} WHERE place = '{self._place}'"
        self.everything = {
            table: f"SELECT {DIGEST_COLUMNS[table]} FROM {held} WHERE {which} ORDER BY {ORDERED_BY[table]}"
            for table, held in zip(OF_A_PROJECTION, self._held, strict=True)
        }

    def _prepare_past(self) -> None:
        """Prepare what reads rows as of a position, the second parameter, each in one statement: at one moment.

        A kept row and the one after it, or the newest row, bracket the position.
        """
        which = self._of_projection()
        of_key = f"FROM {self.history} WHERE {which} AND key = wanted.key AND position"
        brackets = (
            "SELECT wanted.key, newest.scope, newest.body, newest.position, newest.tail, "
            "base.scope, base.body, base.position, later.tail FROM ({}) AS wanted "
            f"JOIN {self.row} AS newest ON {which} AND newest.key = wanted.key AND newest.born <= $2 "
            f"LEFT JOIN LATERAL (SELECT scope, body, position {of_key} <= $2 "
            "ORDER BY position DESC LIMIT 1) AS base ON newest.position > $2 "
            f"LEFT JOIN LATERAL (SELECT tail {of_key} > $2 "
            "ORDER BY position LIMIT 1) AS later ON newest.position > $2 ORDER BY wanted.key"
        )
        keys = f"{which} AND key > $3 AND key >= $4 AND key < $5"
        born = f"SELECT key FROM {self.row} WHERE {keys} AND born <= $2 ORDER BY key LIMIT $6"
        in_scope = (
            f"SELECT key FROM {self.row} WHERE {keys} AND scope = $7 AND scope_since <= $2 "
            f"UNION ALL SELECT key FROM {self.span} "
            f"WHERE {keys} AND scope = $7 AND since <= $2 AND until > $2 ORDER BY key LIMIT $6"
        )
        self.past = brackets.format("SELECT $3::text AS key")
        self.past_of_keys = brackets.format("SELECT unnest($3::text[]) AS key")
        self.few_in_scope = (
            f"(SELECT key FROM {self.row} WHERE {which} AND scope = $3 AND scope_since <= $2 LIMIT $4) "
            f"UNION ALL (SELECT key FROM {self.span} WHERE {which} AND scope = $3 "
            "AND node = ANY ($5::bigint[]) AND until > $2 AND since <= $2 LIMIT $4)"
        )
        self.past_page = brackets.format(born)
        self.past_page_of_scope = brackets.format(in_scope)
        self.past_counts = (
            f"SELECT scope, count(*) FROM {self.row} "
            f"WHERE {which} AND scope IS NOT NULL AND scope_since <= $2 GROUP BY scope "
            f"UNION ALL SELECT scope, count(*) FROM {self.span} "
            f"WHERE {which} AND since <= $2 AND until > $2 GROUP BY scope"
        )

    def _prepare_writing(self) -> None:
        """Prepare what writes; from `upsert` on the first parameter is the projection's number."""
        self.lock = f"SELECT id FROM {self.projection} WHERE {self._named()} FOR UPDATE"
        # Another number after each reset: it is what tells the generations of a projection apart.
        self.register = (
            f"INSERT INTO {self.projection} (name, place, version, position) "
            f"VALUES ($1, '{self._place}', $2, 0) "
            "ON CONFLICT (name, place) DO UPDATE SET id = DEFAULT, version = excluded.version, position = 0"
        )
        self.advance = (
            f"UPDATE {self.projection} SET position = $4 WHERE {self._named()} AND version = $2 "
            "AND position = $3 AND id = coalesce($5, id) RETURNING id"
        )
        self.upsert = (
            f"INSERT INTO {self.row} "
            "(projection_id, key, scope, position, born, scope_since, tail, body) "
            "SELECT $1::integer, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], "
            "$6::bigint[], $7::bytea[], $8::bytea[]) ON CONFLICT (projection_id, key) DO UPDATE SET "
            "scope = excluded.scope, position = excluded.position, "
            "scope_since = excluded.scope_since, tail = excluded.tail, body = excluded.body"
        )
        self.keep = (
            f"INSERT INTO {self.history} (projection_id, key, position, scope, tail, body) "
            "SELECT $1::integer, * "
            "FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[])"
        )
        self.list_span = (
            f"INSERT INTO {self.span} (projection_id, key, scope, since, until, node) SELECT $1::integer, * "
            "FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])"
        )
        self.forgive = f"DELETE FROM {self.parking} WHERE projection_id = $1 AND position >= $2 AND key = ANY ($3)"
        self.park = (
            f"INSERT INTO {self.parking} (projection_id, key, position, error) "
            "SELECT $1::integer, * FROM unnest($2::text[], $3::bigint[], $4::text[]) "
            "ON CONFLICT (position, projection_id, key) DO UPDATE SET error = excluded.error"
        )

    def _prepare_places(self) -> None:
        """Prepare what moves projections between their places."""
        retired = (
            f"UPDATE {self.projection} SET place = '{RETIRED}' || id WHERE name = $1 AND place ="
        )
        self.places = (
            f"SELECT place, position FROM {self.projection} "
            f"WHERE name = $1 AND place IN ('{SERVED}', '{BESIDE}') FOR UPDATE"
        )
        self.retire_served = f"{retired} '{SERVED}'"
        self.retire_beside = f"{retired} '{BESIDE}' RETURNING id"
        self.serve = f"UPDATE {self.projection} SET place = '{SERVED}' WHERE name = $1 AND place = '{BESIDE}'"
        self.retired = f"SELECT id FROM {self.projection} WHERE place LIKE '{RETIRED}%'"
        self.forget = f"DELETE FROM {self.projection} WHERE id = $1"

    def _named(self) -> str:
        return f"name = $1 AND place = '{self._place}'"

    def _of_projection(self) -> str:
        return f"projection_id = (SELECT id FROM {self.projection} WHERE {self._named()})"
