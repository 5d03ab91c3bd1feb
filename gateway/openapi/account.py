"""The operations of the account itself and of its keys."""

from msgspec import structs

from gateway.api.account import AccountEntry, ChangeAccount, CreateKey, KeyEntry
from gateway.openapi.operation import Answer, Listed, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED

TAG = "Account"
KEY_ID = "key_4be1a07c92d3"
ACCOUNT = AccountEntry(
    id="acct_5d1c0e9a7b3f2846",
    name="Ada",
    plan="pro",
    created_at="2026-05-01T09:00:00.000Z",
    low_balance_cents=500,
)
KEY = KeyEntry(id=KEY_ID, kind="wowflow", hint="wf_live_...7Qx2", created_at="2026-05-01T09:00:00.000Z")
MADE = structs.replace(KEY, key="wf_live_4fJ0cQm1VbZs8Yk2TnXr5Wd7Hg9LpAe3UiOoM6a7Qx2")
KEYS: Listed[KeyEntry] = Listed(data=(KEY,))
ID = Parameter(
    name="id",
    place="path",
    required=True,
    text="The key's id.",
    schema={"type": "string", "minLength": 1},
    example=KEY_ID,
)

OPERATIONS = (
    Operation(
        method="get",
        path="/api/v1/account",
        id="readAccount",
        tag=TAG,
        summary="Read the account",
        text="Whose key this is.",
        answers=(Answer(text="The account.", shapes=(AccountEntry,), examples={"account": ACCOUNT}),),
        refusals=KEYED,
    ),
    Operation(
        method="patch",
        path="/api/v1/account",
        id="changeAccount",
        tag=TAG,
        summary="Say of which balance to be warned",
        text="An order that takes the balance below `low_balance_cents` is told to the account's webhook endpoints, as "
        "`balance.low`: once, until a top-up goes above it again. 0 is never.",
        body=ChangeAccount,
        bodies={"five dollars": ChangeAccount(low_balance_cents=500), "never": ChangeAccount(low_balance_cents=0)},
        answers=(Answer(text="The account.", shapes=(AccountEntry,), examples={"account": ACCOUNT}),),
        refusals=(*BODIED, *KEYED),
    ),
    Operation(
        method="post",
        path="/api/v1/keys",
        id="createKey",
        tag=TAG,
        summary="Make a key",
        text="The key is in this answer and nowhere else. Either kind works everywhere.",
        body=CreateKey,
        bodies={"wf_live_": CreateKey(kind="wowflow"), "wok_": CreateKey(kind="wokgen")},
        answers=(
            Answer(status=201, text="The key.", shapes=(KeyEntry,), examples={"key": MADE}, links=("revokeKey",)),
        ),
        refusals=("too_many_keys", *BODIED, *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/keys",
        id="listKeys",
        tag=TAG,
        summary="List the keys",
        text="The account's active keys, oldest first, each by its prefix and last four characters.",
        answers=(Answer(text="The keys.", shapes=(Listed[KeyEntry],), examples={"keys": KEYS}),),
        refusals=KEYED,
    ),
    Operation(
        method="delete",
        path="/api/v1/keys/{id}",
        id="revokeKey",
        tag=TAG,
        summary="Revoke a key",
        text="It stops working at once, also if it is the one that this call is made with.",
        parameters=(ID,),
        answers=(Answer(status=204, text="It is revoked.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
)
