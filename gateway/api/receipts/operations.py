"""The operations of receipts."""

from gateway.api.receipts import handlers
from gateway.examples import ACCOUNT_ID, GENERATION_ID
from gateway.operation import KEYED, Operation, OperationResponse, path_parameter
from shared.domain.receipt import (
    DayTree,
    Proof,
    PublicKey,
    PublicKeys,
    Receipt,
    ReceiptDay,
    ReceiptGeneration,
    ReceiptLine,
    SignedDay,
)

TAG = "Receipts"
DAY, CLOSED_MS, HASH, SIGNATURE = 20_581, 1_778_250_212_000, "7d" * 32, "c4" * 64
KEY_ID = "1f2a96c07be35d84"
SIGNED_DAY = SignedDay(
    day=DAY,
    size=2,
    root="a1" * 32,
    previous_day=DAY - 1,
    previous_root="b2" * 32,
    signed_ms=CLOSED_MS + 86_400_000,
    key_id=KEY_ID,
    signature=SIGNATURE,
)
PROOF = Proof(day=DAY, index=0, path=(HASH,))
RECEIPT = Receipt(
    status="included",
    issuer="5f0c2e9a41b7d386",
    generation=ReceiptGeneration(
        id=GENERATION_ID,
        account=ACCOUNT_ID,
        kind="image",
        model="google/nano-banana",
        provider="kie",
        state="completed",
        error_code=None,
        reserved_micros=42_000,
        cost_micros=42_000,
        credit_micros=None,
        created_ms=CLOSED_MS - 21_000,
        started_ms=CLOSED_MS - 20_500,
        closed_ms=CLOSED_MS,
        credit_ms=None,
        late_ms=None,
        output_sha256="d3" * 32,
        hidden=("e4" * 32, "f5" * 32, "06" * 32, "17" * 32),
        proof=PROOF,
    ),
    lines=(
        ReceiptLine(
            sequence=2,
            at_ms=CLOSED_MS - 21_000,
            kind="reserve",
            amount_micros=-42_000,
            previous="28" * 32,
            hash="39" * 32,
            proof=PROOF,
        ),
    ),
    days=(
        ReceiptDay(
            after=1,
            sequence=3,
            head="4a" * 32,
            trees=(DayTree(name="ledger_lines", size=2, root="5b" * 32),),
            index=0,
            path=(HASH,),
            signed=SIGNED_DAY,
        ),
    ),
    issued_ms=CLOSED_MS + 90_000_000,
    key_id=KEY_ID,
    signature=SIGNATURE,
)
KEYS = PublicKeys(keys=(PublicKey(id=KEY_ID, public_key="6c" * 32, created_ms=CLOSED_MS - 86_400_000),))

OPERATIONS = (
    Operation(
        method="get",
        path="/api/v1/generations/{id}/receipt",
        handler=handlers.read_receipt,
        id="readReceipt",
        scopes=("generate", "read"),
        tag=TAG,
        summary="Read a receipt",
        text="Price, model, provider, times and output hashes of an ended generation, with its ledger entries. After "
        "the end of the day (UTC) it has proofs that all of it is in the day's signed root; until then it is "
        "`provisional`, signed without proofs. `wokflow receipt verify` and the SDK verify it with the public keys "
        "alone.",
        parameters=(path_parameter("id", "The generation's id.", GENERATION_ID),),
        responses=(OperationResponse(text="The receipt.", shapes=(Receipt,), examples={"receipt": RECEIPT}),),
        refusals=("not_found", "conflict", *KEYED),
    ),
    Operation(
        method="get",
        path="/.well-known/wokflow-receipts",
        handler=handlers.list_receipt_keys,
        id="listReceiptKeys",
        tag=TAG,
        summary="List the public keys of receipts",
        text="The Ed25519 keys that receipts and days are signed with, the current one first.",
        access="open",
        responses=(OperationResponse(text="The keys.", shapes=(PublicKeys,), examples={"keys": KEYS}),),
        refusals=("internal_error", "unavailable"),
    ),
    Operation(
        method="get",
        path="/.well-known/wokflow-receipts/{day}",
        handler=handlers.read_signed_day,
        id="readSignedDay",
        tag=TAG,
        summary="Read a signed day",
        text="The root of a day as it is signed now. An earlier receipt of the day has the same root, or the books "
        "were changed after it.",
        access="open",
        parameters=(path_parameter("day", "The day, counted from 1970-01-01 UTC.", str(DAY), "^[0-9]{1,6}$"),),
        responses=(OperationResponse(text="The day.", shapes=(SignedDay,), examples={"day": SIGNED_DAY}),),
        refusals=("invalid_request", "not_found", "internal_error", "unavailable"),
    ),
)
