"""A PostgreSQL database as one side of a copy."""

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import IsolationLevel
from psycopg.sql import SQL, Composed, Identifier

from lingpai.server.storage.copying import Table, make_table
from lingpai.server.storage.driver import Row

MARK = "lingpai_move"
"""A table that is there while a copy is not complete; its one row says where from."""
_FETCH_ROWS = 2000
_COLUMNS = """SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = CAST(quote_ident(t.table_name) AS regclass))
AND c.table_name NOT IN ('alembic_version', 'lingpai_move') ORDER BY 1, 2"""
_KEY = """SELECT a.attname FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indisprimary AND i.indrelid = CAST(quote_ident(%s) AS regclass) ORDER BY k.place"""
_TEXTS = """SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s AND data_type = 'text'"""
_IDENTITIES = """SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND is_identity = 'YES'"""


class PostgresSide:
    """A database. It is read on one connection and written on another, so that reading does not see the writing."""

    def __init__(self, url: str) -> None:
        # Nothing stays prepared: behind PgBouncer the next statement may meet another connection.
        self._reader = psycopg.connect(url, application_name="lingpai", connect_timeout=5, prepare_threshold=None)
        self._reader.isolation_level = IsolationLevel.REPEATABLE_READ
        self._writer = psycopg.connect(url, application_name="lingpai", connect_timeout=5, prepare_threshold=None)

    def begin(self) -> None:
        """Read the state of now from here on."""
        self._reader.rollback()
        self._reader.execute("SELECT 1")

    def tables(self) -> list[Table]:
        """Every table but Alembic's and our mark, by name."""
        columns: dict[str, list[str]] = {}
        for table, column in self._reader.execute(_COLUMNS).fetchall():
            columns.setdefault(table, []).append(column)
        keys = {table: [name for (name,) in self._reader.execute(_KEY, (table,))] for table in columns}
        return [make_table(table, keys[table], columns[table]) for table in columns]

    def count(self, table: Table) -> int:
        """How many rows."""
        row = self._reader.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table.name))).fetchone()
        return int(row[0]) if row else 0

    def rows(self, table: Table) -> Iterator[Row]:
        """Every row in the order of the key, in the order of its bytes whatever the database's language is."""
        texts = {name for (name,) in self._reader.execute(_TEXTS, (table.name,))}
        order = [
            SQL('{} COLLATE "C"').format(Identifier(name)) if name in texts else Identifier(name) for name in table.key
        ]
        select = SQL("SELECT {} FROM {} ORDER BY {}").format(
            _names(table.columns), Identifier(table.name), SQL(", ").join(order)
        )
        with self._reader.cursor(name=f"rows_of_{table.name}", binary=True) as cursor:
            cursor.itersize = _FETCH_ROWS
            cursor.execute(select)
            yield from cursor

    def delete(self, table: Table, keys: Sequence[Row]) -> None:
        """Delete the rows with these keys."""
        where = SQL(" AND ").join(SQL("{} = %s").format(Identifier(column)) for column in table.key)
        statement = SQL("DELETE FROM {} WHERE {}").format(Identifier(table.name), where)
        with self._writer.cursor() as cursor:
            cursor.executemany(statement, keys)

    def insert(self, table: Table, rows: Sequence[Row]) -> bool:
        """Add rows, all or (``False``: something unique is taken) none."""
        copy = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table.name), _names(table.columns))
        try:
            with self._writer.transaction(), self._writer.cursor() as cursor, cursor.copy(copy) as copying:
                for row in rows:
                    copying.write_row(row)
        except psycopg.errors.UniqueViolation:
            return False
        return True

    def finish(self) -> None:
        """Commit, and let numbers go on behind those that were copied."""
        for table, column in self._writer.execute(_IDENTITIES).fetchall():
            last = SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {} HAVING max({}) > 0").format(
                table, column, Identifier(column), Identifier(table), Identifier(column)
            )
            self._writer.execute(last)
        self._writer.commit()

    def mark(self, source: str) -> bool:
        """Say that a copy from ``source`` is under way. ``False``: the database has rows, or another copy is."""
        with self._writer.transaction():
            self._writer.execute(SQL("CREATE TABLE IF NOT EXISTS {} (source TEXT NOT NULL)").format(Identifier(MARK)))
            found = self._writer.execute(SQL("SELECT source FROM {}").format(Identifier(MARK))).fetchone()
            if found is None and not self._is_empty():
                self._writer.execute(SQL("DROP TABLE {}").format(Identifier(MARK)))
                return False
            if found is None:
                self._writer.execute(SQL("INSERT INTO {} VALUES ({})").format(Identifier(MARK), source))
        return found is None or found[0] == source

    def unmark(self) -> None:
        """Say that the copy is complete."""
        self._writer.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(MARK)))
        self._writer.commit()

    def close(self) -> None:
        """Close both connections; what was not finished is undone."""
        self._reader.close()
        self._writer.close()

    def _is_empty(self) -> bool:
        self.begin()
        return not any(self.count(table) for table in self.tables())


def _names(columns: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
