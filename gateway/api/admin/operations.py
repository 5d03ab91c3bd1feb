"""The operations of the admin API."""

from gateway.api.admin import examples, handlers
from gateway.api.admin.account_operations import ACCOUNTS
from gateway.api.admin.bodies import (
    RefundGeneration,
    ReplayDead,
    ResolveDoubt,
)
from gateway.api.admin.calls import call, list_call
from gateway.api.admin.voucher_operations import VOUCHERS
from gateway.examples import FROM, GENERATION_ID, LIMIT, TO
from gateway.operation import Operation, Parameter, path_parameter

GENERATION, QUEUE = "/generations/{id}", "/queues/{provider}"
PROVIDER = path_parameter("provider", "The provider's name in the catalogue.", examples.PROVIDER)
ID = path_parameter("id", "The generation's UUID, or its `job_...` id.", GENERATION_ID)
REFUNDED = Parameter(
    name="refunded",
    place="query",
    text="List those that were refunded at their deadline with an outcome still unknown, instead of the open ones.",
    schema={"type": "boolean", "default": False},
)
UNFIT = ("not_found", "conflict")

GENERATIONS = (
    call(
        "generation show",
        "get",
        GENERATION,
        handlers.show_generation,
        summary="Read a generation",
        example=examples.RECORD,
        parameters=(ID,),
        refusals=("not_found",),
    ),
    call(
        "generation explain",
        "get",
        f"{GENERATION}/explain",
        handlers.explain_generation,
        summary="Read the timeline of a generation",
        example=examples.LIFE,
        parameters=(ID,),
        text="Lists every event with its time: attempts at providers, polls, and deliveries of its webhook event.",
        refusals=("not_found",),
    ),
    call(
        "generation retry",
        "post",
        f"{GENERATION}/retry",
        handlers.retry_generation,
        summary="Run a generation now",
        example=examples.RETRIED,
        parameters=(ID,),
        text="A generation that may have reached a provider is refused: it is never submitted again.",
        refusals=UNFIT,
    ),
    call(
        "generation refund",
        "post",
        f"{GENERATION}/refund",
        handlers.refund_generation,
        summary="Refund a generation",
        example=examples.REFUND,
        parameters=(ID,),
        text="An open generation fails, and its reservation is refunded. A completed one gets a credit, once, of at "
        "most its cost.",
        bodies={"all": RefundGeneration(reason="ticket 7"), "some": RefundGeneration(amount_micros=40_000)},
        refusals=UNFIT,
    ),
    list_call(
        "uncertain list",
        "/uncertain",
        handlers.list_uncertain,
        summary="List the uncertain generations, oldest first",
        entry=examples.DOUBT,
        parameters=(REFUNDED, LIMIT),
    ),
    call(
        "uncertain resolve",
        "post",
        "/uncertain/{id}/resolve",
        handlers.resolve_uncertain,
        summary="Resolve an uncertain generation",
        example=examples.RESOLVED,
        parameters=(ID,),
        text="Look the task up on the provider's own pages, then complete it with its outputs or fail it.",
        bodies={
            "failed": ResolveDoubt(failed=True),
            "completed": ResolveDoubt(completed=("https://example.com/a.png",)),
        },
        refusals=UNFIT,
    ),
)
FLEET = (
    call(
        "top",
        "get",
        "/overview",
        handlers.read_overview,
        summary="Read the overview",
        example=examples.OVERVIEW,
    ),
    list_call(
        "queue list",
        "/queues",
        handlers.list_queues,
        summary="List the queues",
        entry=examples.QUEUE,
    ),
    call(
        "queue pause",
        "post",
        f"{QUEUE}/pause",
        handlers.set_queue_mode("pause"),
        summary="Pause a provider",
        example=examples.HELD,
        parameters=(PROVIDER,),
        text="Nothing is submitted to it any more. Generations are still accepted, and submitted tasks are polled.",
        refusals=("not_found",),
    ),
    call(
        "queue drain",
        "post",
        f"{QUEUE}/drain",
        handlers.set_queue_mode("drain"),
        summary="Drain a provider",
        example=examples.HELD,
        parameters=(PROVIDER,),
        text="It gets no new generations: another route serves them, or they are refused. Queued ones are finished.",
        refusals=("not_found",),
    ),
    call(
        "queue resume",
        "post",
        f"{QUEUE}/resume",
        handlers.set_queue_mode(None),
        summary="Resume a provider",
        example=examples.RESUMED,
        parameters=(PROVIDER,),
        refusals=("not_found",),
    ),
    list_call("worker list", "/workers", handlers.list_workers, summary="List the processes", entry=examples.WORKER),
    call(
        "catalogue reload",
        "post",
        "/catalogue/reload",
        handlers.reload_catalogue,
        summary="Reload the catalogue",
        example=examples.RELOADED,
        text="This gateway checks and reads its catalogue file first, then every other process its own. A process "
        "whose file is broken keeps the catalogue that it works with; 409 if that is this gateway.",
        refusals=("conflict",),
    ),
    list_call(
        "deadletter list",
        "/dead-letters",
        handlers.list_dead_letters,
        summary="List the failed deliveries, newest first",
        entry=examples.DEAD,
        parameters=(LIMIT,),
    ),
    call(
        "deadletter replay",
        "post",
        "/dead-letters/replay",
        handlers.replay_dead_letters,
        summary="Redeliver failed deliveries",
        example=examples.REDELIVERED,
        text="Queues the named deliveries again. Without names, the newest 1000.",
        status=202,
        bodies={"one": ReplayDead(deliveries=(examples.DELIVERY_ID,)), "all": ReplayDead()},
        refusals=("not_found",),
    ),
    list_call(
        "audit list",
        "/audit",
        handlers.list_audit,
        summary="List the audit log, newest first",
        entry=examples.AUDIT,
        parameters=(LIMIT,),
    ),
    list_call(
        "margin",
        "/margins",
        handlers.list_margins,
        summary="List revenue, cost and margin by provider and model",
        entry=examples.MARGIN,
        parameters=(FROM, TO),
        refusal="invalid_request",
    ),
    call(
        "ledger check",
        "post",
        "/ledger/check",
        handlers.check_ledger,
        summary="Check the ledger",
        example=examples.CHECKED,
        text="Checks the live system for at most 25 seconds; with a database, changes since the last check. "
        "If it is not `complete` by then, run the command instead.",
        refusals=("conflict",),
    ),
)
OPERATIONS: tuple[Operation, ...] = (*ACCOUNTS, *VOUCHERS, *GENERATIONS, *FLEET)
