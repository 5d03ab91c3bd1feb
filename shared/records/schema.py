"""The tables of the records, as the newest migration leaves them. Times are Unix ms, amounts are micro-USD.

`migrations/versions/` creates and changes them, and a test compares both. docs/records.md explains every column.
"""

from sqlalchemy import Index, MetaData, Table

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
    seal_columns,
    text,
)

REVISION = "0004"  # the newest migration; a test compares it with the files

tables = MetaData()
facts = Table("facts", tables, text("name", key=True), text("value"))  # `id`: identity of this database

accounts = Table(
    "accounts",
    tables,
    text("id", key=True),
    text("name"),
    text("plan"),
    number("created_ms"),
    number("topup"),
    number("spent"),
    number("low"),
    number("ledger_sequence"),  # of the account's last line in ledger_lines
    number("ledger_balance"),  # the sum of its lines up to there
    text("ledger_hash"),  # of that line
    number("events"),  # the number of the account's last event in account_events
    number("sealed_sequence"),  # of its last line in a signed day
    number("checked_sequence"),  # of its last line that a check has compared with the store
)

keys = Table(
    "keys",
    tables,
    text("id", key=True),
    text("account"),
    text("hash"),  # SHA-256; its first 16 characters are generations.key
    text("kind"),
    text("hint"),
    number("created_ms"),
    optional_number("revoked_ms"),
    *seal_columns(),
    Index("keys_day", "day", "account", "digest"),
    Index("keys_account", "account"),
    Index("keys_hash", "hash"),
)

generations = Table(
    "generations",
    tables,
    text("id", key=True),
    text("account"),  # or a guest's name
    text("key"),  # the first 16 characters of its key's hash; empty: unknown
    text("dialect"),
    text("kind"),
    text("model"),
    text("provider"),  # of its last attempt
    text("target"),
    text("state"),
    optional_text("error_code"),
    optional_text("prompt"),  # NULL: erased
    document("metadata"),
    blob("record"),  # every field of the store's hash, without the prompt; NULL: erased
    number("reserved"),
    number("cost"),
    optional_number("credit"),
    optional_number("provider_cost"),
    optional_number("expected_cost"),
    number("outputs"),
    optional_measure("seconds"),  # of the outputs, if the provider reports them
    optional_number("tokens"),
    number("created_ms"),
    optional_number("started_ms"),
    number("closed_ms"),
    optional_number("credit_ms"),
    optional_number("late_ms"),
    text("output_hashes"),  # SHA-256 of each stored output, separated by spaces
    *seal_columns(),
    Index("generations_day", "day", "account", "digest"),
    Index("generations_account", "account", "created_ms", "id"),
    Index("generations_state", "account", "state", "created_ms"),
    Index("generations_model", "account", "model", "created_ms"),
    Index("generations_kind", "account", "kind", "created_ms"),
    Index("generations_key", "account", "key", "created_ms"),
    Index("generations_closed", "closed_ms"),
)

ledger_lines = Table(
    "ledger_lines",
    tables,
    text("account", key=True),
    position("sequence"),  # 1 is the account's first line
    number("at_ms"),
    text("kind"),
    number("amount"),
    text("reference"),
    text("hash"),  # see shared/records/chain.py
    Index("ledger_lines_kind", "account", "kind", "sequence"),
    Index("ledger_lines_at", "account", "at_ms"),
    Index("ledger_lines_reference", "reference"),
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    tables,
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
    blob("record"),  # every field of the store's hash, its attempts in `log`; NULL: erased
    *seal_columns(),
    Index("deliveries_day", "day", "account", "digest"),
    Index("deliveries_account", "account", "created_ms", "id"),
    Index("deliveries_endpoint", "endpoint", "created_ms", "id"),
    Index("deliveries_generation", "generation"),
    Index("deliveries_ended", "ended_ms"),
)

account_events = Table(
    "account_events",
    tables,
    text("account", key=True),
    position("number"),  # 1 is the account's first event
    number("at_ms"),
    text("type"),
    text("subject"),
    text("detail"),
    text("by"),
    *seal_columns(),
    Index("account_events_day", "day", "account", "digest"),
)

uploads = Table(
    "uploads",
    tables,
    text("id", key=True),
    text("account"),
    number("bytes"),
    text("media_type"),
    text("path"),
    number("created_ms"),
    number("until_ms"),
    *seal_columns(),
    Index("uploads_day", "day", "account", "digest"),
    Index("uploads_account", "account", "created_ms"),
)

audit = Table(
    "audit",
    tables,
    text("id", key=True),  # the first 32 characters of the SHA-256 of its line in the store
    number("at_ms"),
    text("who"),
    text("what"),
    text("subject"),
    text("detail"),
    text("outcome"),
    *seal_columns(),
    Index("audit_day", "day", "digest"),
    Index("audit_at", "at_ms"),
)

usage = Table(
    "usage",
    tables,
    day(),  # days since 1970 (UTC) of the generation's end
    text("account", key=True),
    text("provider", key=True),
    text("model", key=True),
    text("kind", key=True),
    text("key", key=True),
    number("count"),
    number("failed"),
    number("reserved"),
    number("charged"),  # the costs, before credits
    number("credited"),
    number("provider_cost"),  # as reported, else as expected
    measure("seconds"),
    number("tokens"),
    Index("usage_account", "account", "day"),
)

day_heads = Table(
    "day_heads",
    tables,
    day(),
    text("account", key=True),
    number("sequence"),  # of the account's last line of that day; 0: it has none
    text("hash"),
    number("after"),  # of its last line before that day
    blob("digest"),  # its leaf in the tree of the day
    Index("day_heads_account", "account", "sequence"),
    Index("day_heads_digest", "day", "digest"),
)

day_trees = Table(
    "day_trees",
    tables,
    day(),
    text("account", key=True),  # empty: of the deployment
    text("name", key=True),  # of the table with the leaves; `day`: the accounts of the day
    number("size"),
    text("root"),
    blob("chunks"),  # roots of each 1,024 leaves, if there are more
)

superseded = Table(
    "superseded",
    tables,
    text("name", key=True),  # of the table
    text("id", key=True),  # of the row, which has changed since that day
    day(),
    text("account"),
    blob("digest"),  # as that day's root covers it
    Index("superseded_day", "name", "day", "account", "digest"),
)

days = Table(
    "days",
    tables,
    day(),
    number("accounts"),  # leaves of the tree
    text("root"),
    text("key_id"),
    text("signature"),
    number("signed_ms"),
)

people = Table(
    "people",
    tables,
    text("id", key=True),
    text("email"),
    text("name"),
    text("password"),  # Argon2id
    number("created_ms"),
    number("operator"),  # 1: may use the pages of operators
    Index("people_email", "email", unique=True),
)

members = Table(
    "members",
    tables,
    text("account", key=True),
    text("person", key=True),
    text("role"),
    number("since_ms"),
    Index("members_person", "person"),
)

links = Table(
    "links",
    tables,
    text("hash", key=True),  # SHA-256 of the token in the link
    text("id"),
    text("purpose"),  # sign_up, reset, invitation, operator
    text("email"),
    text("account"),  # of an invitation
    text("role"),
    text("by"),  # the person who invites
    number("created_ms"),
    number("ends_ms"),
    Index("links_email", "email", "purpose"),
    Index("links_account", "account"),
    Index("links_ends", "ends_ms"),
)
