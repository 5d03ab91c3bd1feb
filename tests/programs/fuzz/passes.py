"""The passes of the fuzzer: every operation by itself, and what belongs together along the document's links."""

from msgspec import Struct

ORDERS = (
    *("createGeneration", "readGenerations", "cancelGeneration"),
    *("createWebhook", "listWebhooks", "listDeliveries", "deleteWebhook"),
)
EXACT = "examples,coverage"  # the document's own examples; the bounds of every field, unsupported methods, media types
RANDOM = "examples,coverage,fuzzing"
LINKED = "stateful"
JOBS = ("--include-tag", "WokGen", "--include-tag", "WokGen SDK 1.0")
# Bob has no webhook endpoint when this begins, and an account may have ten.
AS_BOB = ("--auth-wfc-user", "bob")


class Pass(Struct, frozen=True):
    """One start of the fuzzer; `keyed`: with the customers' keys, else as a guest."""

    name: str
    keyed: bool
    phases: str
    arguments: tuple[str, ...] = ()


OURS = ("--exclude-tag", "Admin")  # which refuses customers and guests alike
# It holds up providers and revokes keys: after all others.
ADMIN = Pass("admin", False, EXACT, ("--include-tag", "Admin"))
PASSES = (
    Pass("each", True, RANDOM, OURS),
    Pass("each-guest", False, RANDOM, OURS),
    Pass("orders", True, LINKED, (*AS_BOB, *(word for name in ORDERS for word in ("--include-operation-id", name)))),
    Pass("jobs", True, LINKED, JOBS),
    Pass("jobs-guest", False, LINKED, JOBS),
)
