"""The Python SDK: its models and errors against the gateway's own, and everything that needs no server."""

import ast
import io
import json
import os
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import wokflow
from gateway.errors import CODES
from gateway.openapi.document import document
from shared.domain import signing
from shared.ops.settings import ROOT
from tests.harness.factories import load_shipped_catalogue
from wokflow import ed25519, errors, verify_receipt, verify_webhook
from wokflow.codes import BY_CODE, error_class
from wokflow.config import configure, parse_base_url
from wokflow.decode import decode, to_camel
from wokflow.models.generations import Generation
from wokflow.models.webhooks import GenerationFailedEvent
from wokflow.orders import (
    AccountChanges,
    GenerationFilters,
    KeyChanges,
    NewKey,
    OrderOptions,
    TransactionFilters,
    UsageFilters,
    query_of,
)
from wokflow.pacing import Pacing
from wokflow.progress import Progress, TerminalLine, Watcher, show_line
from wokflow.responses import error_of
from wokflow.retry import RETRY_WAIT_S_MAX, parse_retry_after_s, retry_delay_s
from wokflow.sse import EventDecoder
from wokflow.webhooks import EVENTS, UnknownEvent

sys.path.insert(0, str(ROOT / "sdk/scripts"))
import python_models
import python_sync

DOCUMENT: Any = document(load_shipped_catalogue(), "http://127.0.0.1:8080")
SCHEMAS = python_models.read_schemas()
VECTOR = ROOT / "tests/suites/unit/domain/receipt_vector.json"
ENTRY = {
    "id": "019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47",
    "status": "failed",
    "model": "m",
    "cost_cents": 0,
    "cost_usd": 0,
    "cost_micros": 0,
    "created_at": "2026-05-08T14:00:00.000Z",
    "type": "image",
    "provider": "p",
    "simulated": False,
    "stage": "failed",
    "refunded_cents": 1,
    "refunded_micros": 9,
    "brand_new": 1,
}


def response(status: int, code: str = "", **headers: str) -> httpx.Response:
    """Return a response of the gateway with an error, or one of something in between."""
    content = json.dumps({"error": {"code": code, "message": "No."}}) if code else "<html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, text=content, request=httpx.Request("GET", "http://gateway.example"))


def test_models_are_fresh() -> None:
    """The models match the document: if not, run `npm run schema` in sdk."""
    written = python_models.write_modules(SCHEMAS)
    assert written == {name: (python_models.FOLDER / f"{name}.py").read_text() for name in written}


@pytest.mark.parametrize("name", python_models.PLACES)
def test_model_has_the_fields_of_the_document(name: str) -> None:
    """Each model has every field of its schema, required where the document says so."""
    module = sys.modules[f"wokflow.models.{python_models.PLACES[name]}"]
    schema = SCHEMAS[python_models.MODULES[python_models.PLACES[name]][name]]
    found = {python_models.snake(field): field in schema["required"] for field in schema["properties"]}
    model = getattr(module, name)
    assert found == {field.name: field.default is not None for field in fields(model)}
    assert [*schema["properties"]] == [
        field.name if field.name in schema["properties"] else to_camel(field.name) for field in fields(model)
    ]


def test_sync_client_is_fresh() -> None:
    """The synchronous client matches the asynchronous one: if not, run sdk/scripts/python_sync.py."""
    assert [] == python_sync.stale_modules()
    assert "await" not in python_sync.to_sync((ROOT / "sdk/python/wokflow/_async/client.py").read_text())


def test_options_are_those_of_the_document() -> None:
    """Orders and lists take every field and parameter that the document has."""
    bodies = {"CreateKey": NewKey, "ChangeKey": KeyChanges, "ChangeAccount": AccountChanges}
    for name, options in bodies.items():
        assert set(SCHEMAS[name]["properties"]) == set(get_type_hints(options))
    taken = {"model", "prompt", *get_type_hints(OrderOptions)}
    assert taken == set(SCHEMAS["CreateGeneration"]["properties"])
    lists = {"generations": GenerationFilters, "transactions": TransactionFilters, "usage": UsageFilters}
    for path, filters in lists.items():
        documented = {one["name"] for one in DOCUMENT["paths"][f"/api/v1/{path}"]["get"]["parameters"]} - {"id"}
        assert documented == {
            "metadata.NAME" if name == "metadata" else name.rstrip("_") for name in get_type_hints(filters)
        }


def test_filters_become_a_query() -> None:
    """Times, metadata and reserved words have their form in the query."""
    given: Any = {"from_": datetime(2026, 5, 8, tzinfo=UTC), "metadata": {"job": "a b"}, "limit": 5, "model": None}
    assert {"from": "2026-05-08T00:00:00+00:00", "metadata.job": "a b", "limit": "5"} == query_of(given)
    local = datetime(2026, 5, 8)
    assert local.astimezone() == datetime.fromisoformat(query_of({"to": local})["to"])


def test_no_repr_shows_a_secret() -> None:
    """Secrets that the API shows once are not in the repr of their models."""
    shown = ENTRY | {"secret": "whsec_a", "url": "u", "events": []}
    assert "whsec_a" not in repr(decode(wokflow.WebhookEndpoint, shown))


WITHOUT_KEYS = ("WokGen SDK 1.0", "People")  # another client's calls, and those of a session


def test_every_documented_code_has_its_class() -> None:
    """Each code of the calls of accounts has a class of its name, below that of its status."""
    documented = {
        code
        for path, operations in DOCUMENT["paths"].items()
        if path.startswith(("/api/v1/", "/.well-known/"))
        for operation in operations.values()
        if isinstance(operation, dict) and operation.get("tags", [""])[0] not in WITHOUT_KEYS
        for status, answer in operation["responses"].items()
        if status >= "400"
        for content in answer.get("content", {}).values()
        for code, example in content.get("examples", {}).items()
        if isinstance(example["value"].get("error"), dict)
    }
    assert "insufficient_balance" in documented
    assert set() == documented - set(BY_CODE)
    assert set() == set(BY_CODE) - set(CODES)
    for code, kind in BY_CODE.items():
        words = "".join(word.title() for word in code.removesuffix("_error").split("_"))
        assert f"{words}Error" == kind.__name__
        base = error_class("new", CODES[code].status)
        assert issubclass(kind, base) or kind is base, code
    assert (errors.ServerError, errors.ApiError) == (error_class("x", 504), error_class("x", 418))


def test_every_event_has_its_class() -> None:
    """Each documented event of a webhook is decoded to a class."""
    documented = {
        name for schema in SCHEMAS.values() for name in schema.get("properties", {}).get("event", {}).get("enum", [])
    }
    assert documented == set(EVENTS)


def test_decoding_leaves_out_newer_fields() -> None:
    """Times are decoded, absent fields are None, unknown ones are left out, and a missing one is named."""
    found = decode(Generation, ENTRY)
    assert (datetime(2026, 5, 8, 14, tzinfo=UTC), None, 0.0) == (found.created_at, found.result_url, found.cost_usd)
    with pytest.raises(wokflow.InvalidResponseError, match=r"Generation.stage is missing"):
        decode(Generation, {name: value for name, value in ENTRY.items() if name != "stage"})
    with pytest.raises(wokflow.InvalidResponseError, match=r"Generation.cost_cents must be int"):
        decode(Generation, ENTRY | {"cost_cents": "1"})


@pytest.mark.parametrize(
    ("answer", "kind", "is_repeated"),
    [
        (response(429, "rate_limited", Retry_After="2"), errors.RateLimitedError, True),
        (response(429, "quota_exceeded", Retry_After="7200"), errors.QuotaExceededError, False),
        (response(503, "unavailable"), errors.UnavailableError, True),
        (response(500, "internal_error"), errors.InternalError, True),
        (response(502, "upstream_error"), errors.UpstreamError, False),
        (response(502), errors.ServerError, True),
        (response(402, "insufficient_balance"), errors.InsufficientBalanceError, False),
        (response(409, "a_new_code"), errors.ConflictError, False),
        (response(307, Location="http://elsewhere.example"), errors.ConnectionFailedError, True),
    ],
)
def test_error_is_repeated_only_if_it_may_pass(
    answer: httpx.Response, kind: type[Exception], is_repeated: bool
) -> None:
    """Each failure has its class, and is repeated only if the same request may succeed soon."""
    error = error_of(answer)
    assert kind is type(error)
    assert is_repeated == (retry_delay_s(error, 1, 0.5) is not None)
    repeated_at_most_once = is_repeated and kind is errors.RateLimitedError
    assert repeated_at_most_once == (retry_delay_s(error, 1, 0.5, is_repeatable=False) is not None)


def test_delays_grow_and_follow_the_gateway() -> None:
    """Delays double up to 8 s, a Retry-After replaces them, and one above a minute ends the retries."""
    error = error_of(response(503, "unavailable"))
    assert [0.5, 1, 2, 4, 8, 8] == [retry_delay_s(error, attempt, 1.0) for attempt in range(1, 7)]
    assert 2 == retry_delay_s(error_of(response(429, "rate_limited", Retry_After="2")), 1, 0.0)
    date, later = "Fri, 08 May 2026 14:00:00 GMT", "Fri, 08 May 2026 14:00:30 GMT"
    assert [30, 1.5, None, None] == [
        *(parse_retry_after_s(header, date) for header in (later, "1.5", "soon", None)),
    ]
    assert RETRY_WAIT_S_MAX < 7200


def test_polls_follow_the_rhythm() -> None:
    """A poll comes after a second, then later and later up to 5 s, and never after the time limit."""
    pacing = Pacing("g", 100)
    assert [1, 1.5, 2.25, 3.375, 5, 5] == [pacing.take_delay_s(0) for _ in range(6)]
    assert 20 == pacing.take_delay_s(0, retry_after_s=20)
    assert Pacing("g", 0.5).take_delay_s(0) <= 0.5
    with pytest.raises(wokflow.WaitTimeoutError, match=r"^g has not ended within 1e-09 s"):
        Pacing("g", 1e-9).check()


def test_client_needs_a_key_and_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both can be in the environment, and no message quotes a key."""
    for name in ("WOWFLOW_KEY", "WOKFLOW_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="base_url is required"):
        configure("wf_live_a", None, 1, 0)
    with pytest.raises(ValueError, match="api_key is empty") as caught:
        configure("wf live\nsecret", "http://gateway.example", 1, 0)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("WOWFLOW_KEY", "wf_live_a")
    monkeypatch.setenv("WOKFLOW_URL", "http://gateway.example/api/v1/")
    config = configure(None, None, 1, 0)
    assert ("http://gateway.example", "Bearer wf_live_a") == (config.base_url, config.authorization)
    assert "wf_live_a" not in repr(config)
    assert ["http://g", "http://g/x"] == [parse_base_url(url) for url in ("http://g/api", "http://g/x/api/v1")]


def test_events_are_decoded_in_any_pieces() -> None:
    """Pieces of any size give the same events, comments are skipped, and a text may have any line separator."""
    text = "one\u2028two"
    data = json.dumps({"type": "text.delta", "generation_id": "g", "text": text, "offset": 3}, ensure_ascii=False)
    sent = f': beat\n\nid: 1-0\r\nevent: text.delta\r\ndata: {data}\r\n\r\ndata: {{"type": "gap"}}\n\n'.encode()
    for size in (1, 7, len(sent)):
        decoder = EventDecoder()
        found = [one for at in range(0, len(sent), size) for one in decoder.feed(sent[at : at + size])]
        assert [("1-0", "text.delta", text), (None, "gap", None)] == [
            (one.id, one.event.type, one.event.text) for one in found
        ]
    with pytest.raises(wokflow.InvalidResponseError):
        EventDecoder().feed(b"data: {\n\n")


def test_terminal_shows_progress_in_place() -> None:
    """A terminal gets one line, which ends with the generation, and another file gets nothing."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for shown in (terminal, file):
        watcher = Watcher(TerminalLine(shown), "g")
        for state in ({"status": "processing", "stage": "queued", "queue_position": 3}, {}, {}):
            watcher.note(decode(Generation, ENTRY | state))
    assert "" == file.getvalue()
    assert ["", "queued 0 s  3 ahead", "failed 0 s"] == [line.strip() for line in terminal.getvalue().split("\r")]
    assert terminal.getvalue().endswith("\n")
    line = show_line(Progress("g", "running", fraction=0.5), 61)
    assert "[############............]  50%  running 61 s" == line


def webhook(body: bytes, *secrets: str, sent_s: int = 1_000) -> dict[str, str]:
    """Return the headers of a signed webhook."""
    return {name.title(): value for name, value in signing.headers(secrets, "evt_1", sent_s, body).items()}


def new_secret() -> str:
    """Return a new secret."""
    return signing.new_secret(os.urandom(32))


FAILED = {
    **dict.fromkeys(("event", "type"), "generation.failed"),
    **dict.fromkeys(("error", "errorCode", "imageUrl", "provider"), None),
    **dict.fromkeys(("costCents", "refundedCents", "costMicros", "refundedMicros"), 0),
    **dict.fromkeys(("timestamp", "createdAt", "completedAt"), "2026-05-08T14:00:00.000Z"),
    **{"status": "failed", "jobId": "job_1", "prompt": "p", "id": "g", "kind": "image", "model": "m", "urls": []},
    "simulated": False,
}


def test_webhook_verifies_with_either_secret() -> None:
    """During a rotation both secrets sign, and a receiver with one or both of them accepts."""
    old, new, other = new_secret(), new_secret(), new_secret()
    body = json.dumps(FAILED).encode()
    for secret in (old, new, [old, new], [other, new]):
        event = verify_webhook(secret, webhook(body, old, new), body, now_s=1_100)
        assert isinstance(event, GenerationFailedEvent)
        assert ("job_1", None) == (event.job_id, event.image_url)
    newer = json.dumps({"event": "sun.rose"}).encode()
    assert UnknownEvent(event="sun.rose", body={"event": "sun.rose"}) == verify_webhook(
        old, webhook(newer, old), newer, now_s=1_000
    )


@pytest.mark.parametrize("fault", ["secret", "body", "late", "early", "missing", "version", "shape"])
def test_webhook_is_refused(fault: str) -> None:
    """A wrong secret, a changed body, a wrong time, a missing header and a body that is not an event are refused."""
    secret, body = new_secret(), json.dumps(FAILED if fault != "shape" else {"event": "balance.low"}).encode()
    headers, now_s = webhook(body, secret), {"late": 1_301, "early": 699}.get(fault, 1_000)
    if fault == "missing":
        del headers["Webhook-Id"]
    if fault == "version":
        headers["Webhook-Signature"] = headers["Webhook-Signature"].replace("v1,", "v1a,")
    with pytest.raises(wokflow.WebhookVerificationError):
        verify_webhook(
            new_secret() if fault == "secret" else secret, headers, body + b" " * (fault == "body"), now_s=now_s
        )


def test_malformed_secret_is_not_quoted() -> None:
    """A secret that is not one raises ValueError without its text."""
    for secret in ("whsec_", "whsec_!", "YWFh"):
        with pytest.raises(ValueError, match="must be whsec_ and base64") as caught:
            verify_webhook(secret, {}, b"")
        assert "YWFh" not in str(caught.value)


def test_signatures_verify_as_in_a_library() -> None:
    """Signatures that a library made verify, and none does after a change of key, message or signature."""
    for seed in range(3):
        private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        public, message = private.public_key().public_bytes_raw(), b"m" * seed
        signature = private.sign(message)
        assert ed25519.verify(public, signature, message)
        assert not ed25519.verify(public, signature, message + b"x")
        assert not ed25519.verify(bytes(32), signature, message)
        assert not ed25519.verify(public, signature[:-1] + b"\xff", message)
        assert not ed25519.verify(public, bytes([signature[0] ^ 1]) + signature[1:], message)
        assert not ed25519.verify(public, signature[:-1], message)


def test_receipt_verifies_with_the_public_key_alone() -> None:
    """A receipt of several days, from the gateway's own code, verifies as JSON and as a model."""
    vector = json.loads(VECTOR.read_text())
    found = verify_receipt(vector["receipt"], vector["keys"])
    assert ("included", 3) == (found.status, len(found.lines))
    assert found == verify_receipt(found, decode(wokflow.ReceiptKeys, vector["keys"]))


CHANGES: list[tuple[str, object, str]] = [
    ("receipt.generation.cost_micros", 39, "signature of the receipt"),
    ("receipt.generation.model", "\ud800", "refused"),
    ("receipt.lines.0.amount_micros", -49, "ledger entry 2 differs"),
    ("receipt.lines.0.proof.path", [], "ledger entry 2 is not in the tree"),
    ("receipt.days.0.head", "ab" * 32, "the account is not in the tree"),
    ("receipt.days.0.signed.root", "ab" * 32, "signature of day"),
    ("receipt.days", [], "which is missing"),
    ("receipt.signature", "zz", "signature of the receipt"),
    ("receipt.version", 2, "version 2"),
    ("receipt.lines", 1, "must be a list"),
    ("keys.keys", [], "not among the public keys"),
    ("keys.keys.0.public_key", "00" * 32, "signature of the receipt"),
]


@pytest.mark.parametrize(("path", "value", "reason"), CHANGES, ids=[change[0] for change in CHANGES])
def test_changed_receipt_is_refused(path: str, value: object, reason: str) -> None:
    """A change of any part is refused with its reason."""
    vector = json.loads(VECTOR.read_text())
    *above, last = path.split(".")
    place: Any = vector
    for name in above:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    with pytest.raises(wokflow.ReceiptVerificationError, match=reason):
        verify_receipt(vector["receipt"], vector["keys"])


def test_sdk_imports_httpx_alone() -> None:
    """The package needs nothing but httpx and the standard library, and nothing of the gateway."""
    files = sorted((ROOT / "sdk/python/wokflow").rglob("*.py"))
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {"httpx", "wokflow"} == {name.split(".")[0] for name in named} - sys.stdlib_module_names


def test_package_is_typed() -> None:
    """The package says that it has types, and every public name is importable."""
    assert (Path(wokflow.__file__).parent / "py.typed").exists()
    assert all(hasattr(wokflow, name) for name in wokflow.__all__)
    assert asdict(decode(Generation, ENTRY))["id"] == ENTRY["id"]
