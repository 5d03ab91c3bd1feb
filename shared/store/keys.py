"""Every key in the store, with its type and lifetime. The Lua verbs build the same names, and a test compares them.

`gw:` keys are ours. `arq:` keys are arq's, so that stock arq tools can read our queues; `:bell` and `:leases` are the
engine's additions. Ids are UUIDs in their 36-character form. "Permanent" means: never expires.
"""

WEBHOOKS = "webhooks"  # the dispatcher's queue, next to one for each provider

ACCOUNTS = "gw:accounts"  # sorted set: account id by creation, ms; permanent
OPEN = "gw:open"  # sorted set: open generation by the time of the sweeper's next check, ms
LATE = "gw:late"  # sorted set: failed generation that a provider may still finish, by its next poll, ms
UNCERTAIN = "gw:uncertain"  # sorted set: open generation whose submit has an unknown outcome, by since when, ms
REFUNDED_UNCERTAIN = "gw:doubts"  # sorted set: generation refunded while uncertain, by when, ms; the newest 1000
LEDGER_CHECK = "gw:ledger-check"  # hash: time and result of the last ledger check; permanent
FULL_CHECK = "gw:ledger-full"  # string: state of the full check of store and database, JSON; permanent
FULL_CHECK_DUE = "gw:ledger-full-due"  # string: expires when the next slice of the full check is due
LEDGER_CHECK_DUE = "gw:ledger-check-due"  # string: expires when the next ledger check is due
OPEN_DELIVERIES = "gw:deliveries:open"  # sorted set: open delivery by the time of the sweeper's next check, ms
DEPLOYMENT_KEY = "gw:secret"  # string: 32 random bytes that key the names of guests; permanent
CALLBACK_SECRETS = "gw:callback-secrets"  # list: the two newest secrets of callback URLs; empty: gw:secret; permanent
RECEIPT_KEYS = "gw:receipt-keys"  # list: keys that sign receipts, JSON; the first has a private part; permanent
UPLOADS = "gw:uploads"  # set: paths of inputs that nobody needs any more, until the sweeper has deleted them
UPLOADS_DUE = "gw:uploads-due"  # sorted set: upload by when the sweeper drops it, ms
DEAD = "gw:dead"  # sorted set: dead delivery by when, ms; the newest 10000
ERASURES = "gw:erasures"  # sorted set: account that requested its erasure, by when that is tried next, ms
ERASURES_DUE = "gw:erasures-due"  # string: expires when the next round of gw:erasures is due
FAILING = "gw:failing"  # sorted set: failing endpoint by since when, ms
SLOW_POSTS = "gw:posts-slow"  # sorted set: delivery on its way to a slow endpoint, by when its slot lapses, ms
HELD_SLOW = "gw:held-slow"  # sorted set: endpoint whose deliveries wait for a slot of the slow ones, new ones first
AUDIT = "gw:audit"  # list: audit records of operators, JSON, newest first; the newest 10000
PROVIDERS = "gw:providers"  # set: every provider that a catalogue has had; permanent
PROCESSES = "gw:processes"  # sorted set: process by its last heartbeat, ms
VOUCHER_BATCHES = "gw:voucher-batches"  # sorted set: batch of vouchers by its creation, ms; the newest 1000
INCLUDED_MONTH = "gw:included-month"  # string: the last month whose included credit all accounts have; permanent
CATALOGUE_RELOAD = "gw:catalogue-reload"  # string: number of the last announced reload of the catalogue; permanent
MODEL_CHECKS = "gw:model-checks"  # hash: provider to its last ModelCheck, JSON; permanent
ADMIN_KEYS = "gw:admin-keys"  # hash: key id to `<sha256> <created_ms> <hint>:<role> <name>`, of operators; permanent
HISTORY = "gw:history"  # hash: id, sequence, accepted_ms, fenced (why submits are stopped): history.py; permanent
RECORDS = "gw:records"  # stream of ended records for the archiver: `<kind>:<id or facts>`; none without a database
RECORDS_STATE = "gw:records-state"  # hash: database (its identity), since_ms, swept, archived (last entry); permanent
FEEDS = "gw:feeds"  # channel: account whose feed has a new entry
RECORDS_SWEPT = "gw:records-swept"  # string: expires when the archiver's next sweep for ended records is due
SCHEMA = "gw:schema"  # string: version of this layout; permanent
SCHEMA_VERSION = 3  # raise it with a change that the previous version cannot work with: docs/operate.md


def account(account_id: str) -> str:
    """Return the hash of an account: name, plan, topup, spent, low, state, included, disputed, ...; permanent."""
    return f"gw:account:{account_id}"


def account_keys(account_id: str) -> str:
    """Return the hash of an account's keys: key id to `<sha256> <kind> <created_ms> <hint> <name>`; permanent."""
    return f"gw:keys:{account_id}"


def key(key_hash: str) -> str:
    """Return the string with the account id of an API key, by the key's SHA-256; deleted on revocation."""
    return f"gw:key:{key_hash}"


def limited_key(key_hash: str) -> str:
    """Return the hash of a key with limits, by the key's SHA-256; deleted on revocation.

    account, id, scopes, expires_ms, models, kinds, networks (binary digits), budget (its own), above (of its makers).
    A limit that it lacks is absent. It must be in gw:keys, too; a session, which expires, in gw:sessions: sessions.py.
    """
    return f"gw:limited-key:{key_hash}"


def sessions(account_id: str) -> str:
    """Return the hash of the sessions of an account's people: session id to `<sha256>`; expires with the last one."""
    return f"gw:sessions:{account_id}"


def attempts(name: str, digest: str) -> str:
    """Return the counter of attempts of one kind, by the digest of an address or e-mail; expires with its period."""
    return f"gw:attempts:{name}:{digest}"


def keys_used(account_id: str) -> str:
    """Return the hash of the first 16 characters of a key's SHA-256 to its last use, ms, to a minute; permanent."""
    return f"gw:keys-used:{account_id}"


def budget(budget_id: str) -> str:
    """Return the hash of a budget, by the id of the first key that it counts, or of an account; micro-USD.

    cap_day, cap_month, cap_total (`-`: none); day (since 1970), month (since March of the year 0); spent_day of
    that day, spent_month of that month, spent_total. A new count raises epoch. Permanent while its key is active.
    """
    return f"gw:budget:{budget_id}"


def account_events(account_id: str) -> str:
    """Return the list of the account's security events, JSON, newest first; the newest 1000, permanent."""
    return f"gw:account-events:{account_id}"


def admin_key(key_hash: str) -> str:
    """Return the string with `<key id>:<role> <name>` of an operator's key, by its SHA-256; deleted on revocation."""
    return f"gw:admin-key:{key_hash}"


def money(minute: int) -> str:
    """Return the hash of a minute (since 1970): reserved, settled, refunded, micro-USD; expires after two hours."""
    return f"gw:money:{minute}"


def model_check_due(provider: str) -> str:
    """Return the string that expires when the provider's list of models is to be compared again."""
    return f"gw:model-check-due:{provider}"


def process(process_id: str) -> str:
    """Return the string with a running process as JSON; expires without a heartbeat."""
    return f"gw:process:{process_id}"


def plan(name: str) -> str:
    """Return the hash of a plan: concurrency, backlog_max, daily_quota, beyond, bounds, included; permanent."""
    return f"gw:plan:{name}"


def quota(account_id: str, day: int) -> str:
    """Return the counter of a UTC day's generations (days since 1970) on the quota; expires two days later."""
    return f"gw:quota:{account_id}:{day}"


def usage(scope: str, day: int) -> str:
    """Return the string `<requests> <attempts> <bytes in> <bytes stored> <cost>` of a scope and day; expires."""
    return f"gw:usage:{scope}:{day}"


def top_ups(account_id: str) -> str:
    """Return the hash of payment reference to time of credit, ms; permanent, so that no payment counts twice."""
    return f"gw:top-ups:{account_id}"


def voucher(voucher_hash: str) -> str:
    """Return the hash of a voucher, by its SHA-256: batch, account, redeemed_ms; expires with its batch."""
    return f"gw:voucher:{voucher_hash}"


def voucher_batch(batch: str) -> str:
    """Return the hash of a batch: name, amount, count, redeemed, each, created_ms, expires_ms, revoked_ms; expires."""
    return f"gw:voucher-batch:{batch}"


def trials(day: int) -> str:
    """Return the sum of the trial credit of a UTC day (days since 1970), micro-USD; expires two days later."""
    return f"gw:trials:{day}"


def ledger(account_id: str) -> str:
    """Return the list of ledger entries `<ms> <kind> <amount> <reference>`, oldest first, micro-USD; permanent.

    With a database the first may be `<ms> opening <sum> <number> <top-ups>`. It has the sum of so many older entries.
    """
    return f"gw:ledger:{account_id}"


def upload(upload_id: str) -> str:
    """Return the hash of an upload, which the sweeper drops at the time in gw:uploads-due; see uploads.py."""
    return f"gw:upload:{upload_id}"


def upload_use(scope: str) -> str:
    """Return the hash of the uploads of an account, or of `all`: count, bytes; permanent while there are any."""
    return f"gw:upload-use:{scope}"


def generations(account_id: str) -> str:
    """Return the list of the account's generation ids, newest first; trimmed by retention."""
    return f"gw:generations:{account_id}"


def generation(generation_id: str) -> str:
    """Return the hash of a generation, see shared/domain/generation.py; deleted by retention after its end."""
    return f"gw:generation:{generation_id}"


def replay(account_id: str, idempotency_key: str) -> str:
    """Return the string `<sha256 of the body> <generation id>` of an idempotency key; expires after 24 h."""
    return f"gw:replay:{account_id}:{idempotency_key}"


def active(account_id: str, provider: str) -> str:
    """Return the set of the account's generations on a provider's queue; an id leaves at its end."""
    return f"gw:active:{account_id}:{provider}"


def busy(provider: str) -> str:
    """Return the set of all generations on a provider's queue, bounded by its concurrency; an id leaves at its end."""
    return f"gw:busy:{provider}"


def backlog(account_id: str, provider: str) -> str:
    """Return the sorted set of the account's generations that wait for a slot on the queue, by since when, us."""
    return f"gw:backlogs:{account_id}:{provider}"


def waiting(provider: str) -> str:
    """Return the sorted set of all generations in a provider's backlogs, by since when, ms."""
    return f"gw:waiting:{provider}"


def provider(name: str) -> str:
    """Return the hash of a provider; permanent.

    concurrency, rate_per_s (published); paused_until_ms, down_*, probe_until_ms (pause and breaker); held (by an
    operator); next_submit_ms, sent_until_ms (rate limit); took_ms:<kind>, calls_due, calls_came (measured).
    Since alone_ms it has orders, and neither workers nor an entry in the catalogue.
    """
    return f"gw:provider:{name}"


def route(provider_name: str, target: str) -> str:
    """Return the hash of a route's breaker and pause: paused_until_ms, down_*, probe_until_ms, gone; expires."""
    return f"gw:route:{provider_name}:{target}"


def routes(provider_name: str) -> str:
    """Return the sorted set of a provider's routes that had trouble, by when, ms; expires an hour after the last."""
    return f"gw:routes:{provider_name}"


def costs(provider: str, day: int) -> str:
    """Return the hash of a provider's UTC day: counts and costs in micro-USD; expires after 400 days."""
    return f"gw:costs:{provider}:{day}"


def round_robin(provider: str) -> str:
    """Return the sorted set of accounts with backlog and a free slot on a provider's queue, by since when, us."""
    return f"gw:turns:{provider}"


def endpoints(account_id: str) -> str:
    """Return the set of ids of the account's webhook endpoints; permanent."""
    return f"gw:endpoints:{account_id}"


def endpoint(endpoint_id: str) -> str:
    """Return the hash of an endpoint: account, url, secrets, types, times, health, speed and breaker; permanent."""
    return f"gw:endpoint:{endpoint_id}"


def endpoint_log(endpoint_id: str) -> str:
    """Return the list of the endpoint's delivery ids, newest first, at most 1000."""
    return f"gw:endpoint-log:{endpoint_id}"


def delivery(delivery_id: str) -> str:
    """Return the hash of a delivery: account, endpoint, event, subject, state, attempts, log; expires after its end."""
    return f"gw:delivery:{delivery_id}"


def posts(owner_id: str) -> str:
    """Return the sorted set of deliveries on their way to an endpoint, or of an account, by when their slot lapses."""
    return f"gw:posts:{owner_id}"


def held(endpoint_id: str) -> str:
    """Return the sorted set of an endpoint's deliveries that wait for a slot, by since when, ms."""
    return f"gw:held:{endpoint_id}"


def held_endpoints(account_id: str) -> str:
    """Return the sorted set of endpoints whose deliveries wait for a slot of their account, by since when, ms."""
    return f"gw:held-endpoints:{account_id}"


def feed(account_id: str) -> str:
    """Return the stream of changes of an account's watched generations; about 10000, expires an hour after the last."""
    return f"gw:feed:{account_id}"


def wake(gateway: str) -> str:
    """Return the channel of a gateway process: ids of settled generations that it waits for."""
    return f"gw:wake:{gateway}"


def queue(name: str) -> str:
    """Return the sorted set of arq's queue of a provider: job id by due time, ms."""
    return f"arq:queue:{name}"


def bell(name: str) -> str:
    """Return the list with at most one token, which idle workers of the queue wait for with a blocking pop."""
    return f"arq:queue:{name}:bell"


def leases(name: str) -> str:
    """Return the sorted set of job ids by the end of their worker's lease, ms."""
    return f"arq:queue:{name}:leases"


def arq_job(job_id: str) -> str:
    """Return the string with arq's payload of a job, in MessagePack; deleted when the job ends."""
    return f"arq:job:{job_id}"
