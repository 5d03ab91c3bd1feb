"""The operation of the usage."""

from gateway.api.usage import handlers, statements
from gateway.api.usage.bodies import Usage, UsageEntry, UsageTotal
from gateway.examples import ACCOUNT_ID, FROM, GENERATION_FILTERS, TO
from gateway.operation import KEYED, Operation, OperationResponse, Parameter, path_parameter
from operate.statement import MONTH, Statement, StatementDay
from shared.records.read_usage import GROUPINGS

SUMS = {"count": 40, "failed": 1, "charged_micros": 4_200_000, "refunded_micros": 105_000, "net_micros": 4_095_000}
TOTAL = UsageTotal(**SUMS, seconds=0.0, tokens=0)
USAGE = Usage(
    by="day",
    from_day="2026-05-01",
    to_day="2026-06-01",
    data=(UsageEntry(group="2026-05-08", **SUMS, seconds=0.0, tokens=0),),
    total=TOTAL,
)
MOVED = {"topups_micros": 50_000_000, "charges_micros": -4_200_000, "refunds_micros": 105_000, "corrections_micros": 0}
STATEMENT = Statement(
    account=ACCOUNT_ID,
    name="Ada",
    month="2026-05",
    final=True,
    opening_micros=0,
    closing_micros=45_905_000,
    lines=81,
    days=(StatementDay(day="2026-05-08", balance_micros=45_905_000, **MOVED),),
    **MOVED,
)
BY = Parameter(
    name="by",
    place="query",
    text="The value that each sum is about.",
    schema={"type": "string", "enum": list(GROUPINGS), "default": "day"},
)
PROVIDER = Parameter(name="provider", place="query", text="Only usage of this provider.", schema={"type": "string"})

OPERATIONS = (
    Operation(
        method="get",
        path="/api/v1/usage",
        handler=handlers.show_usage,
        id="readUsage",
        scopes=("read",),
        tag="Money",
        summary="Read the usage",
        text="Sums of generations by day, model, kind, provider or key, exact to the transactions: `charged_micros` is "
        "the sum of their charges, `refunded_micros` that of their refunds. A generation counts on the UTC day when it "
        "ended, a few seconds later, and a credit on that day too. Without `from` and `to`, the last 30 days. With "
        "`Accept: text/csv` the response is a file.",
        parameters=(
            BY,
            FROM,
            TO,
            *(one for one in GENERATION_FILTERS if one.name in ("model", "type", "key")),
            PROVIDER,
        ),
        responses=(
            OperationResponse(text="The usage.", shapes=(Usage,), examples={"usage": USAGE}, also=("text/csv",)),
        ),
        refusals=("invalid_request", "rate_limited", *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/statements/{month}",
        handler=statements.show_statement,
        id="readStatement",
        scopes=("read",),
        tag="Money",
        summary="Read a monthly statement",
        text="The opening balance of a UTC month, its movements by day, and its closing balance. With "
        "`Accept: text/csv` the response is a file with every line of the ledger and the balance behind it, with "
        "`Accept: application/pdf` a document.",
        parameters=(path_parameter("month", "The month.", STATEMENT.month, MONTH),),
        responses=(
            OperationResponse(
                text="The statement.",
                shapes=(Statement,),
                examples={"statement": STATEMENT},
                also=("text/csv", "application/pdf"),
            ),
        ),
        refusals=("invalid_request", "not_found", "conflict", "rate_limited", *KEYED),
    ),
)
