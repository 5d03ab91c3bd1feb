"""The official client of the Model Context Protocol, unmodified, against the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from mcp import ClientSession
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from msgspec import Struct

from gateway.app import build_app
from gateway.context import CONTEXT
from shared.domain.generation import Outcome, Output
from shared.domain.key_limits import KeyLimits
from shared.ops.settings import Settings
from shared.store import accounts, generations, ledger
from shared.store.connect import Store

PICTURE = Output("2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png", "image/png", 3)
DRAWN = {"model": "local/artist", "prompt": "a fox", "max_cost_cents": 5, "wait_s": 0}
COST_MICROS = 10_500


class Host(Struct, frozen=True):
    """A gateway, an account with a dollar, and its key."""

    url: str
    store: Store
    account: str
    key: str

    async def settle(self, generation_id: str, state: str, outcome: Outcome) -> None:
        cost = COST_MICROS if state == "completed" else 0
        await ledger.settle(self.store, generation_id, state, cost_micros=cost, outcome=outcome)

    async def read_spent(self) -> int:
        account = await accounts.find(self.store, self.account)
        assert account is not None
        return account.spent


@pytest.fixture
async def host(store_url: str, tmp_path: Path) -> AsyncIterator[Host]:
    """Run a gateway without workers."""
    settings = Settings(
        redis_url=store_url,
        database_url=f"sqlite:///{tmp_path / 'records.db'}",
        simulate="on",
        data_dir=str(tmp_path),
        prefer_wait_s=5,
    )
    app = build_app(settings)
    async with TestClient(TestServer(app)) as client:
        store = app[CONTEXT].store
        account = await accounts.create(store, name="agent", plan="pro")
        _, key = await accounts.create_key(store, account.id, "wowflow")
        await ledger.top_up(store, account.id, 1_000_000, "invoice-1")
        yield Host(str(client.make_url("/mcp")), store, account.id, key)


@asynccontextmanager
async def open_session(host: Host, key: str = "") -> AsyncIterator[ClientSession]:
    """Open a session of the official client."""
    headers = {"Authorization": f"Bearer {key or host.key}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        streamable_http_client(host.url, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        yield session


async def call(session: ClientSession, tool: str, **arguments: object) -> Any:
    """Return what a tool returns. It must have succeeded."""
    result = await session.call_tool(tool, arguments)
    assert not result.is_error, result
    return result.structured_content


async def refuse(session: ClientSession, tool: str, **arguments: object) -> str:
    """Return the code of a refusal."""
    result = await session.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is not None
    return str(result.structured_content["code"])


async def test_agent_chooses_pays_and_gets_links(host: Host) -> None:
    """An agent lists models, quotes one, orders it, waits for it, and gets a link to its output."""
    async with open_session(host) as session:
        opened = await session.initialize()
        assert ("2025-11-25", "wokflow") == (opened.protocol_version, opened.server_info.name)
        await session.send_ping()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert ["balance", "generate", "get_generation", "list_models", "quote", "wait"] == sorted(tools)
        assert {"model", "prompt", "max_cost_cents"} == set(tools["generate"].input_schema["required"])
        for tool in tools.values():
            Draft202012Validator.check_schema(tool.input_schema)
            assert tool.description
        found = await call(session, "list_models", type="image", search="local/", limit=1)
        assert (["local/artist"], True) == ([model["id"] for model in found["models"]], found["more"])
        quoted = await call(session, "quote", model="local/artist", prompt="a fox")
        assert COST_MICROS == quoted["price_micros"]
        made = await call(session, "generate", **DRAWN)
        assert ("processing", False) == (made["status"], made["repeated"])
        waiting = asyncio.create_task(session.call_tool("wait", {"id": made["id"], "wait_s": 5}))
        await asyncio.sleep(0.05)
        await host.settle(made["id"], "completed", Outcome(provider="local", outputs=(PICTURE,)))
        [text, link] = (await waiting).content
        assert ("text", "resource_link", "image/png") == (text.type, link.type, link.mime_type)  # type: ignore[union-attr]
        shown = await call(session, "get_generation", id=made["id"])
        assert [str(link.uri)] == shown["result_urls"]  # type: ignore[union-attr]
        balance = await call(session, "balance")
        assert 1_000_000 - COST_MICROS == balance["balance_micros"]


async def test_agent_that_repeats_itself_pays_once(host: Host) -> None:
    """The same arguments are one order, whatever their sequence; another variation is another one."""
    async with open_session(host) as session:
        await session.initialize()
        same = {**DRAWN, "input": {"seed": 7, "width": 256}}
        made = await asyncio.gather(*(call(session, "generate", **same) for _ in range(5)))
        turned = await call(session, "generate", **{**same, "input": {"width": 256, "seed": 7}, "max_cost_cents": 9})
        assert 1 == len({one["id"] for one in (*made, turned)})
        assert [False, True, True, True, True] == sorted(one["repeated"] for one in made)
        assert COST_MICROS == await host.read_spent()
        await host.settle(turned["id"], "failed", Outcome(error="No foxes.", error_code="content_policy"))
        failed = await session.call_tool("generate", same)
        assert failed.is_error
        again = await call(session, "generate", **same, variation=2)
        assert again["id"] != turned["id"]
        for changes in ({"prompt": "a bear"}, {"input": {"seed": 8}}):
            assert not (await call(session, "generate", **{**same, **changes}))["repeated"]
        assert 3 * COST_MICROS == await host.read_spent()


async def test_refusals_are_results_for_the_agent(host: Host) -> None:
    """Each refusal has its code, and nothing is charged."""
    async with open_session(host) as session:
        await session.initialize()
        cases: list[tuple[str, str, dict[str, object]]] = [
            ("over_max_cost", "generate", {**DRAWN, "max_cost_cents": 1}),
            ("invalid_request", "generate", {"model": "local/artist", "prompt": "a fox"}),
            ("invalid_request", "generate", {**DRAWN, "colour": "red"}),
            ("invalid_input", "generate", {**DRAWN, "input": {"width": 1}}),
            ("invalid_input", "generate", {**DRAWN, "input": {"seed": 10**30}}),
            ("missing_prompt", "quote", {"model": "local/artist", "prompt": " "}),
            ("unknown_model", "quote", {"model": "nobody/nothing", "prompt": "a fox"}),
            ("not_found", "wait", {"id": "nothing"}),
            ("not_found", "get_generation", {"id": "019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47"}),
        ]
        for code, tool, arguments in cases:
            assert code == await refuse(session, tool, **arguments)
        with pytest.raises(Exception, match="Unknown tool"):
            await session.call_tool("delete_everything", {})
        with pytest.raises(Exception, match="tools alone"):
            await session.list_prompts()
    assert 0 == await host.read_spent()
    assert [] == await generations.list_newest(host.store, host.account, 5)


async def test_newest_client_falls_back_to_the_handshake(host: Host) -> None:
    """The client that first probes for a newer protocol finds the tools, too."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {host.key}"}) as http,
        Client(streamable_http_client(host.url, http_client=http)) as client,
    ):
        assert 6 == len((await client.list_tools()).tools)


async def test_key_decides_what_an_agent_may_do(host: Host) -> None:
    """A key that only reads orders nothing, and a request without a key gets nothing."""
    _, key = await accounts.create_key(host.store, host.account, "wowflow", limits=KeyLimits(scopes=("read",)))
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "generate", "arguments": DRAWN}}
    async with httpx2.AsyncClient() as http:
        for header, status in ({"Authorization": f"Bearer {key}"}, 403), ({}, 401):
            answer = await http.post(host.url, json=message, headers=header)
            assert status == answer.status_code
        given = {"Authorization": f"Bearer {host.key}"}
        notice = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        for sent, status in (
            (notice, 202),
            ([message], 400),
            ({**message, "id": 10**30}, 400),
            ({"method": "ping", "id": 1}, 400),
        ):
            assert status == (await http.post(host.url, json=sent, headers=given)).status_code
        assert 405 == (await http.get(host.url, headers=given)).status_code
    assert 0 == await host.read_spent()
