"""Hugging Face under the conformance suite."""

from msgspec import structs

from tests.harness.doubles.double import Response
from tests.harness.doubles.huggingface import (
    CAPTIONER,
    IMAGE_MODEL,
    SPEAKER,
    UPSCALER,
    Describer,
    Double,
    Enhancer,
    VideoMaker,
    error,
)
from tests.harness.doubles.openai import error as openai_error
from tests.suites.conformance.adapters.fal import failure, fault
from tests.suites.conformance.adapters.openai import completion
from tests.suites.conformance.case import Case, Refusal, a_call, down, gone, rejected, retry, unknown

CREDIT = "You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get more."
RATE = error(429, "Too many requests. Please log in or use a HF access token.")
LOADING = f"Model {IMAGE_MODEL} is currently loading"

REFUSALS: dict[str, Refusal] = {
    "no credit": down(error(402, CREDIT)),
    "bad key": down(error(401, "Invalid username or password.")),
    "not allowed": down(error(403, "This token may not call Inference Providers on behalf of its owner.")),
    "no such model": gone(error(404, "Model x/y is not supported by provider hf-inference")),
    "unsupported": gone(error(400, "Model x/y is not supported by provider hf-inference")),
    "no longer": gone(error(410, "The requested model is deprecated.")),
    "bad input": rejected(error(422, ["unknown parameter: mood"]), "invalid_input"),
    "rate": retry(RATE),
    "loading": retry(error(503, LOADING, estimated_time=20.5), 20.5),
    "loading for long": retry(error(503, LOADING, estimated_time=3000.0), 120),
    "loading without an estimate": retry(error(503, LOADING)),
    "loading with an invalid estimate": retry(Response(503, f'{{"error": "{LOADING}", "estimated_time": NaN}}'), 5),
    "broken while loading": unknown(error(500, LOADING, estimated_time=20.5)),
    "outage": down(error(503, "Service Unavailable")),
    "gateway": unknown(Response(504, "<html>Gateway timeout</html>")),
}
IMAGE = Case(
    name="huggingface-image",
    double=Double,
    call=a_call("image", IMAGE_MODEL, width=512, height=512, seed=7),
    busy=RATE,
    refusals={
        **REFUSALS,
        "no file": unknown(Response(200, {"image": "?"})),
        "an empty file": unknown(Response(200, b"", {"Content-Type": "image/png"})),
    },
)
QUEUED = structs.replace(
    IMAGE,
    name="huggingface-queue",
    call=a_call("image", "fal-ai/flux/dev:fal-ai", width=512, height=512, seed=42),
    working=("IN_QUEUE", "IN_PROGRESS"),
    poll_roles=("poll", "result"),
    refusals={
        "no credit": REFUSALS["no credit"],
        "bad input": rejected(Response(422, fault("missing")), "invalid_input"),
        "policy": rejected(Response(422, fault("content_policy_violation")), "content_policy"),
        "no id": unknown(Response(200, {"status": "IN_QUEUE"})),
    },
    endings={
        "policy": failure(422, fault("content_policy_violation"), "content_policy"),
        "runner": failure(503, {"detail": "Gone", "error_type": "runner_disconnected"}, "provider_failed"),
        "empty": failure(200, {"images": []}, "provider_failed"),
    },
    facts={"seed": 42},
)
TEXT = structs.replace(
    IMAGE,
    name="huggingface-text",
    call=a_call("text", "openai/gpt-oss-120b:cerebras", tone="friendly"),
    outputs=(),
    refusals={
        "no credit": REFUSALS["no credit"],
        "no such model": gone(openai_error(400, "The requested model does not exist.", None, "m")),
        "not enabled": gone(openai_error(400, "No provider has it.", None, "model_not_supported")),
        "refusal": rejected(completion("stop", None, refusal="I cannot help with that."), "content_policy"),
        "rate": REFUSALS["rate"],
    },
    facts={"prompt_tokens": 9, "completion_tokens": 7},
)


def variant(case: Case, name: str, **changes: object) -> Case:
    """Return a case with some changes."""
    return structs.replace(case, **{"name": name, "refusals": {}, "endings": {}, "facts": {}, **changes})


CASES = (
    IMAGE,
    QUEUED,
    TEXT,
    variant(IMAGE, "huggingface-upscale", call=a_call("upscale", UPSCALER, "", image_url="asset:a.png", scale=2)),
    variant(IMAGE, "huggingface-voice", call=a_call("voice", SPEAKER, "Hello."), outputs=("audio/wav",)),
    variant(IMAGE, "huggingface-nscale", call=a_call("image", "black-forest-labs/FLUX.1-schnell:nscale", width=512)),
    variant(IMAGE, "huggingface-together", call=a_call("image", "black-forest-labs/FLUX.2-dev:together", seed=7)),
    variant(
        QUEUED,
        "huggingface-video",
        double=VideoMaker,
        call=a_call("video", "fal-ai/wan/v2.2-a14b/text-to-video:fal-ai"),
        outputs=("video/mp4",),
    ),
    variant(
        TEXT,
        "huggingface-enhance",
        double=Enhancer,
        call=a_call("enhance", "openai/gpt-oss-120b", count=2),
        facts={"variations": ["a red fox, dawn", "a red fox, snow"]},
    ),
    variant(
        TEXT,
        "huggingface-interrogate",
        double=Describer,
        call=a_call("interrogate", "Qwen/Qwen2.5-VL-7B-Instruct", "", image_url="asset:a.png"),
        facts={"caption": "A teal square.", "tags": ["teal", "square"]},
    ),
    variant(
        TEXT,
        "huggingface-caption",
        call=a_call("interrogate", f"{CAPTIONER}:hf-inference", "", image_url="asset:a.png"),
        refusals={"no caption": unknown(Response(200, [])), "another field": unknown(Response(200, {"label": "fox"}))},
        facts={"caption": "a red fox in the snow"},
    ),
)
