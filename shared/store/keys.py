"""Every key in the store, with its type and lifetime. The Lua verbs build the same names; the tidy test compares.

`gw:` keys are ours. `arq:` keys are arq's own, so that stock arq tools read our queues; `:bell` and `:leases` are the
engine's additions. Ids are UUIDs in their 36-character form.
"""

from arq.constants import job_key_prefix

ACCOUNTS = "gw:accounts"  # sorted set: account id by creation, ms; kept
OPEN = "gw:open"  # sorted set: open generation by the time of the sweeper's next look, ms
LATE = "gw:late"  # sorted set: failed generation that a provider may still finish, by the next look, ms
UNCERTAIN = "gw:uncertain"  # sorted set: open generation whose submit nobody knows the outcome of, by since when, ms
REFUNDED_UNCERTAIN = "gw:doubts"  # sorted set: generation refunded while it was uncertain, by when, ms; the newest 1000
LEDGER_CHECK = "gw:ledger-check"  # hash: when the books were last checked and what was found; kept
LEDGER_CHECK_DUE = "gw:ledger-check-due"  # string: there until a sweeper shall check the books again
OPEN_DELIVERIES = "gw:deliveries:open"  # sorted set: open delivery by the time of the sweeper's next look, ms
DEPLOYMENT = "gw:secret"  # string: 32 random bytes that callback addresses are derived from; kept
DEAD = "gw:dead"  # sorted set: delivery that was given up, by when, ms; the newest 10000
FAILING = "gw:failing"  # sorted set: endpoint whose attempts all fail, by since when, ms
AUDIT = "gw:audit"  # list: what operators did, JSON, newest first; the newest 10000
PROCESSES = "gw:processes"  # sorted set: process by when it was last heard of, ms
ADMIN_KEYS = "gw:admin-keys"  # hash: key id to `<sha256> <created_ms> <hint> <name>`, operators' active keys
SCHEMA = "gw:schema"  # string: version of this layout; kept
SCHEMA_VERSION = 1  # to be raised with a change that the version before could not work with: docs/operate.md


def account(account_id: str) -> str:
    """Hash: name, plan, created_ms, topup, spent, low (micro-USD), low_told (the warning was given); kept."""
    return f"gw:account:{account_id}"


def account_keys(account_id: str) -> str:
    """Hash: key id to `<sha256> <kind> <created_ms> <hint>`, active keys only; kept."""
    return f"gw:keys:{account_id}"


def key(key_hash: str) -> str:
    """String: the account id behind an API key, by the key's SHA-256; deleted on revocation."""
    return f"gw:key:{key_hash}"


def admin_key(key_hash: str) -> str:
    """String: `<key id> <name>` of an operator's key, by its SHA-256; deleted on revocation."""
    return f"gw:admin-key:{key_hash}"


def money(minute: int) -> str:
    """Hash: reserved, settled, refunded in a minute (minutes since 1970), micro-USD; expires after two hours."""
    return f"gw:money:{minute}"


def process(process_id: str) -> str:
    """String: what a running process says of itself, JSON; expires when it falls silent."""
    return f"gw:process:{process_id}"


def plan(name: str) -> str:
    """Hash: concurrency, backlog_max, daily_quota, beyond; written by each process that reads the catalogue."""
    return f"gw:plan:{name}"


def quota(account_id: str, day: int) -> str:
    """Counter: generations of a UTC day (days since 1970) that the plan pays for; expires two days later."""
    return f"gw:quota:{account_id}:{day}"


def top_ups(account_id: str) -> str:
    """Hash: payment reference to when it was credited, ms; kept, so that no payment ever counts twice."""
    return f"gw:top-ups:{account_id}"


def ledger(account_id: str) -> str:
    """List: lines `<ms> <kind> <amount> <reference>`, oldest first, amount in micro-USD; kept for ever."""
    return f"gw:ledger:{account_id}"


def generations(account_id: str) -> str:
    """List: the account's generation ids, newest first; shortened by retention."""
    return f"gw:generations:{account_id}"


def generation(generation_id: str) -> str:
    """Hash: see shared/domain/generation.py; deleted by retention after it closed."""
    return f"gw:generation:{generation_id}"


def replay(account_id: str, idempotency_key: str) -> str:
    """String: `<sha256 of the body> <generation id>`; expires after 24 h."""
    return f"gw:replay:{account_id}:{idempotency_key}"


def active(account_id: str, provider: str) -> str:
    """Set: the account's generations on a provider's queue; an id leaves when it closes."""
    return f"gw:active:{account_id}:{provider}"


def busy(provider: str) -> str:
    """Set: generations on a provider's queue, of all accounts; what its concurrency counts."""
    return f"gw:busy:{provider}"


def backlog(account_id: str, provider: str) -> str:
    """List: the account's generations that wait for a place on the queue, next first."""
    return f"gw:backlog:{account_id}:{provider}"


def waiting(provider: str) -> str:
    """Sorted set: all generations in backlogs of a provider, by since when, ms."""
    return f"gw:waiting:{provider}"


def provider(name: str) -> str:
    """Hash: concurrency, rate_per_s (published); paused_until_ms, down_*, probe_until_ms (learned); held (by an
    operator); next_submit_ms, sent_until_ms (its rate); took_ms:<kind>, calls_due, calls_came (measured).
    """
    return f"gw:provider:{name}"


def costs(provider: str, day: int) -> str:
    """Hash: counts and micro-USD of what a provider's work of a UTC day costs us; expires after 400 days."""
    return f"gw:costs:{provider}:{day}"


def round_robin(provider: str) -> str:
    """Sorted set: accounts that may have one more generation on a provider's queue, by since when, us."""
    return f"gw:turns:{provider}"


def endpoints(account_id: str) -> str:
    """Set: ids of the account's webhook endpoints; kept."""
    return f"gw:endpoints:{account_id}"


def endpoint(endpoint_id: str) -> str:
    """Hash: account, url, secret, old_secret, types, created_ms, failing_ms, failed_ms, disabled_*, times; kept."""
    return f"gw:endpoint:{endpoint_id}"


def endpoint_log(endpoint_id: str) -> str:
    """List: the endpoint's delivery ids, newest first, at most 1000."""
    return f"gw:endpoint-log:{endpoint_id}"


def delivery(delivery_id: str) -> str:
    """Hash: account, endpoint, event, type, what it is about, state, attempts, log; expires after it ended."""
    return f"gw:delivery:{delivery_id}"


def wake(gateway: str) -> str:
    """Channel: ids of generations that closed while this gateway process waits for them."""
    return f"gw:wake:{gateway}"


def queue(name: str) -> str:
    """Sorted set: arq's queue of one provider, job id by due time, ms."""
    return f"arq:queue:{name}"


def bell(name: str) -> str:
    """List: at most one token; workers of the queue wait for it with a blocking pop."""
    return f"arq:queue:{name}:bell"


def leases(name: str) -> str:
    """Sorted set: job id by the end of its worker's lease, ms."""
    return f"arq:queue:{name}:leases"


def arq_job(job_id: str) -> str:
    """String: arq's payload in MessagePack; deleted when the job ends."""
    return f"{job_key_prefix}{job_id}"
