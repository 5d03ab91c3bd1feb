"""The operations of the admin API."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from gateway.api.account import CreateKey
from gateway.api.admin.bodies import CreateAccount, RefundGeneration, ReplayDead, ResolveDoubt, TopUp, WarnBelow
from gateway.api.admin.routes import ACCOUNT, ADMIN, GENERATION, QUEUE
from gateway.openapi import admin_examples as shown
from gateway.openapi.operation import Answer, Listed, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.wowflow import GENERATION_ID, LIMIT

TAG = "Admin"


def _named(name: str, text: str, example: str) -> Parameter:
    schema: dict[str, object] = {"type": "string", "minLength": 1}
    return Parameter(name=name, place="path", required=True, text=text, schema=schema, example=example)


WHOSE = _named("account", "The account's id.", shown.ACCOUNT_ID)
WHICH_KEY = _named("key", "The key's id.", shown.KEY_ID)
PROVIDER = _named("provider", "The provider's name in the catalogue.", shown.PROVIDER)
ID = _named("id", "The generation's UUID, or its `job_...` name.", GENERATION_ID)
FIRST = Parameter(
    name="first",
    place="query",
    text="How many to leave out: the next page begins where the last one ended.",
    schema={"type": "integer", "minimum": 0, "maximum": 1_000_000_000, "default": 0},
)
REFUNDED = Parameter(
    name="refunded",
    place="query",
    text="Those that were refunded at their deadline and never heard of again, instead of those that are open.",
    schema={"type": "boolean", "default": False},
)
NO_ACCOUNT, UNFIT = ("unknown_account",), ("not_found", "conflict")


def _call(
    name: str,
    method: str,
    path: str,
    summary: str,
    answer: Struct,
    *parameters: Parameter,
    text: str = "",
    status: int = 200,
    bodies: Mapping[str, Struct] | None = None,
    refusals: tuple[str, ...] = (),
) -> Operation:
    """A call that answers one thing; `name` is the command it stands for."""
    body = type(next(iter(bodies.values()))) if bodies else None
    known = dict.fromkeys((*refusals, *(BODIED if bodies else ()), *KEYED))
    shapes: tuple[Any, ...] = (type(answer),)
    return Operation(
        method=method,
        path=ADMIN + path,
        id="admin" + "".join(word.capitalize() for word in name.replace("-", " ").split()),
        tag=TAG,
        summary=summary,
        text=text,
        access="admin",
        parameters=parameters,
        body=body,
        bodies=bodies or {},
        answers=(
            Answer(
                status=status,
                text="It is done." if method != "get" else "As it is.",
                shapes=shapes,
                examples={"answer": answer},
            ),
        ),
        refusals=tuple(known),
    )


def _list(
    name: str, path: str, summary: str, entry: Struct, *parameters: Parameter, refusals: tuple[str, ...] = ()
) -> Operation:
    """A call that answers a list."""
    made = _call(name, "get", path, summary, entry, *parameters, refusals=refusals)
    listed: Any = Listed[type(entry)]  # type: ignore[misc]
    answer = Answer(text="The list.", shapes=(listed,), examples={"list": Listed(data=(entry,))})
    return structs.replace(made, answers=(answer,))


OF_ACCOUNTS = (
    _call(
        "account create",
        "post",
        "/accounts",
        "Make an account",
        shown.CREATED,
        text="With a key of each kind, which are in this answer and nowhere else.",
        status=201,
        bodies={
            "with money": CreateAccount(name="Ada", plan="pro", top_up_micros=20_000_000),
            "empty": CreateAccount(name="Ada", plan="free"),
        },
        refusals=("unknown_plan", "invalid_name"),
    ),
    _list("account list", "/accounts", "List accounts", shown.ACCOUNT, FIRST, LIMIT, refusals=("invalid_request",)),
    _call("account show", "get", ACCOUNT, "Read an account", shown.ACCOUNT, WHOSE, refusals=NO_ACCOUNT),
    _call(
        "account top-up",
        "post",
        f"{ACCOUNT}/top-up",
        "Add money",
        shown.TOPPED_UP,
        WHOSE,
        text="Counts once for each `reference`, so that it may be repeated.",
        bodies={"invoice": TopUp(amount_micros=20_000_000, reference="invoice-7")},
        refusals=("invalid_reference", "too_much", *NO_ACCOUNT),
    ),
    _call(
        "account warn-below",
        "post",
        f"{ACCOUNT}/warn-below",
        "Set when a low balance is told",
        shown.WARNED,
        WHOSE,
        bodies={"five dollars": WarnBelow(low_micros=5_000_000)},
        refusals=NO_ACCOUNT,
    ),
    _list(
        "ledger show",
        f"{ACCOUNT}/ledger",
        "Read an account's ledger",
        shown.LINE,
        WHOSE,
        LIMIT,
        refusals=("invalid_request", *NO_ACCOUNT),
    ),
    _call(
        "key create",
        "post",
        f"{ACCOUNT}/keys",
        "Make a key",
        shown.MADE_KEY,
        WHOSE,
        text="The key is in this answer and nowhere else.",
        status=201,
        bodies={"wowflow": CreateKey(kind="wowflow")},
        refusals=("too_many_keys", *NO_ACCOUNT),
    ),
    _list("key list", f"{ACCOUNT}/keys", "List an account's keys", shown.KEY, WHOSE, refusals=NO_ACCOUNT),
    _call(
        "key revoke",
        "delete",
        f"{ACCOUNT}/keys/{{key}}",
        "Revoke a key",
        shown.REVOKED,
        WHOSE,
        WHICH_KEY,
        text="It stops working at once.",
        refusals=("unknown_key",),
    ),
)
OF_GENERATIONS = (
    _call("generation show", "get", GENERATION, "Read a generation", shown.RECORD, ID, refusals=("not_found",)),
    _call(
        "generation explain",
        "get",
        f"{GENERATION}/explain",
        "Tell the life of a generation",
        shown.LIFE,
        ID,
        text="With times: every provider that was asked, every look, every post.",
        refusals=("not_found",),
    ),
    _call(
        "generation retry",
        "post",
        f"{GENERATION}/retry",
        "Have a generation taken up at once",
        shown.RETRIED,
        ID,
        text="One that a provider may have is never submitted again: it is refused.",
        refusals=UNFIT,
    ),
    _call(
        "generation refund",
        "post",
        f"{GENERATION}/refund",
        "Give a generation's money back",
        shown.REFUND,
        ID,
        text="An open one fails, and its reservation goes back. For a completed one a credit is booked: once, and at "
        "most what it cost.",
        bodies={"all": RefundGeneration(reason="ticket 7"), "some": RefundGeneration(amount_micros=40_000)},
        refusals=UNFIT,
    ),
    _list(
        "uncertain list",
        "/uncertain",
        "List what nobody knows the outcome of",
        shown.DOUBT,
        REFUNDED,
        LIMIT,
        refusals=("invalid_request",),
    ),
    _call(
        "uncertain resolve",
        "post",
        "/uncertain/{id}/resolve",
        "End an uncertain generation",
        shown.RESOLVED,
        ID,
        text="As its provider's own pages show it: with the outputs that it made, or as failed.",
        bodies={
            "failed": ResolveDoubt(failed=True),
            "completed": ResolveDoubt(completed=("https://example.com/a.png",)),
        },
        refusals=UNFIT,
    ),
)
OF_THE_FLEET = (
    _call("top", "get", "/overview", "Read everything at a glance", shown.OVERVIEW),
    _list("queue list", "/queues", "List the queues", shown.QUEUE),
    _call(
        "queue pause",
        "post",
        f"{QUEUE}/pause",
        "Pause a provider",
        shown.HELD,
        PROVIDER,
        text="Nothing more is submitted to it; orders are accepted, and what it has is looked at.",
        refusals=("not_found",),
    ),
    _call(
        "queue drain",
        "post",
        f"{QUEUE}/drain",
        "Drain a provider",
        shown.HELD,
        PROVIDER,
        text="It gets no new order: another route takes them, or they are refused. What waits there is finished.",
        refusals=("not_found",),
    ),
    _call(
        "queue resume",
        "post",
        f"{QUEUE}/resume",
        "End a pause or a drain",
        shown.RESUMED,
        PROVIDER,
        refusals=("not_found",),
    ),
    _list("worker list", "/workers", "List the running processes", shown.WORKER),
    _list(
        "deadletter list",
        "/dead-letters",
        "List deliveries that were given up",
        shown.DEAD,
        LIMIT,
        refusals=("invalid_request",),
    ),
    _call(
        "deadletter replay",
        "post",
        "/dead-letters/replay",
        "Post deliveries again",
        shown.REPLAYED,
        text="Those that are named; if none is, all that are dead, the newest 1000 at once.",
        status=202,
        bodies={"one": ReplayDead(deliveries=(shown.DELIVERY_ID,)), "all": ReplayDead()},
        refusals=("not_found",),
    ),
    _list("audit list", "/audit", "List what operators did", shown.AUDIT, LIMIT, refusals=("invalid_request",)),
    _call(
        "ledger check",
        "post",
        "/ledger/check",
        "Check the books",
        shown.CHECKED,
        text="Every account and generation, while everything runs. It ends after 25 seconds, then not `complete`: "
        "a large deployment checks with the command, or reads what the sweeper found.",
        refusals=("conflict",),
    ),
)
OPERATIONS = (*OF_ACCOUNTS, *OF_GENERATIONS, *OF_THE_FLEET)
