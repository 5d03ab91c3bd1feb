"""Seal rows, so that every signed day covers them."""

from alembic import op

from shared.records.columns import blob, day, number, seal_columns, text

revision, down_revision = "0003", "0001"

SEALED = ("generations", "deliveries", "account_events", "uploads", "keys", "audit")


def upgrade() -> None:
    """Add the columns of seals, and the tables of signed days."""
    op.add_column("generations", text("output_hashes"))
    for name in SEALED:
        for column in seal_columns():
            op.add_column(name, column)
        owner = [] if name == "audit" else ["account"]
        op.create_index(f"{name}_day", name, ["day", *owner, "digest"])
    op.add_column("accounts", number("sealed_sequence"))
    op.add_column("accounts", number("checked_sequence"))
    op.add_column("day_heads", number("after"))
    op.add_column("day_heads", blob("digest"))
    op.create_index("day_heads_account", "day_heads", ["account", "sequence"])
    op.create_index("day_heads_digest", "day_heads", ["day", "digest"])
    create_tables()


def create_tables() -> None:
    """Create the tables of trees, and of digests that later versions of a row replaced."""
    op.create_table(
        "day_trees",
        day(),
        text("account", key=True),
        text("name", key=True),
        number("size"),
        text("root"),
        blob("chunks"),
    )
    op.create_table(
        "superseded",
        text("name", key=True),
        text("id", key=True),
        day(),
        text("account"),
        blob("digest"),
    )
    op.create_index("superseded_day", "superseded", ["name", "day", "account", "digest"])
