"""What Alembic runs before a step: it is handed the connection, with its transaction already begun."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can undo the making of a table, too; Alembic does not rely on it unless it is told.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
