"""Native input at the adapters: the provider gets the caller's fields as they were, the prompt, and URLs of media."""

from typing import Any

import pytest
from msgspec import structs

from shared.domain.native_input import NativeInput
from shared.ops.settings import SettingsError, load
from tests.harness.doubles import fal, kie, replicate
from tests.harness.doubles.double import Double
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Pending, Setup
from workers.adapters.contract import load as load_adapter
from workers.setup import check_takes_native

GIVEN: dict[str, object] = {
    "prompt_strength": 0.1,
    "big": 2**53 + 1,
    "negative": -0.5,
    "text": "ä\u2028\n\ttab 🦊",
    "nothing": None,
    "flags": [True, False, [1, {"deep": {"er": [1.5, ""]}}]],
}
WRITTEN: dict[str, object] = {"size": b"512.0", "guidance": b"7.50", "tags": rb'[ "\u00e9", 1E3 ]'}
ROLES = {"words": "prompt", "frame": "first_frame", "refs": "images"}
LINK = "https://pictures.example/1.png"
TARGETS: dict[str, tuple[type[Double], str]] = {
    "kie": (kie.Double, "somebody/model"),
    "fal": (fal.Double, "somebody/app/edit"),
    "replicate": (replicate.Double, "somebody/model"),
}


@pytest.mark.parametrize("provider", TARGETS)
async def test_native_fields_reach_the_provider_untouched(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter sends the native fields and nothing of ours next to them; an upload gets a URL that it can read."""
    double_type, model = TARGETS[provider]
    monkeypatch.setitem(kie.INPUTS, model, [])
    monkeypatch.setattr(kie, "refuse_invalid", lambda *args, **known: None)
    values = {**GIVEN, **WRITTEN, "frame": "asset:2026/a.png", "refs": [LINK, "asset:2026/b.png"]}
    call = structs.replace(
        a_call("image", model, seed=7, width=64, height=64, style="in ink", negative_prompt="rain"),
        native=NativeInput(values, ROLES),
    )
    async with double_type() as double:
        setup = Setup(name=provider, base_url=double.base_url, key="k", fetch=fetch_image)
        adapter = load_adapter(provider)(setup)
        try:
            assert isinstance(await adapter.submit(call), Pending)
        finally:
            await adapter.close()
        [submit] = [request for request in double.requests if request.role == "submit"]
    assert [] == [name for name, text in WRITTEN.items() if b'"%b":%b' % (name.encode(), text) not in submit.body]
    sent: dict[str, Any] = submit.json if provider == "fal" else submit.json["input"]
    found = {name: value for name, value in sent.items() if name not in WRITTEN}
    frame, refs = found.pop("frame"), found.pop("refs")
    assert {**GIVEN, "words": "a red fox, in ink. Avoid: rain"} == found
    assert all(url.startswith(("data:image/png;base64,", "http://127.0.0.1")) for url in (frame, refs[1]))
    assert LINK == refs[0]


@pytest.mark.parametrize(
    ("model", "path", "body"),
    [
        (
            "nano-banana-pro:2K",
            "/api/v1/jobs/createTask",
            {"model": "nano-banana-pro", "input": {"prompt": "a red fox", "resolution": "2K"}},
        ),
        (
            "veo3_fast:1080p",
            "/api/v1/veo/generate",
            {"model": "veo3_fast", "prompt": "a red fox", "resolution": "1080p"},
        ),
    ],
)
async def test_grade_of_a_kie_route_replaces_the_caller_s(model: str, path: str, body: dict[str, object]) -> None:
    """The route has the price of its grade, so the caller cannot choose another one; each API has its own body."""
    native = NativeInput({"resolution": "720p"}, {"prompt": "prompt"})
    async with kie.Double() as double:
        adapter = load_adapter("kie")(Setup(name="kie", base_url=double.base_url, key="k"))
        await adapter.submit(structs.replace(a_call("video", model), native=native))
        await adapter.close()
        assert [(path, body)] == [(request.path, request.json) for request in double.requests]


def test_worker_refuses_a_catalogue_whose_native_fields_it_would_lose() -> None:
    """A worker whose adapter ignores native fields does not start for a route that has them."""
    from tests.suites.unit.domain.test_native_fields import parse

    check_takes_native(parse(), "fal", load({}))
    with pytest.raises(SettingsError, match="the adapter of runway sends no native fields"):
        check_takes_native(parse('model = "r"', 'model = "r", native = "kie.json"'), "runway", load({}))
