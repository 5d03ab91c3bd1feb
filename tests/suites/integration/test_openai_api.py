"""OpenAI's own client, unmodified, against a deployment with the local models and one provider's double."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from PIL import Image

from gateway.examples import GENERATION_ID
from shared.domain.generation import Outcome, Output
from shared.domain.price_rule import marked_up
from shared.store import generations, ledger
from tests.harness.doubles.openai import MP3, Double, error
from tests.harness.doubles.provider import a_png
from tests.harness.processes import free_port
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODELS = """
[aliases]
"gpt-image-1" = ["maker/closed", "local/artist"]
"dall-e-3" = "maker/ratios"
"gpt-4o" = "maker/writer"
"tts-1" = "local/voice"

[providers.local]

[providers.upstream]
adapter = "openai"
base_url = "UPSTREAM_URL"

[providers.shut]
key_env = "A_KEY_THAT_NOBODY_SETS"

[[models]]
id = "maker/closed"
name = "Closed"
kind = "image"
price_cents = 1
routes = [{ provider = "shut", model = "closed" }]

[[models]]
id = "local/artist"
name = "Artist"
kind = "image"
price = { per = "output", cents = 1 }
routes = [{ provider = "local", model = "artist" }]
input = { width = { default = 96, max = 128 }, height = { default = 96, max = 128 }, count = { max = 2 }, seed = {} }

[[models]]
id = "maker/writer"
name = "Writer"
kind = "text"
price_cents = 1
routes = [{ provider = "upstream", model = "writer" }]
input = { length = { default = "short" }, words_max = {}, seed = {} }

[[models]]
id = "local/voice"
name = "Voice"
kind = "voice"
price_cents = 1
routes = [{ provider = "local", model = "voice" }]
input = { voice_id = { default = "default" }, speed = { default = 1 }, format = { default = "wav" } }

[[models]]
id = "openai/gpt-voice"
name = "GPT Voice"
kind = "voice"
price_cents = 1
routes = [{ provider = "upstream", model = "gpt-voice" }]
input = { voice_id = {}, format = { default = "mp3" } }

[[models]]
id = "openai/gpt-mini"
name = "GPT mini"
kind = "text"
price = { parts = [{ per = "1m_input_tokens", cents = 100 }, { per = "1m_output_tokens", cents = 200 }] }
routes = [{ provider = "upstream", model = "gpt-mini" }]
input = { messages = {}, max_tokens = {}, temperature = {}, stop = {} }

[[models]]
id = "openai/gpt-eye"
name = "GPT eye"
kind = "text"
price = { parts = [{ per = "1m_input_tokens", cents = 100 }, { per = "1m_output_tokens", cents = 200 }] }
routes = [{ provider = "upstream", model = "gpt-eye" }]
input = { messages = {}, image_urls = {} }

[[models]]
id = "maker/ratios"
name = "Ratios"
kind = "image"
price_cents = 2
routes = [{ provider = "upstream", model = "gpt-image-2" }]
input = { aspect_ratio = { choices = ["1:1", "16:9"] } }

[[models]]
id = "openai/gpt-image-2"
name = "GPT Image 2"
kind = "image"
price_cents = 2
routes = [{ provider = "upstream", model = "gpt-image-2" }]
input = { aspect_ratio = { choices = ["1:1", "16:9"] }, quality = {} }

[[models]]
id = "openai/gpt-image-2-edit"
name = "GPT Image 2, from images"
kind = "image"
price_cents = 2
routes = [{ provider = "upstream", model = "gpt-image-2" }]
input = { image_urls = { required = true, max = 2 }, count = {} }

[[models]]
id = "openai/gpt-image-2-transparent"
name = "GPT Image 2, without a background"
kind = "image"
price_cents = 2
routes = [{ provider = "upstream", model = "gpt-image-2:medium:transparent" }]
"""
PICTURE = Output("2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png", "image/png", 3)
TALK = [
    {"role": "system", "content": "Answer shortly."},
    {"role": "user", "content": "Who are you?"},
    {"role": "assistant", "content": "A fox."},
    {"role": "user", "content": [{"type": "text", "text": "Where?"}, {"type": "text", "text": "When?"}]},
]
MARK_UP = 500
SAID = ("Answer shortly.", "Who are you?", "A fox.", "Where?\n\nWhen?")  # in it
JSON = {"Content-Type": "application/json"}
DRAWN = {"model": "local/artist", "prompt": "a fox"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def double() -> AsyncIterator[Double]:
    """Run OpenAI's double."""
    async with Double() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(double: Double) -> AsyncIterator[Place]:
    """Run a deployment with the local models and the adapter of the double."""
    env = {"ADAPTERS": "workers.providers", "PREFER_WAIT_S": "20"}
    models = MODELS.replace("UPSTREAM_URL", double.base_url)
    async with deploy(models=models, env=env, workers=("local", "upstream"), deliver=0, sweep=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


@pytest_asyncio.fixture(loop_scope="module")
async def client(caller: Caller) -> AsyncIterator[AsyncOpenAI]:
    """Open the client in the mode that refuses any response with a missing or mistyped field."""
    url = f"{caller.place.stack.url}/v1"
    key = caller.customer.key
    async with AsyncOpenAI(api_key=key, base_url=url, max_retries=0, _strict_response_validation=True) as client:
        yield client


def opened(data: str | bytes | None) -> Image.Image:
    """Return an image that is complete."""
    raw = base64.b64decode(data or "") if isinstance(data, str | None) else data
    image = Image.open(io.BytesIO(raw))
    image.load()
    return image


async def test_models_are_listed_with_the_aliases_on_offer(client: AsyncOpenAI) -> None:
    """The list has ids and aliases, each can be read, and an unknown one is OpenAI's 404."""
    listed = {model.id: model for model in (await client.models.list()).data}
    assert "maker/closed" not in listed
    assert ("local", "local/artist") == (listed["gpt-image-1"].owned_by, listed["gpt-image-1"].alias_of)  # type: ignore[attr-defined]
    for name in ("local/artist", "dall-e-3"):
        assert listed[name] == await client.models.retrieve(name)
    with pytest.raises(openai.NotFoundError) as caught:
        await client.models.retrieve("gpt-nothing")
    assert ("model_not_found", "model", "invalid_request_error") == (
        caught.value.code,
        caught.value.param,
        caught.value.type,
    )


async def test_alias_draws_in_base64_and_names_its_model(caller: Caller, client: AsyncOpenAI) -> None:
    """The README's call returns real images of the nearest size, with the model, the cost and a notice in headers."""
    raw = await client.images.with_raw_response.generate(model="gpt-image-1", prompt="a fox", n=2, size="1536x1024")
    drawn = raw.parse()
    assert [(128, 88)] * 2 == [opened(image.b64_json).size for image in drawn.data or ()]
    assert ("png", "128x88", "local/artist") == (drawn.output_format, drawn.size, drawn.model)  # type: ignore[attr-defined]
    told = {name: raw.headers[f"x-wokflow-{name}"] for name in ("model", "provider", "cost-usd")}
    assert {"model": "local/artist", "provider": "local", "cost-usd": "0.021"} == told
    assert "1536x1024" in raw.headers["x-wokflow-notices"]
    assert raw.headers["x-request-id"]
    assert int(raw.headers["x-ratelimit-remaining-requests"]) < int(raw.headers["x-ratelimit-limit-requests"])
    [made] = await generations.list_newest(caller.place.store, caller.customer.account, 5)
    assert raw.headers["x-wokflow-generation"] == made.id
    assert 97 == await caller.check_balance()


async def test_url_of_an_image_can_be_fetched(caller: Caller, client: AsyncOpenAI) -> None:
    """A URL is the default for other names, and the second address serves the same calls."""
    second = client.with_options(base_url=f"{caller.place.stack.url}/openai/v1")
    keyed = {"Idempotency-Key": "one"}
    drawn = await client.images.generate(**DRAWN, extra_headers=keyed, extra_body={"input": {"seed": 7}})
    again = await second.images.generate(**DRAWN, extra_headers=keyed, extra_body={"input": {"seed": 7}})
    assert drawn == again
    assert drawn.data is not None
    image = await caller.request("GET", str(drawn.data[0].url), headers={"Authorization": ""})
    assert (96, 96) == opened(image.body).size
    assert 98 == await caller.check_balance()


async def test_provider_gets_the_order_of_a_hard_coded_name(double: Double, client: AsyncOpenAI) -> None:
    """An alias of another model, an OpenAI model without its maker, and a transparent background reach the adapter."""
    sent = {"dall-e-3": {"size": "1792x1024", "style": "vivid"}, "gpt-image-2": {"quality": "high"}}
    for name, options in sent.items():
        drawn = await client.images.generate(model=name, prompt="a fox", **options)  # type: ignore[call-overload]
        assert drawn.data
    clear = await client.images.generate(model="gpt-image-2", prompt="a fox", background="transparent")
    assert opened(clear.data[0].b64_json if clear.data else "")
    wide, fine, bare = [request.json for request in double.requests[-3:]]
    width, height = map(int, wide["size"].split("x"))
    assert 1.7 < width / height < 1.8
    assert ("high", "transparent") == (fine["quality"], bare["background"])


async def test_images_are_edited(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """The images of a form reach the provider byte for byte, one repetition under the same key costs nothing more."""
    pictures = [("a.png", a_png(), "image/png"), ("b.png", a_png(8, 8), "application/octet-stream")]
    for _ in range(2):
        edited = await client.images.edit(
            model="gpt-image-2", prompt="a fox", image=pictures, n=2, extra_headers={"Idempotency-Key": "edit"}
        )
        assert 2 == len([opened(image.b64_json) for image in edited.data or ()])
    parts = [part.data for part in double.requests[-1].form if part.filename]
    assert [a_png(), a_png(8, 8)] == parts
    assert 97 == await caller.check_balance()
    await client.images.edit(model="openai/gpt-image-2-edit", prompt="a fox", image=pictures[0])
    refused: list[tuple[dict[str, Any], str]] = [
        ({"image": pictures * 2}, "image"),
        ({"image": ("a.txt", b"text", "image/png")}, "image"),
        ({"mask": pictures[0]}, "mask"),
        ({"n": 11}, "n"),
        ({"model": "local/artist"}, "image"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ]
    for changes, param in refused:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.edit(**{"model": "gpt-image-2", "prompt": "a fox", "image": pictures[0], **changes})
        assert param == caught.value.param
    assert 95 == await caller.check_balance()
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for data in (
        b"",
        b"--x\r\n",
        b"--x\r\nnothing",
        b"--x\r\n\r\n\xff\r\n--x--",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n",
    ):
        answer = await caller.request("POST", "/v1/images/edits", data=data, headers=broken)
        assert (400, "invalid_request_error") == (answer.status, answer.body["error"]["type"]), data


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": None}, "model"),
        ({"prompt": " "}, "prompt"),
        ({"n": 3}, "n"),
        ({"n": 11}, "n"),
        ({"n": 2, "model": "openai/gpt-image-2"}, "n"),
        ({"size": "4096x4096"}, "size"),
        ({"size": "huge"}, "size"),
        ({"size": "1024x1536", "model": "gpt-image-2"}, "size"),
        ({"background": "transparent"}, "background"),
        ({"quality": "best"}, "quality"),
        ({"stream": True}, "stream"),
        ({"input": {"seed": "x"}}, "seed"),
        ({"input": [1]}, "input"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
async def test_bad_parameter_is_named_and_costs_nothing(
    caller: Caller, client: AsyncOpenAI, changes: dict[str, Any], param: str
) -> None:
    """A parameter that cannot be served is a BadRequestError with its name."""
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post("/images/generations", cast_to=object, body=DRAWN | changes)
    assert (param, "invalid_request_error") == (caught.value.param, caught.value.type)
    assert 100 == await caller.check_balance()


async def test_each_error_has_the_class_of_the_client(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """Keys, money, refusals and failures raise the client's own exceptions; none of them is worth a retry."""
    poor = await caller.place.create_caller(cents=1)
    double.overrides["submit"].append(error(400, "No.", None, "moderation_blocked"))
    blocked = client.images.generate(model="gpt-image-2", prompt="a fox")
    strangers = client.with_options(api_key="sk-nothing").models.list()
    broke = client.with_options(api_key=poor.customer.key).images.generate(model="gpt-image-2", prompt="a fox")
    expected = [
        (blocked, openai.BadRequestError, "content_policy_violation", "invalid_request_error"),
        (strangers, openai.AuthenticationError, "invalid_api_key", "invalid_request_error"),
        (broke, openai.RateLimitError, "insufficient_quota", "insufficient_quota"),
        (client.get("/nothing", cast_to=object), openai.NotFoundError, "not_found", "invalid_request_error"),
    ]
    for call, kind, code, type_name in expected:
        with pytest.raises(openai.APIStatusError) as caught:
            await call
        assert (kind, code, type_name) == (type(caught.value), caught.value.code, caught.value.type)
        if caught.value.status_code == 429:
            assert "false" == caught.value.response.headers["x-should-retry"]
    assert 100 == await caller.check_balance()
    malformed = await caller.request("POST", "/v1/images/generations", data=b"{", headers=JSON)
    assert (400, "invalid_json") == (malformed.status, malformed.body["error"]["code"])


async def test_detached_call_is_read_later(caller: Caller, client: AsyncOpenAI) -> None:
    """`Prefer: respond-async` answers 202 and where to read the images, in both forms and to their owner alone."""
    preferring = {"Prefer": "respond-async"}
    made = await caller.request("POST", "/v1/images/generations", json=DRAWN, headers=preferring)
    assert (202, "processing", "respond-async") == (
        made.status,
        made.body["status"],
        made.headers["Preference-Applied"],
    )
    where = made.headers["Location"]
    assert f"/v1/images/generations/{made.body['id']}" == where
    await caller.wait_for_end(made.body["id"])
    linked = await caller.request("GET", where)
    data = await caller.request("GET", f"{where}?response_format=b64_json")
    assert ("96x96", "0.0105") == (linked.body["size"], data.headers["X-Wokflow-Cost-Usd"])
    assert opened(data.body["data"][0]["b64_json"])
    stranger = await caller.place.create_caller()
    assert 404 == (await stranger.request("GET", where)).status


async def test_client_waits_on_under_an_idempotency_key(caller: Caller, client: AsyncOpenAI) -> None:
    """A wait that ends is 504, which the client repeats only under a key, to get the result of its first order."""
    stack, store, account = caller.place.stack, caller.place.store, caller.customer.account
    hasty = stack.add("gateway", "-m", "gateway", env={"PORT": str(free_port()), "PREFER_WAIT_S": "1"})
    url = f"http://127.0.0.1:{hasty.env['PORT']}"
    await hasty.wait_for_status(f"{url}/readyz")
    patient = client.with_options(base_url=f"{url}/v1", max_retries=4)
    with pytest.raises(openai.InternalServerError) as caught:
        await patient.images.generate(model="test/noop", prompt="a fox")
    [made] = await generations.list_newest(store, account, 5)
    assert ("still_processing", "server_error") == (caught.value.code, caught.value.type)
    assert made.id in caught.value.message
    keyed = {"Idempotency-Key": "patience"}
    waiting = asyncio.create_task(patient.images.generate(model="test/noop", prompt="a fox", extra_headers=keyed))
    while len(found := await generations.list_newest(store, account, 5)) < 2:  # another process
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.1)  # the first answer is the end of a wait
    await ledger.settle(store, found[0].id, "completed", cost_micros=110_000, outcome=Outcome(outputs=(PICTURE,)))
    drawn = await waiting
    assert [f"{stack.url}/assets/{PICTURE.place}"] == [image.url for image in drawn.data or ()]
    assert 2 == len(await generations.list_newest(store, account, 5))


async def test_conversation_reaches_the_provider(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """The roles, the limit and the options reach the provider, and its tokens are charged below the reservation."""
    raw = await client.chat.completions.with_raw_response.create(
        model="gpt-mini", messages=TALK, max_completion_tokens=50, temperature=0.5, stop="END", metadata={"a": "b"}
    )
    said = raw.parse()
    assert (double.content, "stop") == (said.choices[0].message.content, said.choices[0].finish_reason)
    assert said.usage is not None
    assert (9, 7, 16) == (said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens)
    sent = double.requests[-1].json
    assert [
        ("system", "Answer shortly."),
        ("user", "Who are you?"),
        ("assistant", "A fox."),
        ("user", "Where?\n\nWhen?"),
    ] == [(one["role"], one["content"]) for one in sent["messages"]]
    assert (50, 0.5, ["END"]) == (sent["max_tokens"], sent["temperature"], sent["stop"])
    assert ("openai/gpt-mini", "openai/gpt-mini") == (said.model, raw.headers["x-wokflow-model"])
    assert "x-wokflow-notices" not in raw.headers
    assert "0.000025" == raw.headers["x-wokflow-cost-usd"]
    [made] = await generations.list_newest(caller.place.store, caller.customer.account, 5)
    assert {"a": "b"} == made.spec.metadata
    # 9 tokens at $1 and 7 at $2 a million, and 5 %; reserved were 50 tokens of output.
    assert (25, True) == (made.cost, made.reserved > 50 * 2)
    assert "messages" not in made.spec.input
    again = await caller.request("GET", f"/v1/chat/completions/{said.id}")
    assert again.body["choices"][0]["message"]["content"] == double.content


async def test_limit_of_tokens_bounds_the_reservation(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """A conversation without a limit reserves more, and a poor account can afford the limited one alone."""
    poor = await caller.place.create_caller(cents=0)
    await ledger.top_up(poor.place.store, poor.customer.account, 3_000, "cents")
    paying = client.with_options(api_key=poor.customer.key)
    said = [{"role": "user", "content": "Hello."}]
    with pytest.raises(openai.RateLimitError, match="balance"):
        await paying.chat.completions.create(model="gpt-mini", messages=said)
    await paying.chat.completions.create(model="gpt-mini", messages=said, max_tokens=10)


async def test_model_that_reads_images_gets_them(double: Double, client: AsyncOpenAI) -> None:
    """An image in a message reaches a model that reads images by value; any other model refuses it."""
    url = f"data:image/png;base64,{base64.b64encode(a_png()).decode()}"
    seen = [
        {
            "role": "user",
            "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}],
        }
    ]
    await client.chat.completions.create(model="gpt-eye", messages=seen)
    text, image = double.requests[-1].json["messages"][-1]["content"]
    assert "What?" == text["text"]
    assert opened(image["image_url"]["url"].partition(",")[2])
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model="gpt-mini", messages=seen)
    assert "messages" == caught.value.param


async def test_model_without_roles_gets_one_prompt(caller: Caller, client: AsyncOpenAI) -> None:
    """A model that lists no messages reads a conversation as one prompt, and takes a limit in words."""
    raw = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=TALK, max_tokens=40)
    assert raw.parse().choices[0].message.content
    assert "maker/writer" == raw.headers["x-wokflow-model"]
    [made] = await generations.list_newest(caller.place.store, caller.customer.account, 5)
    assert made.spec.prompt.startswith("System: Answer shortly.\n\nUser: Who are you?")
    assert 30 == made.spec.input["words_max"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "file"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": "x" * 200_001}]}, "messages"),
        ({"messages": [{"role": "user", "content": "a\0b"}]}, "messages"),
        ({"model": "local/artist"}, "model"),
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"max_tokens": 1_000_000}, "max_tokens"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
async def test_bad_conversation_is_named_and_costs_nothing(
    caller: Caller, client: AsyncOpenAI, changes: dict[str, Any], param: str
) -> None:
    """A conversation that cannot be continued is a BadRequestError with the place."""
    body = {"model": "gpt-mini", "messages": [{"role": "user", "content": "Hello."}]} | changes
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post("/chat/completions", cast_to=object, body=body)
    assert param == caught.value.param
    assert 100 == await caller.check_balance()


async def test_response_is_the_next_message(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """Instructions and messages reach the provider, and the text, its tokens and its id are those of a response."""
    said: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": "Who are you?"}]}]
    raw = await client.responses.with_raw_response.create(
        model="gpt-mini", instructions="Answer shortly.", input=said, max_output_tokens=50, store=False
    )
    made = raw.parse()
    assert (double.content, "completed") == (made.output_text, made.status)
    assert made.usage is not None
    assert (9, 7) == (made.usage.input_tokens, made.usage.output_tokens)
    sent = double.requests[-1].json
    assert [TALK[0], {"role": "user", "content": "Who are you?"}] == sent["messages"]
    assert 50 == sent["max_tokens"]
    assert made == await client.responses.retrieve(made.id)
    assert "0.000025" == raw.headers["x-wokflow-cost-usd"]
    assert double.content == (await client.responses.create(model="gpt-mini", input="Who are you?")).output_text
    strange = [{"role": "user", "content": [{"type": "input_file"}]}]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"input": []}, "input"),
        ({"input": " "}, "input"),
        ({"input": [{"type": "function_call_output"}]}, "input[0]"),
        ({"input": strange, "instructions": "x"}, "input[0].content[0]"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"text": {"format": {"type": "json_object"}}}, "text"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"max_output_tokens": 1_000_000}, "max_output_tokens"),
        ({"colour": "red"}, "colour"),
    ]
    for changes, param in refused:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.post("/responses", cast_to=object, body={"model": "gpt-mini", "input": "Hello."} | changes)
        assert param == caught.value.param


async def test_speech_is_the_audio_itself(caller: Caller, double: Double, client: AsyncOpenAI) -> None:
    """Speech comes as a file in the model's own format; behind an alias, a voice that only OpenAI has is left out."""
    spoken = await client.audio.speech.with_raw_response.create(
        model="tts-1", voice="alloy", input="Hello.", response_format="opus"
    )
    assert ("audio/wav", b"RIFF") == (spoken.headers["content-type"], spoken.content[:4])
    assert "voice has no effect" in spoken.headers["x-wokflow-notices"]
    assert str(len(spoken.content)) == spoken.headers["content-length"]
    named = await client.audio.speech.create(model="gpt-voice", voice="nova", input="Hello.", response_format="mp3")
    assert MP3 == named.content
    assert ("nova", "mp3") == tuple(double.requests[-1].json[name] for name in ("voice", "response_format"))
    made = spoken.headers["x-wokflow-generation"]
    assert spoken.content == (await caller.request("GET", f"/v1/audio/speech/{made}")).body
    for changes, param in (({"input": " "}, "input"), ({"speed": 9}, "speed"), ({"model": "gpt-4o"}, "model")):
        with pytest.raises(openai.BadRequestError) as caught:
            body = {"model": "tts-1", "voice": "alloy", "input": "Hello."} | changes
            await client.post("/audio/speech", cast_to=object, body=body)
        assert param == caught.value.param


async def test_samples_of_the_document_run(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python sample of these calls runs unchanged, except for the id in it."""
    monkeypatch.setenv("WOWFLOW_KEY", caller.customer.key)
    spoken = {"model": "tts-1", "input": "Hello."}
    said = {"model": "gpt-mini", "messages": TALK}
    bodies = {"images/generations": DRAWN, "chat/completions": said, "audio/speech": spoken}
    bodies["responses"] = {"model": "gpt-mini", "input": "Hello."}
    answers = {path: await caller.request("POST", f"/v1/{path}", json=body) for path, body in bodies.items()}
    ids = {
        f"/{path}/{GENERATION_ID}": f"/{path}/{one.headers['X-Wokflow-Generation']}" for path, one in answers.items()
    }
    ids["gpt-5.4-mini"] = "gpt-mini"
    document = (await caller.request("GET", "/openapi.json")).body
    told = [item[method] for item in document["paths"].values() for method in ("get", "post") if method in item]
    samples = [one["x-codeSamples"] for one in told if one["tags"] == ["OpenAI"]]
    sources = [sample["source"] for several in samples for sample in several if sample["label"] == "Python"]
    assert len(sources) >= 10
    text = "\0".join(sources)
    for old, new in ids.items():
        text = text.replace(old, new)
    for source in text.split("\0"):
        await asyncio.to_thread(exec, source, {})


async def read_stream(client: AsyncOpenAI, words: int = 1_000) -> tuple[str, list[str], Any]:
    """Return the generation, the first words of a streamed text, and the usage."""
    stream = await client.chat.completions.create(
        model="gpt-mini", messages=TALK, stream=True, stream_options={"include_usage": True}, max_tokens=500
    )
    deltas, usage, name = list[str](), None, ""
    async for chunk in stream:
        name, usage = chunk.id, chunk.usage or usage
        deltas += [choice.delta.content for choice in chunk.choices if choice.delta.content]
        if len(deltas) >= words:
            await stream.close()
            break
    return name.removeprefix("chatcmpl-"), deltas, usage


async def test_text_is_streamed_while_it_is_written(
    caller: Caller, client: AsyncOpenAI, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deltas add up to the text that is stored, and the tokens of the usage are the charged ones."""
    monkeypatch.setattr(double, "pause_s", 0.06)
    made, deltas, usage = await read_stream(client)
    shown = await caller.poll(made)
    assert double.content == "".join(deltas) == shown["result_text"]
    assert len(deltas) > 2
    assert (9, 7, marked_up(9 * 1 + 7 * 2, MARK_UP)) == (
        usage.prompt_tokens,
        usage.completion_tokens,
        shown["cost_micros"],
    )
    again = await caller.request("GET", f"/api/v1/generations/{made}/events")
    assert len(deltas) == again.body.count(b"event: text.delta")


async def test_client_that_leaves_pays_for_the_part_that_was_written(
    caller: Caller, client: AsyncOpenAI, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is stopped, and the part that came is stored and charged by its tokens."""
    monkeypatch.setattr(double, "pause_s", 0.06)
    monkeypatch.setattr(double, "content", " ".join(f"word{number}" for number in range(300)))
    monkeypatch.setattr(double, "sent", 0)
    made, deltas, _ = await read_stream(client, words=3)
    shown = await caller.wait_for_end(made)
    assert ("completed", True) == (shown["status"], shown["result_text"].startswith("".join(deltas)))
    assert double.content.startswith(shown["result_text"])
    assert double.sent < 100
    words = len(shown["result_text"].split())
    read = -(-sum(len(text) for text in SAID) // 4)
    assert marked_up(read + 2 * words, MARK_UP) <= shown["cost_micros"] <= marked_up(read + 2 * (words + 2), MARK_UP)


async def test_text_that_breaks_off_is_refunded(
    caller: Caller, client: AsyncOpenAI, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost stream is an error for the client after the part that came, and costs nothing."""
    monkeypatch.setattr(double, "pause_s", 0.06)
    monkeypatch.setattr(double, "broken_after", 3)
    with pytest.raises(openai.APIError, match="broke the text off"):
        await read_stream(client)
    assert 100 == await caller.check_balance()


async def test_pages_of_other_sites_may_call(place: Place) -> None:
    """A browser's preflight is allowed under both addresses."""
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization, x-stainless-lang"}
    for path in ("/v1/images/generations", "/openai/v1/images/generations"):
        async with place.session.options(place.stack.url + path, headers=asked) as response:
            assert 204 == response.status
            assert "x-stainless-lang" in response.headers["Access-Control-Allow-Headers"]
