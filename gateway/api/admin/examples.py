"""Example responses of the admin API."""

from msgspec import structs

from gateway.examples import ACCOUNT_CREATED_AT, ACCOUNT_ID, COMPLETED_AT, ENDPOINT_ID, GENERATION_ID, KEY_HINT, KEY_ID
from operate import (
    account_keys,
    account_life,
    accounts,
    audit,
    catalogue,
    dead_letters,
    generations,
    ledger,
    overview,
    queues,
    records,
    timeline,
    uncertain,
    usage,
    workers,
)
from shared.version import VERSION

AT = ACCOUNT_CREATED_AT
DELIVERY_ID = f"evt_{GENERATION_ID}:{ENDPOINT_ID}"
PROVIDER = "local"

ACCOUNT = accounts.AdminAccountEntry(
    account=ACCOUNT_ID,
    name="Ada",
    plan="pro",
    state="active",
    created_at=AT,
    balance_micros=19_890_000,
    topup_micros=20_000_000,
    spent_micros=110_000,
    low_micros=500_000,
    keys=2,
    uploads=3,
    upload_bytes=12_500_000,
)
CREATED = accounts.CreatedAccount(account=ACCOUNT_ID, keys={"wowflow": "wf_live_...", "wokgen": "wok_..."})
TOPPED_UP = accounts.ToppedUp(account=ACCOUNT_ID, topped_up=True, reference="invoice-7", balance_micros=39_890_000)
ADJUSTED = accounts.Adjusted(
    account=ACCOUNT_ID, adjusted=True, reference="adjustment-5d1c0e9a7b3f", balance_micros=19_890_000
)
WARNED = accounts.WarnedBelow(account=ACCOUNT_ID, low_micros=5_000_000)
CAPPED = accounts.SpendCapsSet(account=ACCOUNT_ID, day_micros=20_000_000, month_micros=None, total_micros=None)
CHANGED = account_life.AccountState(
    account=ACCOUNT_ID, name="Ada", plan="plus", state="active", balance_micros=19_890_000
)
SUSPENDED = structs.replace(CHANGED, state="suspended")
CLOSED = account_life.ClosedAccount(account=ACCOUNT_ID, balance="paid_out", amount_micros=19_890_000)
KEY = account_keys.AdminKeyEntry(id=KEY_ID, kind="wowflow", hint=KEY_HINT, created_at=AT)
CREATED_KEY = account_keys.CreatedKey(id=KEY_ID, kind="wowflow", key="wf_live_...")
REVOKED = account_keys.Revoked(id=KEY_ID, revoked=True)
ACCOUNT_EVENT = accounts.AccountEventEntry(at=AT, type="key.created", subject=KEY_ID, detail=KEY_HINT, by="operator")
MARGIN = usage.MarginEntry("fal", "black-forest-labs/flux-2-pro", 40, 1, 4_095_000, 2_600_000, 1_495_000, 36.5)
LINE = ledger.LineEntry(at=AT, kind="reserve", amount_micros=-110_000, reference=GENERATION_ID)
CHECKED = ledger.Checked(
    accounts=12, lines=3400, generations=1600, deliveries=900, findings=(), scope="changed", complete=True
)
QUEUE = queues.QueueEntry(
    name=PROVIDER,
    due=3,
    running=8,
    parked=40,
    oldest_s=0.4,
    backlog=12,
    backlog_oldest_s=9.5,
    breaker="closed",
    down_why=None,
    down_s=0,
    busy_s=0,
    held=None,
)
HELD = queues.Held(provider=PROVIDER, held="pause", before=None)
RESUMED = queues.Held(provider=PROVIDER, held=None, before="pause")
WORKER = workers.WorkerEntry(
    id="worker-1f0c9d2e",
    role="worker",
    queue=PROVIDER,
    slots=100,
    running=8,
    version=VERSION,
    host="node-3",
    pid=17,
    since=AT,
    catalogue="3f9a1c27d04e",
)
RELOADED = catalogue.Reloaded(version="3f9a1c27d04e", complete=True, processes=(WORKER,))
RECORD = records.GenerationRecord(
    id=GENERATION_ID,
    job="job_" + GENERATION_ID.replace("-", ""),
    account=ACCOUNT_ID,
    state="queued",
    queue_position=2,
    dialect="wowflow",
    kind="image",
    model="google/nano-banana-2-pro-1k",
    provider=PROVIDER,
    provider_model="artist",
    provider_reference=None,
    attempts=None,
    prompt="a misty forest at dawn",
    input=None,
    created_at=AT,
    started_at=None,
    closed_at=None,
    deadline_at="2026-05-02T09:00:00.000Z",
    reserved_micros=110_000,
)
LIFE = timeline.Life(
    id=GENERATION_ID,
    account=ACCOUNT_ID,
    state="completed",
    provider=PROVIDER,
    model="google/nano-banana-2-pro-1k",
    queue_position=None,
    reserved_micros=110_000,
    cost_micros=110_000,
    credit_micros=None,
    deadline_at="2026-05-02T09:00:00.000Z",
    moments=(
        timeline.LifeMoment(at=AT, after_ms=0, what="accepted", detail="image by google/nano-banana-2-pro-1k"),
        timeline.LifeMoment(at=COMPLETED_AT, after_ms=21_000, what="settled", detail="completed"),
    ),
)
RETRIED = generations.Retried(id=GENERATION_ID, state="queued", done="due", means=generations.RETRY_MEANINGS["due"])
REFUND = generations.Refund(id=GENERATION_ID, account=ACCOUNT_ID, kind="credit", amount_micros=110_000)
DOUBT = uncertain.DoubtEntry(
    id=GENERATION_ID,
    account=ACCOUNT_ID,
    provider=PROVIDER,
    provider_model="artist",
    reserved_micros=110_000,
    created_at=AT,
    started_at=AT,
    deadline_at="2026-05-01T09:10:00.000Z",
    closed_at=None,
)
RESOLVED = uncertain.Resolved(id=GENERATION_ID, state="failed", refund_micros=110_000)
DEAD = dead_letters.DeadLetterEntry(
    id=DELIVERY_ID,
    account=ACCOUNT_ID,
    endpoint=ENDPOINT_ID,
    type="generation.completed",
    generation_id=GENERATION_ID,
    created_at=AT,
    dead_at="2026-05-04T09:00:00.000Z",
    attempts=10,
    last="500 oh no",
)
REDELIVERED = dead_letters.ReplayedDead(queued=1, left=())
AUDIT = audit.AuditEntry(
    at=AT, who="api:adm_1c9d2e47f3b8 Grace", what="queue pause", on=PROVIDER, detail="", outcome="held"
)
OVERVIEW = overview.Overview(
    totals=overview.Totals(open=63, uncertain=0, late=1, deliveries=4, dead_letters=0),
    money=overview.MoneyRate(minutes=5, reserved_micros=5_500_000, settled_micros=5_390_000, refunded_micros=110_000),
    ledger=overview.LedgerState(checked_at=AT, findings=0),
    queues=(QUEUE,),
    workers=(WORKER,),
    slowest=(
        overview.SlowEntry(
            id=GENERATION_ID, account=ACCOUNT_ID, provider=PROVIDER, state="pending", age_s=42.1, left_s=557.9
        ),
    ),
    failing_endpoints=(
        overview.FailingEntry(
            id=ENDPOINT_ID, account=ACCOUNT_ID, url="https://example.com/hook", since=AT, disabled=False
        ),
    ),
)
