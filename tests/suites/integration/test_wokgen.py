"""Every documented call of the WokGen API over real HTTP, as its documentation shows it."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
import trustme

from shared.domain.ids import generation_id
from shared.store import generations, providers
from tests.harness.bounds import WAIT_S
from tests.harness.doubles.provider import a_png
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.processes import free_port, make_folder
from tests.suites.e2e.visitor import Hall, Visitor, add_gateway, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")

SWORD = {
    "prompt": "pixel art sword glowing red",
    "mode": "pixel",
    "tool": "generate",
    "width": 512,
    "height": 512,
    "seed": 42,
    "quality": "standard",
    "provider": "auto",
}
PICTURE = "data:image/png;base64," + base64.b64encode(a_png()).decode()
MODELS = """
[[models]]
id = "test/jingle"
name = "Jingle"
kind = "music"
price_cents = 1
routes = [{ provider = "noop", model = "jingle" }]

[models.input]
seconds = { max = 10 }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def image_server() -> AsyncIterator[Receiver]:
    """Run a server with a certificate, where every path is an image of 8 x 8 pixels."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(CERTIFICATES))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with Receiver(tls=tls) as receiver:
        receiver.default = Reply(body=a_png(), headers={"Content-Type": "image/png"})
        yield receiver


CERTIFICATES = make_folder("certificates") / "authority.pem"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(image_server: Receiver) -> AsyncIterator[Hall]:
    """Run a gateway, a dispatcher and workers for two of the doubles, but not for `noop`."""
    env = {"IMAGES_ALLOW_NETWORKS": "127.0.0.0/8", "SSL_CERT_FILE": str(CERTIFICATES)}
    async with open_hall(models=MODELS, workers=("kinds", "paid"), sweep=0, env=env) as deployment:
        yield deployment


@pytest_asyncio.fixture(loop_scope="module")
async def guest(deployment: Hall) -> Visitor:
    """Create a new guest."""
    return deployment.guest()


async def read_stored_input(deployment: Hall, job: dict[str, Any]) -> dict[str, object]:
    """Return the input of a job's generation as its worker gets it."""
    found = await generations.view(deployment.place.store, "", generation_id(job["jobId"]) or "")
    assert found is not None
    return found.spec.input


def is_error(answer: Any, status: int, code: str) -> str:
    """Check an error's documented shape and headers, and return its message."""
    assert (status, code) == (answer.status, answer.body["code"]), answer
    assert {"error", "code"} == set(answer.body) - {"jobId"}
    assert isinstance(answer.body["error"], str)
    assert answer.body["error"].strip()
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert answer.headers["X-Request-Id"]
    return str(answer.body["error"])


DOCUMENTED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "/api/generate",
        SWORD,
        {"imageUrl": str, "prompt": SWORD["prompt"], "provider": str, "createdAt": str},
    ),
    (
        "/api/text/generate",
        {
            "prompt": "Write a product description for...",
            "type": "product-desc",
            "tone": "professional",
            "length": "medium",
        },
        {"content": str, "wordCount": int, "charCount": int, "provider": str, "model": str},
    ),
    (
        "/api/voice/generate",
        {"text": "Hello, welcome to WokGen!", "voiceId": "default", "speed": 1.0},
        {"audioUrl": str, "format": "wav", "durationMs": 250, "provider": str, "voiceId": "default"},
    ),
    (
        "/api/music/generate",
        {"prompt": "upbeat 8-bit chiptune adventure theme", "duration": 30, "guidance": 3.5},
        {
            "audioUrl": str,
            "duration": 0.25,
            "prompt": "upbeat 8-bit chiptune adventure theme",
            "provider": str,
        },
    ),
    (
        "/api/tools/upscale",
        {"imageUrl": "https://example.com/image.png", "scale": 4, "model": "real-esrgan"},
        {
            **{"imageUrl": str, "width": 32, "height": 32, "originalWidth": 8, "originalHeight": 8},
            **{"scale": 4, "model": str, "provider": str},
        },
    ),
    (
        "/api/tools/interrogate",
        {"imageUrl": "https://example.com/image.png"},
        {"prompt": "teal, flat, 8x8", "caption": "A teal square.", "tags": ["teal", "flat", "8x8"], "provider": str},
    ),
    (
        "/api/prompt/enhance",
        {"prompt": "dragon", "mode": "pixel", "provider": "groq"},
        {"prompt": "dragon", "enhanced": "dragon, finely drawn", "variations": list, "provider": "kinds"},
    ),
]


@pytest.mark.parametrize(
    ("path", "body", "expected"), DOCUMENTED, ids=lambda value: value if type(value) is str else ""
)
async def test_documented_calls(
    guest: Visitor, image_server: Receiver, path: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Each documented body is answered 200 with the finished result and every documented field."""
    if "imageUrl" in body:
        body = body | {"imageUrl": image_server.url}
    answer = await guest.request("POST", path, json=body)
    assert 200 == answer.status, answer
    assert "completed" == answer.body["status"]
    assert answer.body["jobId"].startswith("job_")
    for name, value in expected.items():
        kind = value if isinstance(value, type) else type(value)
        assert kind is type(answer.body[name]), (name, answer.body)
        assert value in (kind, answer.body[name])
    assert answer.body == await guest.get(f"/api/jobs/{answer.body['jobId']}")
    assert ("10", "9") == (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"])


async def test_results_are_public_files(guest: Visitor) -> None:
    """The URL in a response serves the file itself to everybody."""
    made = await guest.post("/api/generate", SWORD)
    for job, field, start in (
        (made, "imageUrl", b"\x89PNG"),
        (await guest.post("/api/voice/generate", {"text": "hello"}), "audioUrl", b"RIFF"),
    ):
        async with guest.place.session.get(job[field]) as response:
            assert (200, start) == (response.status, (await response.read())[:4])


async def test_async_job_is_answered_at_once(guest: Visitor) -> None:
    """With async the response is 202 with the id at once, and the job can be polled until it ends."""
    job = await guest.post("/api/generate", {"prompt": "a boat slow=0.5", "async": True}, status=202)
    assert ("processing", "a boat slow=0.5", "kinds") == (job["status"], job["prompt"], job["provider"])
    assert not {"imageUrl", "completedAt", "error"} & set(job)
    assert "processing" == (await guest.get(f"/api/jobs/{job['jobId']}"))["status"]
    done = await guest.wait_for_end(job["jobId"])
    assert ("completed", job["createdAt"]) == (done["status"], done["createdAt"])
    assert done["imageUrl"]
    for quiet in (False, None):
        assert "completed" == (await guest.post("/api/generate", {"prompt": "a boat", "async": quiet}))["status"]


async def test_job_is_answered_as_processing_when_the_wait_ends(deployment: Hall, guest: Visitor) -> None:
    """A job that still runs after the wait is 202 with the id, and goes on."""
    url = await add_gateway(deployment, free_port(), WOKGEN_WAIT_S="0.3")
    began = time.monotonic()
    job = await guest.post("/api/generate", {"prompt": "a boat slow=1.5"}, status=202, url=url)
    assert 0.3 <= time.monotonic() - began
    assert "processing" == job["status"]
    assert "completed" == (await guest.wait_for_end(job["jobId"]))["status"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prompt": "refuse"}, "CONTENT_POLICY"),
        ({"prompt": "refuse", "provider": "paid"}, "CONTENT_POLICY"),
        ({"prompt": "fail", "provider": "paid"}, "PROVIDER_FAILED"),
    ],
)
async def test_failed_job_is_502_and_does_not_count(guest: Visitor, body: dict[str, Any], code: str) -> None:
    """A failure is 502 with the reason, its code and the job, and does not count against the quota."""
    answer = await guest.request("POST", "/api/generate", json=body)
    message = is_error(answer, 502, code)
    assert "10" == answer.headers["X-RateLimit-Remaining"]
    job = await guest.get(f"/api/jobs/{answer.body['jobId']}")
    assert ("failed", message, code) == (job["status"], job["error"], job["code"])
    assert job["completedAt"]


async def test_failed_async_job_has_its_reason(guest: Visitor) -> None:
    """A job that fails after the response has the reason in itself."""
    job = await guest.post("/api/text/generate", {"prompt": "refuse", "async": True}, status=202)
    ended = await guest.wait_for_end(job["jobId"])
    assert ("failed", "CONTENT_POLICY") == (ended["status"], ended["code"])
    assert 0 == await guest.fetch_quota_used()


async def test_unknown_provider_is_refused_with_the_known_ones(guest: Visitor) -> None:
    """A provider that the catalogue does not have is refused, and the message lists the known ones."""
    for path in ("/api/generate", "/api/prompt/enhance", "/api/v1/generate"):
        answer = await guest.request("POST", path, json={"prompt": "dragon", "provider": "nobody"})
        message = is_error(answer, 400, "UNKNOWN_PROVIDER")
        for name in ("auto", "kinds", "paid", "groq"):
            assert name in message
    assert 0 == await guest.fetch_quota_used()


async def test_preferred_provider_serves(guest: Visitor) -> None:
    """The named provider serves if it can, and auto, null and an absent field leave the choice to us."""
    served = await guest.post("/api/generate", {"prompt": "a boat", "provider": "paid"})
    assert ("paid", "test/paid") == (served["provider"], served["model"])
    for provider in ("auto", None, ""):
        assert "kinds" == (await guest.post("/api/generate", {"prompt": "a boat", "provider": provider}))["provider"]


async def test_preferred_provider_is_replaced_when_its_breaker_is_open(deployment: Hall, guest: Visitor) -> None:
    """A preferred provider with an open breaker is replaced, and the response names the replacement."""
    await providers.open_breaker(deployment.place.store, "paid", "a test")
    try:
        served = await guest.post("/api/generate", {"prompt": "a boat", "provider": "paid"})
        assert ("completed", "kinds") == (served["status"], served["provider"])
    finally:
        await providers.close_breaker(deployment.place.store, "paid")


async def test_job_is_rerouted_when_its_provider_is_out_of_order(deployment: Hall, guest: Visitor) -> None:
    """A job whose preferred provider turns out to be out of order is rerouted, and counts once against the quota."""
    try:
        served = await guest.post("/api/generate", {"prompt": "down", "provider": "paid"})
        assert ("completed", "kinds", "test/image") == (served["status"], served["provider"], served["model"])
        assert 1 == await guest.fetch_quota_used()
    finally:
        await providers.close_breaker(deployment.place.store, "paid")


async def test_job_is_502_when_every_provider_is_down(deployment: Hall, guest: Visitor) -> None:
    """If no provider can serve, the response is 502 at once and does not count against the quota."""
    await providers.open_breaker(deployment.place.store, "kinds", "a test")
    try:
        answer = await guest.request("POST", "/api/text/generate", json={"prompt": "a boat"})
        is_error(answer, 502, "UPSTREAM_ERROR")
        assert "10" == answer.headers["X-RateLimit-Remaining"]
    finally:
        await providers.close_breaker(deployment.place.store, "kinds")


async def test_preferred_provider_is_skipped_when_its_limits_forbid_the_input(guest: Visitor) -> None:
    """A candidate whose limits do not allow the input is skipped for another one."""
    served = await guest.post("/api/music/generate", {"prompt": "waltz", "duration": 60, "provider": "noop"})
    assert ("completed", "kinds") == (served["status"], served["provider"])
    asked = {"prompt": "waltz", "duration": 5, "provider": "noop", "async": True}
    assert "noop" == (await guest.post("/api/music/generate", asked, status=202))["provider"]


async def test_modes_style_the_prompt(deployment: Hall, guest: Visitor) -> None:
    """A mode of the catalogue adds its style, another mode passes through, and the prompt stays as sent."""
    slow = SWORD | {"prompt": f"{SWORD['prompt']} slow=0.5", "async": True}
    known = await guest.post("/api/generate", slow, status=202)
    given = await read_stored_input(deployment, known)
    assert ("pixel art, hard edges", "pixel") == (given["style"], given["mode"])
    assert ("generate", "standard", 512, 512, 42) == tuple(
        given[name] for name in ("tool", "quality", "width", "height", "seed")
    )
    assert slow["prompt"] == known["prompt"]
    await guest.wait_for_end(known["jobId"])
    assert given.keys() - {"style"} == (await read_stored_input(deployment, known)).keys()
    other = await guest.post("/api/generate", {"prompt": "a boat", "mode": "brutalist", "quality": "hd"})
    given = await read_stored_input(deployment, other)
    assert (None, "brutalist", "hd") == (given.get("style"), given["mode"], given["quality"])


@pytest.mark.parametrize("seed", [0, -5, 2**31, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30, -(10**30), None])
async def test_any_integer_is_a_seed(deployment: Hall, guest: Visitor, seed: int | None) -> None:
    """Every integer is accepted, repeated in the response if it fits 64 bits, and equal seeds stay equal."""
    first, second = [await guest.post("/api/generate", {"prompt": "a boat", "seed": seed}) for _ in range(2)]
    assert first["seed"] == second["seed"]
    assert (await read_stored_input(deployment, first)).get("seed") == (
        await read_stored_input(deployment, second)
    ).get("seed")
    if seed is None or -(2**63) <= seed < 2**63:
        assert seed == (await read_stored_input(deployment, first)).get("seed")
    else:
        assert 0 <= first["seed"] < 2**53
        other = await guest.post("/api/generate", {"prompt": "a boat", "seed": seed + 1})
        assert first["seed"] != other["seed"]


BAD_FIELDS: list[tuple[str, dict[str, Any], str]] = [
    *(("/api/generate", {"width": value}, "width") for value in (63, 2049, -1, 10**30, "512", 512.5, True, [512])),
    *(("/api/generate", {"height": value}, "height") for value in (63, 2049)),
    *(("/api/generate", {"seed": value}, "seed") for value in ("42", 4.2, True, {})),
    ("/api/generate", {"quality": "best"}, "quality"),
    ("/api/generate", {"mode": "x" * 101}, "mode"),
    ("/api/generate", {"mode": 7}, "mode"),
    ("/api/generate", {"provider": ["auto"]}, "provider"),
    ("/api/generate", {"async": "yes"}, "async"),
    ("/api/generate", {"prompt": 7}, "prompt"),
    ("/api/generate", {"prompt": "x" * 20_001}, "prompt"),
    ("/api/generate", {"prompt": "a\0b"}, "prompt"),
    ("/api/generate", {"negativePrompt": "a\0b"}, "negativePrompt"),
    ("/api/text/generate", {"length": "endless"}, "length"),
    ("/api/voice/generate", {"text": "x" * 5_001}, "text"),
    ("/api/voice/generate", {"text": "hello", "speed": 9}, "speed"),
    ("/api/voice/generate", {"text": "hello", "voiceId": "a\0b"}, "voiceId"),
    ("/api/music/generate", {"duration": 0}, "duration"),
    ("/api/music/generate", {"duration": 301}, "duration"),
    ("/api/music/generate", {"guidance": -1}, "guidance"),
    ("/api/tools/upscale", {"imageUrl": PICTURE, "scale": 3}, "scale"),
    ("/api/prompt/enhance", {"count": 6}, "count"),
]


@pytest.mark.parametrize(("path", "change", "field"), BAD_FIELDS, ids=str)
async def test_field_is_refused_by_its_name_when_invalid(
    guest: Visitor, path: str, change: dict[str, Any], field: str
) -> None:
    """A field of another type or outside its limits is 400, and the message names it as the caller does."""
    answer = await guest.request("POST", path, json={"prompt": "a boat"} | change)
    assert answer.body["code"] in ("INVALID_REQUEST", "INVALID_INPUT")
    assert field in is_error(answer, 400, answer.body["code"])
    assert "10" == answer.headers["X-RateLimit-Remaining"]


@pytest.mark.parametrize(
    "change",
    [{"width": 64, "height": 2048}, {"width": None, "seed": None, "mode": None, "quality": None}, {"projectId": "x"}],
    ids=str,
)
async def test_field_is_accepted_within_its_limits(guest: Visitor, change: dict[str, Any]) -> None:
    """Limits are inclusive, null is the same as absent, and unknown fields are ignored."""
    assert "completed" == (await guest.post("/api/generate", {"prompt": "a boat"} | change))["status"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        *(("/api/generate", body, "MISSING_PROMPT") for body in ({}, {"prompt": None}, {"prompt": " \n"})),
        ("/api/text/generate", {}, "MISSING_PROMPT"),
        ("/api/voice/generate", {"prompt": "hello"}, "MISSING_PROMPT"),
        ("/api/music/generate", {}, "MISSING_PROMPT"),
        ("/api/prompt/enhance", {}, "MISSING_PROMPT"),
        ("/api/tools/upscale", {}, "INVALID_INPUT"),
        ("/api/tools/interrogate", {"imageUrl": ""}, "INVALID_INPUT"),
    ],
)
async def test_required_field_is_named_when_missing(guest: Visitor, path: str, body: dict[str, Any], code: str) -> None:
    """A call without its prompt, text or image is 400, and the message names the missing field."""
    field = {"/api/voice/generate": "text"}.get(path, "imageUrl" if "tools" in path else "prompt")
    assert field in is_error(await guest.request("POST", path, json=body), 400, code)


async def test_image_url_is_accepted_in_every_form(deployment: Hall, guest: Visitor, image_server: Receiver) -> None:
    """An image can be an https URL, a data: URL of any spelling, or one of our own, with or without a query."""
    own = (await guest.post("/api/generate", {"prompt": "a boat"}))["imageUrl"]
    holder = await deployment.create_holder(daily_quota=None)
    for url in (
        image_server.url,
        image_server.url.replace("https", "HTTPS"),
        PICTURE,
        PICTURE.replace("data:image/png", "DATA:image/PNG;name=a"),
        PICTURE.replace("image/png", "image/jpg"),
        own,
        own + "?download=1#top",
    ):
        job = await holder.post("/api/tools/upscale", {"imageUrl": url})
        assert (8, 16, 2) == (job["originalWidth"], job["width"], job["scale"]), url
        assert "A teal square." == (await holder.post("/api/tools/interrogate", {"imageUrl": url}))["caption"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "a.png",
        "asset:2026/01/01/0123456789abcdef0123456789abcdef-0.png",
        "https://" + "x" * 3000,
        "https://[::1/x.png",
        "https://user:password@example.com/x.png",
        "https://example.com:99999/x.png",
        "data:image/png;base64",
        "data:image/png,abc",
        "data:image/png;base64,%%%",
        "data:image/png;base64,\u00fc",
        "data:image/png;base64,",
        "data:text/html;base64," + base64.b64encode(b"<script>").decode(),
        "data:image/png;base64," + base64.b64encode(b"no picture").decode(),
        "OURS/2026/01/01/x.png",
        "OURS/../../etc/passwd",
    ],
    ids=lambda url: url[:40],
)
async def test_image_url_is_refused_when_invalid(guest: Visitor, url: str) -> None:
    """A URL that is not https, not a data: URL with an image and not one of ours is 400 and names the field."""
    body = {"imageUrl": url.replace("OURS", guest.place.stack.url + "/assets")}
    for path in ("/api/tools/upscale", "/api/tools/interrogate"):
        assert "imageUrl" in is_error(await guest.request("POST", path, json=body), 400, "INVALID_INPUT")


async def test_image_that_cannot_be_fetched_is_502(guest: Visitor, image_server: Receiver) -> None:
    """A missing or invalid image is 502 with its own code, one of our own outputs 400; neither counts on the quota."""
    gone = f"{guest.place.stack.url}/assets/2026/01/01/{'0' * 32}-0.png"
    answer = await guest.request("POST", "/api/tools/upscale", json={"imageUrl": gone})
    assert "does not exist" in is_error(answer, 400, "INVALID_INPUT")
    image_server.queue_replies(Reply(status=404), Reply(body=b"<html>", headers={"Content-Type": "image/png"}))
    for code in ("IMAGE_UNREACHABLE", "BAD_IMAGE"):
        is_error(await guest.request("POST", "/api/tools/interrogate", json={"imageUrl": image_server.url}), 502, code)
    assert 0 == await guest.fetch_quota_used()


async def test_replay_answers_the_first_job(guest: Visitor) -> None:
    """The same Idempotency-Key and body is the first job, marked, and counts once, and another request is 422."""
    key = {"Idempotency-Key": "k-1"}
    first = await guest.request("POST", "/api/generate", json=SWORD, headers=key)
    again = await guest.request("POST", "/api/generate", json=SWORD, headers=key)
    assert (200, first.body) == (again.status, again.body)
    assert (None, "true") == tuple(answer.headers.get("Idempotent-Replayed") for answer in (first, again))
    for path, body in (("/api/generate", SWORD | {"seed": 43}), ("/api/prompt/enhance", SWORD)):
        is_error(await guest.request("POST", path, json=body, headers=key), 422, "IDEMPOTENCY_KEY_REUSE")
    is_error(
        await guest.request("POST", "/api/generate", json=SWORD, headers={"Idempotency-Key": "k" * 256}),
        400,
        "INVALID_REQUEST",
    )
    assert 1 == await guest.fetch_quota_used()


async def test_concurrent_copies_are_one_job(guest: Visitor) -> None:
    """Twenty concurrent copies under one key are one job that counts once, and all get its result."""
    body, key = {"prompt": "a boat slow=0.3"}, {"Idempotency-Key": "k-1"}
    copies = [guest.request("POST", "/api/generate", json=body, headers=key) for _ in range(20)]
    answers = await asyncio.gather(*copies)
    assert {200} == {answer.status for answer in answers}
    assert 1 == len({str(answer.body) for answer in answers})
    assert 19 == sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers)
    assert 1 == await guest.fetch_quota_used()


async def test_replay_of_a_failure_is_the_same_failure(guest: Visitor) -> None:
    """A replay of a failed job is the same failure, and sends nothing to the provider."""
    key = {"Idempotency-Key": "k-1"}
    answers = [await guest.request("POST", "/api/generate", json={"prompt": "refuse"}, headers=key) for _ in range(3)]
    assert 1 == len({answer.body["jobId"] for answer in answers})
    for answer in answers:
        is_error(answer, 502, "CONTENT_POLICY")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        *(
            ({"data": data, "headers": {"Content-Type": "application/json"}}, 400, "INVALID_JSON")
            for data in (b"", b"{", b"[]", b'"x"', b'{"prompt": "\xff"}', b'{"prompt": "a", "prompt": "b"}')
        ),
        ({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"data": b" " * 1_000_001, "headers": {"Content-Type": "application/json"}}, 413, "PAYLOAD_TOO_LARGE"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_body_is_refused_in_shape_when_unreadable(
    guest: Visitor, sent: dict[str, Any], status: int, code: str
) -> None:
    """A body that is not one JSON object of at most a megabyte is refused in this API's shape, with quota headers."""
    for path in ("/api/generate", "/api/v1/generate"):
        answer = await guest.request("POST", path, **sent)
        is_error(answer, status, code)
        assert "10" == answer.headers["X-RateLimit-Remaining"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "NOT_FOUND"),
        ("POST", "/api/generate/", 404, "NOT_FOUND"),
        ("GET", "/api/generate", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/api/jobs/job_0", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/jobs/job_" + "0" * 32, 404, "NOT_FOUND"),
        ("GET", "/api/jobs/job_", 404, "NOT_FOUND"),
        ("GET", "/api/jobs/%00", 404, "NOT_FOUND"),
        ("GET", "/api/jobs/" + "x" * 4000, 404, "NOT_FOUND"),
        ("POST", "/api/jobs/nothing/cancel", 404, "NOT_FOUND"),
        ("GET", "/api/jobs?limit=abc", 400, "INVALID_REQUEST"),
        ("GET", "/api/jobs?limit=0", 400, "INVALID_REQUEST"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_unknown_paths_and_methods_are_errors_in_shape(
    guest: Visitor, method: str, path: str, status: int, code: str
) -> None:
    """An unknown path or job, another method and an invalid limit are errors in this API's shape."""
    is_error(await guest.request(method, path), status, code)


async def test_jobs_are_listed(deployment: Hall) -> None:
    """The requested number of an account's jobs come newest first, each as it reads alone, and a guest has no list."""
    holder = await deployment.create_holder()
    made = [(await holder.post("/api/generate", {"prompt": f"boat {number}"}))["jobId"] for number in range(3)]
    made.append((await holder.post("/api/text/generate", {"prompt": "a poem"}))["jobId"])
    jobs = (await holder.get("/api/jobs"))["jobs"]
    assert made[::-1] == [job["jobId"] for job in jobs]
    assert jobs[0] == await holder.get(f"/api/jobs/{made[-1]}")
    assert made[:1:-1] == [job["jobId"] for job in (await holder.get("/api/jobs?limit=2"))["jobs"]]
    guest = deployment.guest()
    await guest.post("/api/generate", SWORD)
    assert [] == (await guest.get("/api/jobs"))["jobs"]


async def test_job_belongs_to_its_caller(deployment: Hall, guest: Visitor) -> None:
    """Only its caller can read or cancel a job: not a guest at another address and not an account."""
    job = (await guest.post("/api/generate", SWORD))["jobId"]
    for other in (deployment.guest(), await deployment.create_holder()):
        for method, path in (
            ("GET", f"/api/jobs/{job}"),
            ("POST", f"/api/jobs/{job}/cancel"),
            ("GET", f"/api/v1/jobs/{job}"),
        ):
            is_error(await other.request(method, path), 404, "NOT_FOUND")


async def test_cancel_ends_a_job_that_was_not_started(guest: Visitor) -> None:
    """A job that was not started ends at once and does not count, and one that has ended is a conflict."""
    job = await guest.post("/api/generate", {"prompt": "a boat", "provider": "noop", "async": True}, status=202)
    assert 1 == await guest.fetch_quota_used()
    for _ in range(2):
        answer = await guest.request("POST", f"/api/jobs/{job['jobId']}/cancel")
        assert (200, "failed", "CANCELED") == (answer.status, answer.body["status"], answer.body["code"])
    assert 0 == await guest.fetch_quota_used()
    done = await guest.post("/api/generate", {"prompt": "a boat"})
    is_error(await guest.request("POST", f"/api/jobs/{done['jobId']}/cancel"), 409, "CONFLICT")


async def test_cancel_is_answered_to_a_waiting_request(deployment: Hall) -> None:
    """A request that waits for a job is answered at once when the job is canceled."""
    holder = await deployment.create_holder()
    asked = {"prompt": "a boat", "provider": "noop"}
    waiting = asyncio.create_task(holder.request("POST", "/api/generate", json=asked))
    end = time.monotonic() + WAIT_S
    while not (jobs := (await holder.get("/api/jobs"))["jobs"]):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    await holder.request("POST", f"/api/jobs/{jobs[0]['jobId']}/cancel")
    async with asyncio.timeout(WAIT_S):
        is_error(await waiting, 502, "CANCELED")


async def test_browsers_can_call_from_any_origin(guest: Visitor) -> None:
    """Browsers can call from any origin, with or without a key, and read the quota in the response."""
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    for path in ("/api/generate", "/api/tools/upscale", "/api/jobs/job_1/cancel", "/api/v1/generate"):
        answer = await guest.request("OPTIONS", path, headers=asked)
        assert (204, "*") == (answer.status, answer.headers["Access-Control-Allow-Origin"])
        allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
        assert {"authorization", "content-type", "idempotency-key"} <= allowed
    made = await guest.request("POST", "/api/generate", json=SWORD, headers={"Origin": "https://app.example"})
    assert "*" == made.headers["Access-Control-Allow-Origin"]
    assert "*" in made.headers["Access-Control-Expose-Headers"]


async def test_job_survives_when_its_client_disconnects(deployment: Hall) -> None:
    """A client that disconnects while it waits loses its response and not its job."""
    holder = await deployment.create_holder()
    body = json.dumps({"prompt": "a boat slow=0.5"}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", deployment.place.stack.ports[0])
    head = f"POST /api/generate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {holder.key}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    end = time.monotonic() + WAIT_S
    while not (jobs := (await holder.get("/api/jobs"))["jobs"]):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    writer.close()
    await writer.wait_closed()
    assert "processing" == jobs[0]["status"]
    assert "completed" == (await holder.wait_for_end(jobs[0]["jobId"]))["status"]
    assert "request.failed" not in deployment.place.log()


@pytest.mark.parametrize("kind", ["wokgen", "wowflow"])
async def test_generation_is_readable_in_both_apis(deployment: Hall, kind: str) -> None:
    """Either kind of key works on both APIs, and each API reads the generations of the other."""
    holder = await deployment.create_holder(kind, cents=100)
    job = await holder.post("/api/generate", SWORD)
    name = generation_id(job["jobId"])
    seen = await holder.get(f"/api/v1/generations?id={name}")
    assert (name, "completed", job["imageUrl"], 0) == (
        seen["id"],
        seen["status"],
        seen["result_url"],
        seen["cost_cents"],
    )
    poem = await holder.post("/api/text/generate", {"prompt": "a poem"})
    seen = await holder.get(f"/api/v1/generations?id={generation_id(poem['jobId'])}")
    assert poem["content"] == seen["result_text"]
    headers = {"Prefer": "wait=10"}
    bodies = {"test/image": "imageUrl", "test/film": "videoUrl", "test/text": "content", "test/music": "audioUrl"}
    for model, field in bodies.items():
        made = await holder.post(
            "/api/v1/generations", {"model": model, "prompt": "a boat"}, status=201, headers=headers
        )
        for known in (made["id"], "job_" + made["id"].replace("-", "")):
            job = await holder.get(f"/api/jobs/{known}")
            assert ("completed", model) == (job["status"], job["model"])
            assert made.get("result_url", made.get("result_text")) == job[field]
    assert 100 - 4 * 2 == (await holder.get("/api/v1/balance"))["balance_cents"]
    assert 2 == await holder.fetch_quota_used()


WEBHOOKS = {
    "/api/generate": ({"prompt": "a boat"}, "imageUrl", "imageUrl"),
    "/api/text/generate": ({"prompt": "a boat"}, "text", "content"),
    "/api/voice/generate": ({"text": "a boat"}, "audioUrl", "audioUrl"),
    "/api/music/generate": ({"prompt": "a boat"}, "audioUrl", "audioUrl"),
    "/api/tools/upscale": ({"imageUrl": PICTURE}, "imageUrl", "imageUrl"),
    "/api/tools/interrogate": ({"imageUrl": PICTURE}, "text", "prompt"),
    "/api/prompt/enhance": ({"prompt": "a boat"}, "text", "enhanced"),
}


async def test_webhooks_carry_each_kind(deployment: Hall) -> None:
    """The event of each kind has the documented five fields, its result in the field of the kind, and a signature."""
    holder = await deployment.create_holder()
    async with Receiver() as receiver:
        created = await holder.post("/api/v1/webhooks", {"url": receiver.url}, status=201)
        receiver.secret = created["secret"]
        jobs = [await holder.post(path, body) for path, (body, _, _) in WEBHOOKS.items()]
        refused = await holder.request("POST", "/api/voice/generate", json={"text": "refuse"})
        posts = await receiver.wait_for(len(jobs) + 1)
        assert all(post.verified for post in posts)
        told = {event["jobId"]: event for event in (msgspec.json.decode(post.body) for post in posts)}
        for (body, field, shown), job in zip(WEBHOOKS.values(), jobs, strict=True):
            event = told[job["jobId"]]
            assert ("generation.completed", job["completedAt"]) == (event["event"], event["timestamp"])
            assert job[shown] == event[field]
            assert body.get("prompt", body.get("text", "")) == event["prompt"]
        failed = told[refused.body["jobId"]]
        assert ("generation.failed", None, "refuse") == (failed["event"], failed["audioUrl"], failed["prompt"])
