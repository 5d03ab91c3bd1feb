"""The operations of the admin API on accounts and their keys."""

from gateway.api.account.bodies import CreateKey
from gateway.api.admin import examples, handlers
from gateway.api.admin.bodies import AdjustAccount, CreateAccount, TopUp, WarnBelow
from gateway.api.admin.calls import call, list_call
from gateway.examples import ACCOUNT_ID, KEY_ID, LIMIT
from gateway.operation import Parameter, path_parameter

ACCOUNT = "/accounts/{account}"
ACCOUNT_PARAMETER = path_parameter("account", "The account's id.", ACCOUNT_ID)
KEY_PARAMETER = path_parameter("key", "The key's id.", KEY_ID)
FIRST = Parameter(
    name="first",
    place="query",
    text="How many accounts to skip: the next page begins where the last one ended.",
    schema={"type": "integer", "minimum": 0, "maximum": 1_000_000_000, "default": 0},
)
UNKNOWN_ACCOUNT = ("unknown_account",)

ACCOUNTS = (
    call(
        "account create",
        "post",
        "/accounts",
        handlers.create_account,
        summary="Create an account",
        example=examples.CREATED,
        text="The account gets a key of each kind. They are shown only in this response.",
        status=201,
        bodies={
            "with money": CreateAccount(name="Ada", plan="pro", top_up_micros=20_000_000),
            "empty": CreateAccount(name="Ada", plan="free"),
        },
        refusals=("unknown_plan", "invalid_name"),
    ),
    list_call(
        "account list",
        "/accounts",
        handlers.list_accounts,
        summary="List the accounts, oldest first",
        entry=examples.ACCOUNT,
        parameters=(FIRST, LIMIT),
    ),
    call(
        "account show",
        "get",
        ACCOUNT,
        handlers.show_account,
        summary="Read an account",
        example=examples.ACCOUNT,
        parameters=(ACCOUNT_PARAMETER,),
        refusals=UNKNOWN_ACCOUNT,
    ),
    call(
        "account top-up",
        "post",
        f"{ACCOUNT}/top-up",
        handlers.top_up_account,
        summary="Top up an account",
        example=examples.TOPPED_UP,
        parameters=(ACCOUNT_PARAMETER,),
        text="Each `reference` counts once, so the call can be repeated.",
        bodies={"invoice": TopUp(amount_micros=20_000_000, reference="invoice-7")},
        refusals=("invalid_reference", "too_much", *UNKNOWN_ACCOUNT),
    ),
    call(
        "account adjust",
        "post",
        f"{ACCOUNT}/adjust",
        handlers.adjust_account,
        summary="Correct a mistaken top-up",
        example=examples.ADJUSTED,
        parameters=(ACCOUNT_PARAMETER,),
        text="It adds money, or takes it back down to a balance of zero. The account sees a top-up with that amount.",
        bodies={"mistyped": AdjustAccount(amount_micros=-180_000_000, reason="200 typed instead of 20, invoice-7")},
        refusals=("invalid_reference", "too_much", *UNKNOWN_ACCOUNT),
    ),
    call(
        "account warn-below",
        "post",
        f"{ACCOUNT}/warn-below",
        handlers.set_low_balance,
        summary="Set an account's low-balance alert",
        example=examples.WARNED,
        parameters=(ACCOUNT_PARAMETER,),
        bodies={"five dollars": WarnBelow(low_micros=5_000_000)},
        refusals=UNKNOWN_ACCOUNT,
    ),
    list_call(
        "account events",
        f"{ACCOUNT}/events",
        handlers.list_account_events,
        summary="List an account's security events, newest first",
        entry=examples.ACCOUNT_EVENT,
        parameters=(ACCOUNT_PARAMETER, LIMIT),
        refusal="unknown_account",
    ),
    list_call(
        "ledger show",
        f"{ACCOUNT}/ledger",
        handlers.show_ledger,
        summary="List an account's ledger, newest first",
        entry=examples.LINE,
        parameters=(ACCOUNT_PARAMETER, LIMIT),
        refusal="unknown_account",
    ),
    call(
        "key create",
        "post",
        f"{ACCOUNT}/keys",
        handlers.create_key,
        summary="Create a key",
        example=examples.CREATED_KEY,
        parameters=(ACCOUNT_PARAMETER,),
        text="The key is shown only in this response.",
        status=201,
        bodies={"wowflow": CreateKey(kind="wowflow")},
        refusals=("too_many_keys", *UNKNOWN_ACCOUNT),
    ),
    list_call(
        "key list",
        f"{ACCOUNT}/keys",
        handlers.list_keys,
        summary="List an account's keys, oldest first",
        entry=examples.KEY,
        parameters=(ACCOUNT_PARAMETER,),
        refusal="unknown_account",
    ),
    call(
        "key revoke",
        "delete",
        f"{ACCOUNT}/keys/{{key}}",
        handlers.revoke_key,
        summary="Revoke a key",
        example=examples.REVOKED,
        parameters=(ACCOUNT_PARAMETER, KEY_PARAMETER),
        text="The key stops working at once.",
        refusals=("unknown_key",),
    ),
)
