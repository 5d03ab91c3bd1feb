"""The operations of the account's keys."""

from msgspec import structs

from gateway.api.account import key_handlers
from gateway.api.account.key_bodies import ChangeKey, CreateKey, KeyEntry, RotateKey, SpendCapsBody, SpentEntry
from gateway.examples import ACCOUNT_CREATED_AT, KEY_HINT, KEY_ID
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, path_parameter

TAG = "Account"
ID = path_parameter("id", "The key's id.", KEY_ID)
KEY = KeyEntry(id=KEY_ID, kind="wowflow", hint=KEY_HINT, created_at=ACCOUNT_CREATED_AT)
GIVEN_AWAY = structs.replace(
    KEY,
    name="Workshop",
    scopes=("generate",),
    kinds=("image",),
    spend_caps=SpendCapsBody(total_cents=500),
    spent=SpentEntry(day_micros=110_000, month_micros=220_000, total_micros=330_000),
    last_used_at=ACCOUNT_CREATED_AT,
)
CREATED_KEY = structs.replace(KEY, key="wf_live_4fJ0cQm1VbZs8Yk2TnXr5Wd7Hg9LpAe3UiOoM6a7Qx2")
LIST: DataList[KeyEntry] = DataList(data=(KEY, GIVEN_AWAY))

KEYS = (
    Operation(
        method="post",
        path="/api/v1/keys",
        handler=key_handlers.create_key,
        id="createKey",
        scopes=("manage",),
        tag=TAG,
        summary="Create a key",
        text="The key is shown only in this response. Either kind works everywhere. A key to give away has limits: "
        "scopes, an expiry, addresses, models, kinds and spend caps. Past a cap, orders are refused with "
        "`key_budget_exceeded`. A key that makes another one grants no more than it has. A limit that is left out is "
        "that of the maker, whose own budget counts the orders of the new key, too.",
        body=CreateKey,
        bodies={
            "wf_live_": CreateKey(kind="wowflow"),
            "wok_": CreateKey(kind="wokgen"),
            "to give away": CreateKey(
                name="Workshop", scopes=("generate",), kinds=("image",), spend_caps=SpendCapsBody(total_cents=500)
            ),
        },
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
        handler=key_handlers.list_keys,
        id="listKeys",
        scopes=("manage",),
        tag=TAG,
        summary="List the keys",
        text="Lists the account's active keys, oldest first, each with its prefix and its last four characters.",
        responses=(OperationResponse(text="The keys.", shapes=(DataList[KeyEntry],), examples={"keys": LIST}),),
        refusals=KEYED,
    ),
    Operation(
        method="patch",
        path="/api/v1/keys/{id}",
        handler=key_handlers.change_key,
        id="changeKey",
        scopes=("manage",),
        tag=TAG,
        summary="Change a key",
        text="Changes the name and the limits, effective at once. With `reset_spent` its own budget counts from zero.",
        parameters=(ID,),
        body=ChangeKey,
        bodies={
            "two dollars a day": ChangeKey(spend_caps=SpendCapsBody(day_cents=200)),
            "count again": ChangeKey(reset_spent=True),
        },
        responses=(OperationResponse(text="The key.", shapes=(KeyEntry,), examples={"key": GIVEN_AWAY}),),
        refusals=("not_found", *BODIED, *KEYED),
    ),
    Operation(
        method="post",
        path="/api/v1/keys/{id}/rotate",
        handler=key_handlers.rotate_key,
        id="rotateKey",
        scopes=("manage",),
        tag=TAG,
        summary="Rotate a key",
        text="Creates a key with the same name, limits and budget. The old one expires after `overlap_s`, a day unless "
        "it is given. The new key is shown only in this response.",
        parameters=(ID,),
        body=RotateKey,
        bodies={"an hour": RotateKey(overlap_s=3600), "at once": RotateKey(overlap_s=0)},
        responses=(
            OperationResponse(
                status=201, text="The new key.", shapes=(KeyEntry,), examples={"key": CREATED_KEY}, links=("revokeKey",)
            ),
        ),
        refusals=("not_found", "too_many_keys", *BODIED, *KEYED),
    ),
    Operation(
        method="delete",
        path="/api/v1/keys/{id}",
        handler=key_handlers.revoke_key,
        id="revokeKey",
        scopes=("manage",),
        tag=TAG,
        summary="Revoke a key",
        text="The key stops working at once, even if this call is made with it.",
        parameters=(ID,),
        responses=(OperationResponse(status=204, text="The key is revoked.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
)
