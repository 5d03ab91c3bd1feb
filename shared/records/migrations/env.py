"""Alembic's entry: run the migrations on the connection that `shared/records/migrate.py` passes."""

from alembic import context

from shared.records.schema import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
