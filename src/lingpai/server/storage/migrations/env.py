"""Alembic's entry point: runs the revisions on the connection (or, for ``--sql``, the dialect) it was handed."""

from alembic import context


def _run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
    else:
        context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


_run()
