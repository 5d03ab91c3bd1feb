"""The operations of the account and its keys."""

from gateway.api.account import export, handlers
from gateway.api.account.bodies import AccountEntry, ChangeAccount, ErasureEntry, SecurityEntry
from gateway.api.account.key_bodies import SpendCapsBody
from gateway.api.account.key_operations import KEYS
from gateway.examples import ACCOUNT_CREATED_AT, ACCOUNT_ID, KEY_HINT, KEY_ID, LIMIT
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, Parameter
from shared.domain.events import KEY_CREATED, OPERATOR

TAG = "Account"
ACCOUNT = AccountEntry(
    id=ACCOUNT_ID, name="Ada", plan="pro", state="active", created_at=ACCOUNT_CREATED_AT, low_balance_cents=500
)
EVENT = SecurityEntry(at=ACCOUNT_CREATED_AT, type=KEY_CREATED, subject=KEY_ID, detail=KEY_HINT, by=OPERATOR)
EVENTS: DataList[SecurityEntry] = DataList(data=(EVENT,))
ERASURE = ErasureEntry(id=ACCOUNT_ID, requested_at=ACCOUNT_CREATED_AT, keys=2, endpoints=1)
CONFIRM = Parameter(
    name="confirm",
    place="query",
    text="The account's id, because an erasure cannot be undone.",
    schema={"type": "string"},
    required=True,
    example=ACCOUNT_ID,
)
ACCOUNT_RESPONSE = OperationResponse(text="The account.", shapes=(AccountEntry,), examples={"account": ACCOUNT})

OPERATIONS = (
    Operation(
        method="get",
        path="/api/v1/account",
        handler=handlers.read_account,
        id="readAccount",
        scopes=("read", "manage"),
        tag=TAG,
        summary="Read the account",
        text="Returns the account that the API key belongs to.",
        responses=(ACCOUNT_RESPONSE,),
        refusals=KEYED,
    ),
    Operation(
        method="patch",
        path="/api/v1/account",
        handler=handlers.change_account,
        id="changeAccount",
        scopes=("manage",),
        tag=TAG,
        summary="Set a low-balance alert, and spend caps",
        text="When a charge takes the balance below `low_balance_cents`, the account's webhook endpoints receive one "
        "`balance.low` event. The alert is armed again when a top-up raises the balance above the threshold. 0 turns "
        "it off.\n\n`spend_caps` limit what all orders together take from the balance. Past a cap, orders are refused "
        "with `spend_cap_exceeded`. The first caps count from zero, and so does a count with `reset_spent`.",
        body=ChangeAccount,
        bodies={
            "five dollars": ChangeAccount(low_balance_cents=500),
            "never": ChangeAccount(low_balance_cents=0),
            "at most twenty dollars a day": ChangeAccount(spend_caps=SpendCapsBody(day_cents=2000)),
        },
        responses=(ACCOUNT_RESPONSE,),
        refusals=(*BODIED, *KEYED),
    ),
    Operation(
        method="delete",
        path="/api/v1/account",
        handler=handlers.erase_account,
        id="eraseAccount",
        scopes=("manage",),
        tag=TAG,
        summary="Erase the account",
        text="Revokes all keys, this one too, and removes the webhook endpoints. Prompts, outputs, uploads, names "
        "and addresses are erased within minutes; those of a running generation within minutes of its end. Amounts "
        "stay for the books. The rest of the balance is lost. Export the account first.",
        parameters=(CONFIRM,),
        responses=(
            OperationResponse(
                status=202, text="The erasure has begun.", shapes=(ErasureEntry,), examples={"erasure": ERASURE}
            ),
        ),
        refusals=("invalid_request", *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/account/export",
        handler=export.send_export,
        id="exportAccount",
        scopes=("manage",),
        tag=TAG,
        summary="Export the account",
        text="A ZIP file with all about the account: generations with prompts and results, deliveries, ledger, "
        "usage, events and keys (without their secrets) as JSON lines, and outputs as files. An account has one export "
        "at a time, of at most 500 MB.",
        responses=(OperationResponse(text="The archive.", media_type=export.ZIP),),
        refusals=("conflict", "rate_limited", *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/account/events",
        handler=handlers.list_events,
        id="listAccountEvents",
        scopes=("manage",),
        tag=TAG,
        summary="List the security events",
        text="Lists when keys and webhook endpoints were made, changed and removed, and by which key, newest first. "
        "The store has the newest 1000. Webhook endpoints receive them as events, too.",
        parameters=(LIMIT,),
        responses=(
            OperationResponse(text="The events.", shapes=(DataList[SecurityEntry],), examples={"events": EVENTS}),
        ),
        refusals=("invalid_request", *KEYED),
    ),
    *KEYS,
)
