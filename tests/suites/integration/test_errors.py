"""The whole error table over real HTTP: status, code, shape and headers, nothing charged, nothing secret logged."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from shared.store import accounts, generations, ledger
from tests.harness.bounds import WAIT_S, within
from tests.harness.factories import CENTS
from tests.suites.e2e.caller import RESPONSE_S, Answer, Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

GENERATIONS = "/api/v1/generations"
PROMPT = "a pangolin nobody may read about"
GOOD = {"model": "test/noop", "prompt": PROMPT}
SIZED = """
[[models]]
id = "test/sized"
name = "Sized"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{ provider = "noop", model = "noop" }]

[models.input]
width = { min = 64, max = 1024 }
seed = {}
image_urls = { max = 2 }
quality = {}

[[models]]
id = "test/brief"
name = "Brief"
kind = "image"
price_cents = 10
api_price_cents = 11
prompt_chars_max = 10
routes = [{ provider = "noop", model = "noop" }]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Run a gateway and one worker, but none for provider noop."""
    async with deploy(models=SIZED, workers=("paid",), deliver=0, sweep=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> AsyncIterator[Caller]:
    """Create a customer with one dollar, and check afterwards that nothing was charged and no secret logged."""
    caller = await place.create_caller(cents=100)
    yield caller
    account = await accounts.find(place.store, caller.customer.account)
    assert account is not None
    assert (100 * CENTS, 0) == (account.topup, account.spent)
    assert 1 == len(await ledger.list_entries(place.store, caller.customer.account))
    assert [] == await generations.list_newest(place.store, caller.customer.account, 1)
    assert caller.customer.key not in place.log()
    assert PROMPT not in place.log()


def is_error(answer: Answer, status: int, code: str) -> str:
    """Check an error's documented shape and its headers, and return its message."""
    assert (status, code) == (answer.status, answer.body["error"]["code"]), answer
    assert {"error"} == set(answer.body)
    assert {"code", "message"} == set(answer.body["error"])
    message = answer.body["error"]["message"]
    assert isinstance(message, str)
    assert message.strip()
    assert "application/json" == answer.headers["Content-Type"].partition(";")[0]
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert answer.headers["X-Request-Id"]
    return message


def cut_in_half(key: str) -> str:
    """Return a key that was not copied whole."""
    return key[: len(key) // 2]


def change_last_character(key: str) -> str:
    """Return a key with another last character."""
    return key[:-1] + ("a" if key[-1] != "a" else "b")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "bearer"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/models"),
        ("POST", GENERATIONS),
        ("GET", GENERATIONS),
        ("GET", "/api/v1/balance"),
        ("GET", "/api/v1/transactions"),
        ("POST", "/api/v1/webhooks"),
        ("GET", "/api/v1/webhooks"),
    ],
)
async def test_every_call_needs_a_key(caller: Caller, method: str, path: str, header: str) -> None:
    """Without a key every call is 401 missing_api_key."""
    sent = {"json": GOOD} if method == "POST" else {}
    is_error(await caller.request(method, path, headers={"Authorization": header}, **sent), 401, "missing_api_key")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "make",
    [
        lambda key: "Bearer junk",
        lambda key: "Bearer wf_live_",
        lambda key: f"Bearer {cut_in_half(key)}",
        lambda key: f"Bearer {change_last_character(key)}",
        lambda key: f"Bearer {key}{key}",
        lambda key: f"Bearer {key.upper()}",
        lambda key: f"Bearer {key} {key}",
        lambda key: f"Basic {key}",
        lambda key: f"Token {key}",
        lambda key: key,
        lambda key: "Bearer wf_live_wäre-schön",
    ],
    ids=["junk", "prefix", "half", "checksum", "twice", "upper", "two", "basic", "token", "bare", "umlaut"],
)
async def test_malformed_key_is_refused(caller: Caller, method: str, make: Any) -> None:
    """Junk, half a key, a wrong checksum and a wrong scheme are 401 invalid_api_key."""
    header = {"Authorization": make(caller.customer.key)}
    sent = {"json": GOOD} if method == "POST" else {}
    is_error(await caller.request(method, GENERATIONS, headers=header, **sent), 401, "invalid_api_key")


async def test_unknown_or_revoked_key_is_refused(caller: Caller, place: Place) -> None:
    """A well-formed key that does not exist, and a revoked one, are 401 invalid_api_key on every call."""
    [key] = await accounts.list_keys(place.store, caller.customer.account)
    await accounts.revoke_key(place.store, caller.customer.account, key.id)
    is_error(await caller.request("POST", GENERATIONS, json=GOOD), 401, "invalid_api_key")
    for path in ("/api/v1/models", GENERATIONS, "/api/v1/balance", "/api/v1/transactions", "/api/v1/webhooks"):
        is_error(await caller.request("GET", path), 401, "invalid_api_key")


@pytest.mark.parametrize("model", [{}, {"model": None}, {"model": ""}])
async def test_generation_is_refused_without_a_model(caller: Caller, model: dict[str, Any]) -> None:
    """A body without a model is 400 missing_model."""
    is_error(await caller.request("POST", GENERATIONS, json={"prompt": PROMPT, **model}), 400, "missing_model")


@pytest.mark.parametrize("prompt", [{}, {"prompt": None}, {"prompt": ""}, {"prompt": " \n\t"}])
async def test_generation_is_refused_without_a_prompt(caller: Caller, prompt: dict[str, Any]) -> None:
    """A body without a prompt, or with an empty one, is 400 missing_prompt."""
    is_error(await caller.request("POST", GENERATIONS, json={"model": "test/noop", **prompt}), 400, "missing_prompt")


@pytest.mark.parametrize("model", ["test/none", "TEST/NOOP", " test/noop", "../../x", "a" * 5000, "test/noop\0"])
async def test_unknown_model_is_refused(caller: Caller, model: str) -> None:
    """A model that is not in the catalogue, to the letter, is 400 unknown_model."""
    answer = await caller.request("POST", GENERATIONS, json={"model": model, "prompt": PROMPT})
    assert 300 > len(is_error(answer, 400, "unknown_model"))


async def test_prompt_is_refused_when_too_long_for_its_model(caller: Caller) -> None:
    """A model can accept a shorter prompt than its kind, and the message names the limit."""
    answer = await caller.request("POST", GENERATIONS, json={"model": "test/brief", "prompt": "x" * 11})
    assert "`prompt` must be at most 10 characters long, not 11" in is_error(answer, 400, "invalid_input")


async def test_model_is_refused_when_its_provider_has_no_key(place: Place, caller: Caller) -> None:
    """A model of a provider that is not configured is not on offer, and the log names the variable to set."""
    answer = await caller.request("POST", GENERATIONS, json={"model": "test/unset", "prompt": PROMPT})
    message = is_error(answer, 400, "unknown_model")
    assert "is not on offer here" in message
    assert "A_KEY_THAT_NOBODY_SETS" not in message
    [line] = [line for line in place.log().splitlines() if "model.not_configured" in line]
    assert '"set_one_of":["A_KEY_THAT_NOBODY_SETS"]' in line.replace(" ", "")
    listed = await caller.request("GET", "/api/v1/models")
    assert "test/unset" not in [model["id"] for model in listed.body["data"]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'model': 'test/noop'}",
        b'{"model": "test/noop", "prompt": "x",}',
        b'{"model": "test/noop", "prompt": "x"} {}',
        b'{"model": "test/noop", "model": "test/free", "prompt": "x"}',
        b'{"model": "test/sized", "prompt": "x", "input": {"width": 64, "width": 1024}}',
        b'{"model": "test/sized", "prompt": "x", "input": {"seed": NaN}}',
        b'{"model": "test/sized", "prompt": "x", "input": {"seed": Infinity}}',
        b'{"model": "test/noop", "prompt": "\xff\xfe"}',
        '{"model": "test/noop", "prompt": "café"}'.encode("latin-1"),
        '{"model": "test/noop", "prompt": "x"}'.encode("utf-16"),
        b'{"model": "test/noop", "prompt": "\\ud800"}',
        b'{"model": "test/noop", "prompt": "x", "\\udfff": 1}',
        b'{"model": "test/noop", "prompt": "\x01"}',
        b'{"a":' * 20_000,
        b"[" * 100_000,
        b'{"model": "test/noop", "prompt": "x", "input": ' + b"[" * 50 + b"]" * 50 + b"}",
        b'{"model": "test/sized", "prompt": "x", "input": {"seed": ' + b"9" * 5000 + b"}}",
        b'[{"model": "test/noop", "prompt": "x"}]',
        b'"model"',
        b"null",
        b"7",
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
async def test_body_is_refused_when_not_strict_json(caller: Caller, body: bytes) -> None:
    """A body that is not one strict JSON object is 400 invalid_json, even if lenient parsers accept it."""
    header = {"Content-Type": "application/json"}
    is_error(await caller.request("POST", GENERATIONS, data=body, headers=header), 400, "invalid_json")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": 7}, "model"),
        ({"model": ["test/noop"]}, "model"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": True}, "prompt"),
        ({"prompt": {"text": "x"}}, "prompt"),
    ],
)
async def test_field_is_named_when_of_the_wrong_type(caller: Caller, change: dict[str, Any], field: str) -> None:
    """A documented field of another type is 400 invalid_request, and the message names it."""
    message = is_error(await caller.request("POST", GENERATIONS, json=GOOD | change), 400, "invalid_request")
    assert field in message


@pytest.mark.parametrize(
    "limit", ["abc", "0", "-1", "1.5", "", "%20", "1e2", "0x10", "٣", "+5", "null", "--", "1;2", "00", "%00"]
)
@pytest.mark.parametrize("path", [GENERATIONS, "/api/v1/transactions"])
async def test_limit_is_refused_when_invalid(caller: Caller, path: str, limit: str) -> None:
    """A limit that is not a whole number from 1 is 400 invalid_request."""
    assert "limit" in is_error(await caller.request("GET", f"{path}?limit={limit}"), 400, "invalid_request")


@pytest.mark.parametrize("path", [GENERATIONS, "/api/v1/transactions"])
async def test_limit_above_200_counts_as_200(place: Place, path: str) -> None:
    """A limit of 201 and more returns the newest 200."""
    caller = await place.create_caller(cents=10_000, concurrency=1000)
    await asyncio.gather(*[caller.create() for _ in range(201)])
    counts = {limit: len((await caller.request("GET", f"{path}?limit={limit}")).body["data"]) for limit in (199, 200)}
    assert {199: 199, 200: 200} == counts
    for limit in ("201", "100000", "9" * 60):
        assert 200 == len((await caller.request("GET", f"{path}?limit={limit}")).body["data"])
    assert 50 == len((await caller.request("GET", path)).body["data"])


@pytest.mark.parametrize("key", ["k" * 256, "a\tb", "ü\u200b"])
async def test_idempotency_key_is_refused_when_too_long_or_not_printable(caller: Caller, key: str) -> None:
    """An Idempotency-Key that is too long or not printable is 400 invalid_request."""
    answer = await caller.request("POST", GENERATIONS, json=GOOD, headers={"Idempotency-Key": key})
    assert "Idempotency-Key" in is_error(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"width": "64"}, "width"),
        ({"width": 63}, "width"),
        ({"width": 1025}, "width"),
        ({"width": 10**30}, "width"),
        ({"width": 100.5}, "width"),
        ({"width": True}, "width"),
        ({"width": [64]}, "width"),
        ({"seed": 2**63}, "seed"),
        ({"seed": -(2**64)}, "seed"),
        ({"seed": 1e300}, "seed"),
        ({"quality": "best"}, "quality"),
        ({"image_urls": "https://example.com/a.png"}, "image_urls"),
        ({"image_urls": ["file:///etc/passwd"]}, "image_urls"),
        ({"image_urls": ["https://example.com/a.png"] * 3}, "image_urls"),
        ({"colour": "red"}, "colour"),
        ({"": 1}, '""'),
        ("text", "input"),
        ([], "input"),
        (7, "input"),
        (False, "input"),
    ],
)
async def test_input_field_is_named_when_the_model_rejects_it(caller: Caller, given: Any, field: str) -> None:
    """An unknown, mistyped or excessive field of `input` is 400 invalid_input, and the message names it."""
    body = {"model": "test/sized", "prompt": PROMPT, "input": given}
    message = is_error(await caller.request("POST", GENERATIONS, json=body), 400, "invalid_input")
    assert message.startswith(f"`{field}` ")


async def test_input_number_is_refused_when_infinite(caller: Caller) -> None:
    """A number that overflows to infinity is 400 invalid_input and names its field."""
    body = b'{"model": "test/sized", "prompt": "x", "input": {"seed": 1e999}}'
    answer = await caller.request("POST", GENERATIONS, data=body, headers={"Content-Type": "application/json"})
    assert is_error(answer, 400, "invalid_input").startswith("`seed` ")


@pytest.mark.parametrize("prompt", ["x" * 20_001, "a\0b"])
async def test_prompt_is_refused_when_too_long_or_with_nul(caller: Caller, prompt: str) -> None:
    """A prompt that is too long or has a NUL is 400 invalid_input and names the prompt."""
    answer = await caller.request("POST", GENERATIONS, json={"model": "test/noop", "prompt": prompt})
    assert is_error(answer, 400, "invalid_input").startswith("`prompt` ")


async def test_generation_is_refused_when_the_balance_is_too_low(place: Place) -> None:
    """A price above the balance is 402 insufficient_balance, the balance stays, and a free model still works."""
    caller = await place.create_caller(cents=10)
    message = is_error(await caller.submit(PROMPT), 402, "insufficient_balance")
    assert "0.11" in message
    assert "0.10" in message
    assert 10 == await caller.check_balance()
    assert 201 == (await caller.submit(PROMPT, "test/free")).status


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/models/",
        "/api/v1/Models",
        "/api/v1/generations/8c2e90b1-0000-4000-8000-000000000000",
        "/api/v2/generations",
        "/api/v2",
        "/api/v1/%ff%00",
        "/api/v1/..%2fmodels",
        "/api/v1/webhooks/ep_0000000000000000/deliveries",
    ],
)
async def test_unknown_path_is_not_found(caller: Caller, path: str) -> None:
    """An unknown path, of this version or of the next, is 404 not_found."""
    is_error(await caller.request("GET", path), 404, "not_found")


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "7",
        "None",
        "8c2e90b1-...",
        "8c2e90b1-0000-4000-8000-000000000000",
        "8c2e90b1000040008000000000000000",
        "{8c2e90b1-0000-4000-8000-000000000000}",
        "urn:uuid:8c2e90b1-0000-4000-8000-000000000000",
        "*",
        "%00",
        "%ff",
        "..%2f..",
        "a%20b%0d%0ac",
        "x" * 4000,
    ],
)
async def test_unknown_generation_is_not_found(caller: Caller, asked: str) -> None:
    """An id that is unknown or invalid is 404 not_found."""
    is_error(await caller.request("GET", f"{GENERATIONS}?id={asked}"), 404, "not_found")


async def test_foreign_generation_is_not_found(caller: Caller, place: Place) -> None:
    """Another account's generation is 404 not_found, in the same words as one that never existed."""
    owner = await place.create_caller()
    made = await owner.create(PROMPT)
    foreign = is_error(await caller.request("GET", f"{GENERATIONS}?id={made}"), 404, "not_found")
    unknown = is_error(await caller.request("GET", f"{GENERATIONS}?id={made[:-4]}0000"), 404, "not_found")
    assert unknown == foreign
    assert "processing" == (await owner.poll(made))["status"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", GENERATIONS, {"GET", "POST"}),
        ("PATCH", GENERATIONS, {"GET", "POST"}),
        ("POST", "/api/v1/models", {"GET"}),
        ("POST", "/api/v1/balance", {"GET"}),
        ("DELETE", "/api/v1/transactions", {"GET"}),
        ("GET", "/api/v1/webhooks/ep_0", {"DELETE"}),
    ],
)
async def test_wrong_method_is_refused_with_the_allowed_ones(
    caller: Caller, method: str, path: str, allowed: set[str]
) -> None:
    """A documented path with another method is 405 method_not_allowed and lists the methods in Allow."""
    answer = await caller.request(method, path)
    is_error(answer, 405, "method_not_allowed")
    assert allowed <= {word.strip() for word in answer.headers["Allow"].split(",")}
    assert method not in answer.headers["Allow"]


async def send_chunks(size_bytes: int) -> AsyncIterator[bytes]:
    """Yield a JSON body of this size, without a length."""
    yield b'{"model": "test/noop", "prompt": "'
    for _ in range(size_bytes // 50_000):
        yield b"x" * 50_000
    yield b'"}'


@pytest.mark.parametrize("size_bytes", [1_000_001, 3_000_000])
@pytest.mark.parametrize("told", [True, False], ids=["length", "chunked"])
async def test_body_is_refused_when_too_large(caller: Caller, size_bytes: int, told: bool) -> None:
    """A body of more than a megabyte is 413 where no file is wanted, and everywhere without a length."""
    data: Any = io.BytesIO(b" " * size_bytes) if told else send_chunks(size_bytes)
    path = "/api/v1/webhooks" if told else GENERATIONS
    answer = await caller.request("POST", path, data=data, headers={"Content-Type": "application/json"})
    is_error(answer, 413, "payload_too_large")


async def test_body_of_a_megabyte_is_read(caller: Caller) -> None:
    """A body of exactly a megabyte is read."""
    body = b'{"model": "test/none", "prompt": "x"}'.ljust(1_000_000)
    answer = await caller.request("POST", GENERATIONS, data=body, headers={"Content-Type": "application/json"})
    is_error(answer, 400, "unknown_model")


@pytest.mark.parametrize("packed", [gzip.compress(b" " * 40_000_000), b"not gzip"], ids=["bomb", "damaged"])
async def test_compressed_body_is_refused(caller: Caller, packed: bytes) -> None:
    """A compressed body is 415, whatever it would unpack to."""
    header = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await caller.request("POST", GENERATIONS, data=packed, headers=header)
    assert "`Content-Encoding: gzip`" in is_error(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "*/*"]
)
async def test_body_is_refused_when_its_media_type_is_not_json(caller: Caller, media_type: str) -> None:
    """A body with a media type other than JSON is 415 unsupported_media_type."""
    header = {"Content-Type": media_type}
    answer = await caller.request("POST", GENERATIONS, data=b'{"model": "test/noop", "prompt": "x"}', headers=header)
    is_error(answer, 415, "unsupported_media_type")


async def test_idempotency_key_is_refused_with_another_body(place: Place) -> None:
    """The same Idempotency-Key with another body is 422 idempotency_key_reuse and charges nothing more."""
    caller = await place.create_caller(cents=100)
    await caller.create(PROMPT, idempotency_key="k-1")
    is_error(await caller.submit(PROMPT + "!", idempotency_key="k-1"), 422, "idempotency_key_reuse")
    assert 89 == await caller.check_balance()


async def test_submit_is_rate_limited_past_the_backlog(place: Place) -> None:
    """Past the account's backlog a submit is 429 rate_limited, with the seconds to wait in Retry-After."""
    caller = await place.create_caller(cents=100, concurrency=1, backlog_max=1)
    await caller.create(PROMPT)
    await caller.create(PROMPT)
    answer = await caller.submit(PROMPT)
    is_error(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert 78 == await caller.check_balance()


@pytest.mark.parametrize("prompt", ["refuse", "fail"])
async def test_failure_during_the_wait_is_502(place: Place, prompt: str) -> None:
    """A failure while the caller waits is 502 upstream_error, the message says once that it was refunded, and it is."""
    caller = await place.create_caller(cents=100)
    answer = await caller.submit(f"{PROMPT} {prompt}", "test/paid", prefer="wait=10")
    assert 1 == is_error(answer, 502, "upstream_error").count("refunded")
    assert 100 == await caller.check_balance()
    assert PROMPT not in place.log()


async def test_calls_are_503_while_the_store_is_unavailable(caller: Caller, place: Place) -> None:
    """Without its store every call is 503 unavailable within 2 s, and works again once the store is back."""
    place.stack.processes["store"].kill()
    calls = [
        caller.request("POST", GENERATIONS, json=GOOD),
        caller.request("POST", GENERATIONS, json=GOOD, headers={"Prefer": "wait=5"}),
        *(caller.request("GET", path) for path in (GENERATIONS, "/api/v1/balance", "/api/v1/models")),
        caller.request("GET", f"{GENERATIONS}?id=8c2e90b1-0000-4000-8000-000000000000"),
    ]
    async with within(RESPONSE_S):
        answers = await asyncio.gather(*calls)
    for answer in answers:
        is_error(answer, 503, "unavailable")
        assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert 503 == (await caller.request("GET", "/readyz")).status
    assert 200 == (await caller.request("GET", "/healthz")).status
    is_error(await caller.request("GET", "/api/v1/nothing"), 404, "not_found")
    is_error(await caller.request("POST", GENERATIONS, json={"model": "test/noop"}), 400, "missing_prompt")
    await place.stack.start_store()
    await place.stack.wait_until_ready()
    assert 100 == (await caller.request("GET", "/api/v1/balance")).body["balance_cents"]


async def test_malformed_http_is_an_error_in_shape(place: Place, caller: Caller) -> None:
    """A malformed request, or one with too long headers, is an error in shape, and its key stays out of the log."""
    key = caller.customer.key.encode()
    for broken in (b"Bearer " + key + b"\x00", b"Bearer " + key + b"a" * 9000, b"Bearer " + key + b"\r\nX Y: 1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.stack.ports[0])
        writer.write(b"GET /api/v1/balance HTTP/1.1\r\nHost: x\r\nAuthorization: " + broken + b"\r\n\r\n")
        async with asyncio.timeout(WAIT_S):
            answer = await reader.read()
        writer.close()
        assert b" 400 Bad Request\r\n" in answer
        assert b'{"error": {"code": "invalid_request", ' in answer
        assert b"Access-Control-Allow-Origin: *" in answer
        assert key not in answer


async def test_client_that_leaves_during_its_body_is_not_an_error(place: Place, caller: Caller) -> None:
    """A client that disconnects in the middle of its body leaves no error in the log."""
    _, writer = await asyncio.open_connection("127.0.0.1", place.stack.ports[0])
    key = caller.customer.key.encode()
    writer.write(b"POST /api/v1/generations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key)
    writer.write(b"\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await caller.request("GET", "/healthz")
    await asyncio.sleep(0.1)
    assert "request.failed" not in place.log()
