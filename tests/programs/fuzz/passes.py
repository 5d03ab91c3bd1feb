"""The passes of the fuzzer: every operation by itself, then chains of calls along the document's links."""

from msgspec import Struct

ORDERS = (
    *("createGeneration", "readGenerations", "cancelGeneration"),
    *("createWebhook", "listWebhooks", "listDeliveries", "deleteWebhook"),
)
EXACT = "examples,coverage"  # the document's examples, the bounds of every field, unsupported methods and media types
RANDOM = "examples,coverage,fuzzing"
LINKED = "stateful"
JOBS = ("--include-tag", "WokGen", "--include-tag", "WokGen SDK 1.0")
# Bob starts without webhook endpoints, and an account may have ten.
AS_BOB = ("--auth-wfc-user", "bob")


class Pass(Struct, frozen=True):
    """One run of the fuzzer, as a customer if `keyed`, else as a guest."""

    name: str
    keyed: bool
    phases: str
    arguments: tuple[str, ...] = ()


REST = ("--exclude-tag", "Admin", "--exclude-tag", "WokGen", "--exclude-tag", "WokGen SDK 1.0")
OURS = ("--exclude-tag", "Admin")  # the admin API refuses customers and guests
# This pass pauses providers and revokes keys, so it runs last.
ADMIN = Pass("admin", False, EXACT, ("--include-tag", "Admin"))
PASSES = (
    Pass("each", True, RANDOM, OURS),
    Pass("each-guest", False, RANDOM, OURS),
    Pass("orders", True, LINKED, (*AS_BOB, *(word for name in ORDERS for word in ("--include-operation-id", name)))),
    Pass("jobs", True, LINKED, JOBS),
    Pass("jobs-guest", False, LINKED, JOBS),
)
