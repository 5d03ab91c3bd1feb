"""The operations of the account and its keys."""

from msgspec import structs

from gateway.api.account import handlers
from gateway.api.account.bodies import AccountEntry, ChangeAccount, CreateKey, KeyEntry, SecurityEntry
from gateway.examples import ACCOUNT_CREATED_AT, ACCOUNT_ID, KEY_HINT, KEY_ID, LIMIT
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, path_parameter
from shared.domain.events import KEY_CREATED, OPERATOR

TAG = "Account"
ACCOUNT = AccountEntry(id=ACCOUNT_ID, name="Ada", plan="pro", created_at=ACCOUNT_CREATED_AT, low_balance_cents=500)
KEY = KeyEntry(id=KEY_ID, kind="wowflow", hint=KEY_HINT, created_at=ACCOUNT_CREATED_AT)
CREATED_KEY = structs.replace(KEY, key="wf_live_4fJ0cQm1VbZs8Yk2TnXr5Wd7Hg9LpAe3UiOoM6a7Qx2")
KEYS: DataList[KeyEntry] = DataList(data=(KEY,))
EVENT = SecurityEntry(at=ACCOUNT_CREATED_AT, type=KEY_CREATED, subject=KEY_ID, detail=KEY_HINT, by=OPERATOR)
EVENTS: DataList[SecurityEntry] = DataList(data=(EVENT,))
ACCOUNT_RESPONSE = OperationResponse(text="The account.", shapes=(AccountEntry,), examples={"account": ACCOUNT})

OPERATIONS = (
    Operation(
        method="get",
        path="/api/v1/account",
        handler=handlers.read_account,
        id="readAccount",
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
        tag=TAG,
        summary="Set a low-balance alert",
        text="When a charge takes the balance below `low_balance_cents`, the account's webhook endpoints receive one "
        "`balance.low` event. The alert is armed again when a top-up raises the balance above the threshold. 0 turns "
        "it off.",
        body=ChangeAccount,
        bodies={"five dollars": ChangeAccount(low_balance_cents=500), "never": ChangeAccount(low_balance_cents=0)},
        responses=(ACCOUNT_RESPONSE,),
        refusals=(*BODIED, *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/account/events",
        handler=handlers.list_events,
        id="listAccountEvents",
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
    Operation(
        method="post",
        path="/api/v1/keys",
        handler=handlers.create_key,
        id="createKey",
        tag=TAG,
        summary="Create a key",
        text="The key is shown only in this response. Either kind works everywhere.",
        body=CreateKey,
        bodies={"wf_live_": CreateKey(kind="wowflow"), "wok_": CreateKey(kind="wokgen")},
        responses=(
            OperationResponse(
                status=201, text="The key.", shapes=(KeyEntry,), examples={"key": CREATED_KEY}, links=("revokeKey",)
            ),
        ),
        refusals=("too_many_keys", *BODIED, *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/keys",
        handler=handlers.list_keys,
        id="listKeys",
        tag=TAG,
        summary="List the keys",
        text="Lists the account's active keys, oldest first, each with its prefix and its last four characters.",
        responses=(OperationResponse(text="The keys.", shapes=(DataList[KeyEntry],), examples={"keys": KEYS}),),
        refusals=KEYED,
    ),
    Operation(
        method="delete",
        path="/api/v1/keys/{id}",
        handler=handlers.revoke_key,
        id="revokeKey",
        tag=TAG,
        summary="Revoke a key",
        text="The key stops working at once, even if this call is made with it.",
        parameters=(path_parameter("id", "The key's id.", KEY_ID),),
        responses=(OperationResponse(status=204, text="The key is revoked.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
)
