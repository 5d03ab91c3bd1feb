"""OpenAI and its imitators under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Double as AnyDouble
from tests.harness.doubles.double import Response
from tests.harness.doubles.openai import Describer, Double, Enhancer, Groq, LinkSender, Together, error
from tests.suites.conformance.case import Case, Refusal, a_call, down, gone, rejected, retry, unknown

RATE = error(429, "Rate limit reached for requests", "requests", "rate_limit_exceeded")
QUOTA = "You exceeded your current quota, please check your plan and billing details."
MODERATED = {"reasons": ["violence"], "flagged_input": "a red", "provider_name": "X"}
INVALID = {"message": "The API key you provided is invalid.", "param": None, "code": "UNAUTHORIZED", "type": "error"}


def completion(finish: str, content: object, **message: object) -> Response:
    """Return a completion with another end."""
    said = {"role": "assistant", "content": content, **message}
    return Response(
        200, {"object": "chat.completion", "choices": [{"index": 0, "message": said, "finish_reason": finish}]}
    )


def openrouter_error(code: int, message: str, status: int = 0, **more: object) -> Response:
    """Return an error in OpenRouter's form. Its code is a number; once work has begun its status is 200."""
    return Response(status or code, {"error": {"code": code, "message": message, **more}})


OPENAI: dict[str, Refusal] = {
    "no credit": down(error(429, QUOTA, "insufficient_quota", "insufficient_quota")),
    "bad key": down(error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")),
    "forbidden": down(error(403, "Your organization must be verified.", "invalid_request_error")),
    "no such model": gone(error(404, "No model.", "invalid_request_error", "model_not_found")),
    "no access to the model": gone(error(403, "No access.", "invalid_request_error", "model_not_found")),
    "decommissioned": gone(error(400, "It is retired.", "invalid_request_error", "model_decommissioned")),
    "refused model": down(Response(400, {"error": {"message": "Invalid value: 'x'.", "param": "model"}})),
    "bad input": rejected(error(400, "Invalid size.", "invalid_request_error", "invalid_value"), "invalid_input"),
    "rate": retry(RATE),
    "outage": down(Response(503, {"error": {"message": "The server is overloaded."}})),
    "gateway": unknown(Response(502, "<html>Bad gateway</html>")),
}
IMAGE = Case(
    name="openai-image",
    double=Double,
    call=a_call("image", "gpt-image-2", width=1024, height=768, seed=7, quality="standard"),
    busy=RATE,
    refusals={
        **OPENAI,
        "policy": rejected(
            error(400, "Rejected by the safety system.", "image_generation_user_error", "moderation_blocked"),
            "content_policy",
        ),
        "begun": rejected(Response(200, {"error": {"message": "It failed."}}), "provider_failed"),
        "nothing": rejected(Response(200, {"created": 1, "data": []}), "provider_failed"),
        "no pictures": unknown(Response(200, {"created": 1})),
        "no base64": unknown(Response(200, {"created": 1, "data": [{"b64_json": "?"}]})),
    },
)
TEXT = structs.replace(
    IMAGE,
    name="openai-text",
    call=a_call("text", "gpt-5.4-mini", tone="friendly", length="short", seed=7),
    outputs=(),
    refusals={
        **OPENAI,
        "refusal": rejected(completion("stop", None, refusal="I cannot help with that."), "content_policy"),
        "filter": rejected(completion("content_filter", ""), "content_policy"),
        "silence": rejected(completion("length", ""), "provider_failed"),
        "no choice": unknown(Response(200, {"object": "chat.completion", "choices": []})),
    },
    facts={"prompt_tokens": 9, "completion_tokens": 7},
)
ROUTED = structs.replace(
    TEXT,
    name="openai-openrouter",
    provider="openrouter",
    refusals={
        "no credit": down(openrouter_error(402, "Insufficient credits.")),
        "no credit yet": retry(structs.replace(openrouter_error(402, "Later."), headers={"Retry-After": "20"}), 20),
        "moderated": rejected(openrouter_error(403, "Flagged.", metadata=MODERATED), "content_policy"),
        "begun": rejected(openrouter_error(502, "The provider failed.", status=200), "provider_failed"),
        "begun and flagged": rejected(openrouter_error(403, "Flagged.", status=200), "content_policy"),
        "broken off": rejected(completion("error", "A red"), "provider_failed"),
        "lost": unknown(openrouter_error(408, "Timed out.")),
    },
)
GROQ = structs.replace(
    TEXT,
    name="openai-groq",
    provider="groq",
    double=Groq,
    refusals={
        "capacity": retry(error(498, "Out of capacity.", "tokens", "capacity_exceeded")),
        "too large": rejected(error(413, "Request too large.", "tokens", "rate_limit_exceeded"), "invalid_input"),
    },
)
OTHERS: dict[str, Refusal] = {
    "no credit at xAI": down(Response(429, {"code": "Some resource has been exhausted", "error": "Out of credits."})),
    "plain text at xAI": rejected(Response(422, "Failed to deserialize the JSON body"), "invalid_input"),
    "bad key at Fireworks": down(Response(401, {"error": INVALID, "request_id": "r"})),
    "loading at llama.cpp": retry(openrouter_error(503, "Loading model", type="unavailable_error")),
}


def image_variant(name: str, double: type[AnyDouble], **changes: object) -> Case:
    """Return the image's case for another service."""
    return structs.replace(IMAGE, **{"name": name, "double": double, "refusals": {}, **changes})


CASES = (
    IMAGE,
    image_variant(
        "openai-edit", Double, call=a_call("image", "gpt-image-2", image_urls=["asset:a.png", "asset:b.png"])
    ),
    image_variant("openai-together", Together, provider="together", call=a_call("image", "x/FLUX.1", width=512)),
    image_variant("openai-linking", LinkSender, provider="deepinfra", call=a_call("image", "x/FLUX.1")),
    image_variant("openai-voice", Double, call=a_call("voice", "tts-1", format="wav"), outputs=("audio/wav",)),
    image_variant("openai-mp3", Double, call=a_call("voice", "tts-1"), outputs=("audio/mpeg",)),
    TEXT,
    ROUTED,
    GROQ,
    structs.replace(TEXT, name="openai-others", provider="local-llama", refusals=OTHERS),
    structs.replace(
        TEXT,
        name="openai-enhance",
        double=Enhancer,
        call=a_call("enhance", "gpt-5.4-mini", count=2),
        refusals={},
        facts={"variations": ["a red fox, dawn", "a red fox, snow"]},
    ),
    structs.replace(
        TEXT,
        name="openai-interrogate",
        double=Describer,
        call=a_call("interrogate", "gpt-5.4-mini", "", image_url="asset:a.png"),
        refusals={},
        facts={"caption": "A teal square.", "tags": ["teal", "square"]},
    ),
)
