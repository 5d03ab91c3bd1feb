"""Create the first tables."""

from alembic import op

from shared.records.columns import (
    blob,
    day,
    document,
    measure,
    number,
    optional_measure,
    optional_number,
    optional_text,
    position,
    text,
)

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create every table and index."""
    create_accounts()
    create_actions()
    create_generations()
    create_deliveries()
    create_books()


def create_accounts() -> None:
    """Create the tables of accounts and their keys."""
    op.create_table("facts", text("name", key=True), text("value"))
    op.create_table(
        "accounts",
        text("id", key=True),
        text("name"),
        text("plan"),
        number("created_ms"),
        number("topup"),
        number("spent"),
        number("low"),
        number("ledger_sequence"),
        number("ledger_balance"),
        text("ledger_hash"),
        number("events"),
    )
    op.create_table(
        "keys",
        text("id", key=True),
        text("account"),
        text("hash"),
        text("kind"),
        text("hint"),
        number("created_ms"),
        optional_number("revoked_ms"),
    )
    op.create_index("keys_account", "keys", ["account"])
    op.create_index("keys_hash", "keys", ["hash"])


def create_actions() -> None:
    """Create the tables of accounts' events and uploads, and of operators' actions."""
    op.create_table(
        "account_events",
        text("account", key=True),
        position("number"),
        number("at_ms"),
        text("type"),
        text("subject"),
        text("detail"),
        text("by"),
    )
    op.create_table(
        "audit",
        text("id", key=True),
        number("at_ms"),
        text("who"),
        text("what"),
        text("subject"),
        text("detail"),
        text("outcome"),
    )
    op.create_index("audit_at", "audit", ["at_ms"])
    op.create_table(
        "uploads",
        text("id", key=True),
        text("account"),
        number("bytes"),
        text("media_type"),
        text("path"),
        number("created_ms"),
        number("until_ms"),
    )
    op.create_index("uploads_account", "uploads", ["account", "created_ms"])


def create_generations() -> None:
    """Create the table of generations."""
    op.create_table(
        "generations",
        text("id", key=True),
        text("account"),
        text("key"),
        text("dialect"),
        text("kind"),
        text("model"),
        text("provider"),
        text("target"),
        text("state"),
        optional_text("error_code"),
        optional_text("prompt"),
        document("metadata"),
        blob("record"),
        number("reserved"),
        number("cost"),
        optional_number("credit"),
        optional_number("provider_cost"),
        optional_number("expected_cost"),
        number("outputs"),
        optional_measure("seconds"),
        optional_number("tokens"),
        number("created_ms"),
        optional_number("started_ms"),
        number("closed_ms"),
        optional_number("credit_ms"),
        optional_number("late_ms"),
    )
    op.create_index("generations_account", "generations", ["account", "created_ms", "id"])
    op.create_index("generations_state", "generations", ["account", "state", "created_ms"])
    op.create_index("generations_model", "generations", ["account", "model", "created_ms"])
    op.create_index("generations_kind", "generations", ["account", "kind", "created_ms"])
    op.create_index("generations_key", "generations", ["account", "key", "created_ms"])
    op.create_index("generations_closed", "generations", ["closed_ms"])


def create_deliveries() -> None:
    """Create the table of deliveries."""
    op.create_table(
        "deliveries",
        text("id", key=True),
        text("account"),
        text("endpoint"),
        text("event"),
        text("type"),
        optional_text("generation"),
        text("state"),
        number("attempts"),
        number("created_ms"),
        number("ended_ms"),
        blob("record"),
    )
    op.create_index("deliveries_account", "deliveries", ["account", "created_ms", "id"])
    op.create_index("deliveries_endpoint", "deliveries", ["endpoint", "created_ms", "id"])
    op.create_index("deliveries_generation", "deliveries", ["generation"])
    op.create_index("deliveries_ended", "deliveries", ["ended_ms"])


def create_books() -> None:
    """Create the tables of the ledger, of usage and of receipts."""
    op.create_table(
        "ledger_lines",
        text("account", key=True),
        position("sequence"),
        number("at_ms"),
        text("kind"),
        number("amount"),
        text("reference"),
        text("hash"),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_lines_kind", "ledger_lines", ["account", "kind", "sequence"])
    op.create_index("ledger_lines_at", "ledger_lines", ["account", "at_ms"])
    op.create_index("ledger_lines_reference", "ledger_lines", ["reference"])
    op.create_table(
        "usage",
        day(),
        text("account", key=True),
        text("provider", key=True),
        text("model", key=True),
        text("kind", key=True),
        text("key", key=True),
        number("count"),
        number("failed"),
        number("reserved"),
        number("charged"),
        number("credited"),
        number("provider_cost"),
        measure("seconds"),
        number("tokens"),
    )
    op.create_index("usage_account", "usage", ["account", "day"])
    op.create_table("day_heads", day(), text("account", key=True), number("sequence"), text("hash"))
    op.create_table(
        "days", day(), number("accounts"), text("root"), text("key_id"), text("signature"), number("signed_ms")
    )
