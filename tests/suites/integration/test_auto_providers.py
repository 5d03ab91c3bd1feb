"""`auto` over HTTP: with the keys of three providers, no call of any kind is served by the local provider."""

from collections import Counter
from pathlib import Path

import msgspec
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.dialects.wokgen import examples
from shared.ops.settings import Settings
from shared.store import accounts
from tests.harness.factories import create_customer

KEYED = "kie,openai,elevenlabs"
CALLS = 200
PATHS: dict[str, msgspec.Struct] = {
    "/api/generate": examples.IMAGE_REQUEST,
    "/api/text/generate": examples.TEXT_REQUEST,
    "/api/voice/generate": examples.VOICE_REQUEST,
    "/api/music/generate": examples.MUSIC_REQUEST,
    "/api/tools/upscale": examples.UPSCALE_REQUEST,
    "/api/tools/interrogate": examples.INTERROGATE_REQUEST,
    "/api/prompt/enhance": examples.ENHANCE_REQUEST,
}


async def test_no_call_goes_to_the_local_provider_when_keys_are_set(store_url: str, tmp_path: Path) -> None:
    """Two hundred documented calls, over all kinds, are queued at the three providers alone."""
    settings = Settings(redis_url=store_url, data_dir=str(tmp_path), providers=KEYED, simulate="on", wokgen_wait_s=0)
    app = build_app(settings)
    served: Counter[tuple[str, str]] = Counter()
    async with TestServer(app) as server, ClientSession() as session:
        store = app[CONTEXT].store
        customer = await create_customer(store, backlog_max=CALLS, concurrency=CALLS)
        _, key = await accounts.create_key(store, customer.account, "wokgen")
        headers = {"Authorization": f"Bearer {key}"}
        for number in range(CALLS):
            path = list(PATHS)[number % len(PATHS)]
            body = msgspec.to_builtins(PATHS[path]) | {"provider": "auto"}
            async with session.post(server.make_url(path), json=body, headers=headers) as response:
                job = await response.json()
                assert 202 == response.status, job
                served[job["provider"], job["simulated"]] += 1
    assert CALLS == sum(served.values())
    assert set(KEYED.split(",")) >= {provider for provider, _ in served}
    assert {False} == {simulated for _, simulated in served}
