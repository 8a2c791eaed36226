"""Text stands in the order of its bytes on PostgreSQL too, whatever the machine's language says of letters."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, text

# text columns of our tables that a language of the server would sort; Alembic's own table is none of our business
_SORTED_BY_LANGUAGE = text(
    "select quote_ident(r.relname), quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)"
    " from pg_attribute a join pg_class r on r.oid = a.attrelid join pg_collation c on c.oid = a.attcollation"
    " where r.relnamespace = current_schema()::regnamespace and r.relkind = 'r' and r.relname <> 'alembic_version'"
    " and a.attnum > 0 and not a.attisdropped and c.collname <> 'C' order by r.relname, a.attnum"
)


def order_text_by_bytes(connection: Connection) -> int:
    """Gives every text column the collation ``C``, inside a migration; returns how many changed. Nothing on SQLite.

    A database is usually made in the language of its machine (``id_ID.UTF-8``), and an index on text is then sorted by
    the operating system's tables of letters. Those change with a new release of the system, and from then on a unique
    index lets the same number in twice. Bytes stay, and SQLite sorts by them as well: lists come in the same order on
    both. A later migration that makes a text column calls this at its end; a test of the schema asks for it.
    """
    if connection.dialect.name != "postgresql":
        return 0
    changes: dict[str, list[str]] = defaultdict(list)
    for table, column, kind in connection.execute(_SORTED_BY_LANGUAGE):
        changes[table].append(f'ALTER COLUMN {column} TYPE {kind} COLLATE "C"')
    for table, wanted in changes.items():  # all of a table at once: each index is built anew once
        connection.exec_driver_sql(f"ALTER TABLE {table} {', '.join(wanted)}")
    return sum(len(wanted) for wanted in changes.values())
