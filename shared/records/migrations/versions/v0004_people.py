"""Add people, their roles in accounts, and the links that are sent to them."""

from alembic import op

from shared.records.columns import number, text

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "people",
        text("id", key=True),
        text("email"),
        text("name"),
        text("password"),
        number("created_ms"),
        number("operator"),
    )
    op.create_index("people_email", "people", ["email"], unique=True)
    op.create_table(
        "members",
        text("account", key=True),
        text("person", key=True),
        text("role"),
        number("since_ms"),
    )
    op.create_index("members_person", "members", ["person"])
    op.create_table(
        "links",
        text("hash", key=True),
        text("id"),
        text("purpose"),
        text("email"),
        text("account"),
        text("role"),
        text("by"),
        number("created_ms"),
        number("ends_ms"),
    )
    op.create_index("links_email", "links", ["email", "purpose"])
    op.create_index("links_account", "links", ["account"])
    op.create_index("links_ends", "links", ["ends_ms"])
