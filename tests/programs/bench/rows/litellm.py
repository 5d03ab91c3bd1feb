"""One text order, waited for, through Wokflow and through LiteLLM's proxy, both in front of the same upstream.

LiteLLM has no database and stores nothing. Wokflow charges, queues, settles and syncs each order to the disk.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from shared.ops.settings import ROOT
from shared.store.connect import Store
from tests.harness.factories import create_customer
from tests.harness.processes import Process, Stack, free_port, make_folder
from tests.programs.bench.load import Plan, Result, run_plan
from tests.programs.bench.row import ReportProgress, Row, Size, divide, median
from tests.programs.bench.scene import CENTS, ORDERS_MAX, UNLIMITED, Scene, check_books, wait_until_drained

PEERS = ROOT / ".venv-peers" / "bin"
MODEL, KEY = "upstream", "sk-bench"
START_S = 60.0
TARGETS = {1: 7.0, 16: 28.0, 64: 38.0}  # times LiteLLM's rate, by connections
ADDED_MS = 2.0  # at one connection
CATALOGUE = """
[providers.upstream]
adapter = "openai"
base_url = "{url}"
key_env = "UPSTREAM_KEY"
concurrency = 100

[[models]]
id = "{model}"
name = "Upstream"
kind = "text"
price_cents = 1
routes = [{{ provider = "upstream", model = "{model}" }}]
"""
BODY = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "Write a sentence about a red boat."}]})
NAMES = ("upstream", "LiteLLM", "Wokflow")


class Server(Struct, frozen=True):
    """The port of a system that serves chat completions, and the keys of its customers."""

    port: int
    api_keys: tuple[str, ...]


async def measure(size: Size, report: ReportProgress) -> list[Row]:
    """Run the three in turn for each number of connections, so that a busy moment of the machine affects all."""
    found: dict[tuple[str, int], list[Result]] = {}
    async with serve_upstream() as upstream, serve_litellm(upstream) as peer, serve_wokflow(upstream) as scene:
        servers = (Server(upstream, (KEY,)), Server(peer, (KEY,)), Server(scene.port, scene.api_keys))
        for number in range(size.runs):
            for connections in TARGETS:
                for name, server in zip(NAMES, servers, strict=True):
                    report(f"{name}, {connections} at once, run {number + 1} of {size.runs}")
                    result = await run_plan(plan_for(server, connections, size.load_s))
                    found.setdefault((name, connections), []).append(result)
        await wait_until_drained(scene)
        settled = await check_books(scene)
    return [*rate_rows(found, settled), *latency_rows(found)]


def plan_for(server: Server, connections: int, load_s: float) -> Plan:
    """Return the load: each connection waits for its answer."""
    path = "/v1/chat/completions"
    return Plan(
        port=server.port,
        path=path,
        status=200,
        body=BODY,
        api_keys=server.api_keys,
        connections=connections,
        load_s=load_s,
    )


def rate_rows(found: dict[tuple[str, int], list[Result]], settled: int) -> list[Row]:
    """Return the texts per second, as a ratio to LiteLLM's."""
    rows = []
    for connections, target in TARGETS.items():
        ours, peers = ([one.per_s for one in found[name, connections]] for name in ("Wokflow", "LiteLLM"))
        rows.append(
            Row(
                name=f"texts, {connections} at once, of LiteLLM's proxy",
                value=median(ours),
                unit="/s",
                ratios=divide(ours, peers),
                target=target,
                detail=f"LiteLLM {median(peers):.0f}/s; {settled} settled, the ledgers balance",
            )
        )
    return rows


def latency_rows(found: dict[tuple[str, int], list[Result]]) -> list[Row]:
    """Return the time that Wokflow adds to the upstream's answer."""
    rows = []
    for connections in TARGETS:
        direct, peers, ours = (median(one.p50_ms for one in found[name, connections]) for name in NAMES)
        rows.append(
            Row(
                name=f"added to the upstream's answer, {connections} at once, p50",
                value=ours - direct,
                unit="ms",
                target=ADDED_MS if connections == 1 else None,
                at_most=True,
                detail=f"LiteLLM adds {peers - direct:.1f} ms",
            )
        )
    return rows


@asynccontextmanager
async def serve_upstream() -> AsyncIterator[int]:
    """Run the upstream and yield its port."""
    port = free_port()
    process = Process("upstream", sys.executable, "-m", "tests.programs.bench.peers.upstream", str(port)).start()
    try:
        await process.wait_for_status(f"http://127.0.0.1:{port}/", status=404)
        yield port
    finally:
        process.kill()


@asynccontextmanager
async def serve_litellm(upstream: int) -> AsyncIterator[int]:
    """Run LiteLLM's proxy with one process and yield its port. It may connect to nothing but the upstream."""
    port, config = free_port(), make_folder("litellm") / "config.yaml"
    parameters = {"model": f"openai/{MODEL}", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": KEY}
    settings = {
        "model_list": [{"model_name": MODEL, "litellm_params": parameters}],
        "litellm_settings": {"telemetry": False},
        "general_settings": {"master_key": KEY},
    }
    config.write_text(json.dumps(settings))  # JSON is YAML
    command = ("litellm", "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1")
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    process = Process("litellm", str(PEERS / command[0]), *command[1:], env=env).start()
    try:
        await process.wait_for_status(f"http://127.0.0.1:{port}/health/liveliness", limit_s=START_S)
        yield port
    finally:
        process.kill()


@asynccontextmanager
async def serve_wokflow(upstream: int) -> AsyncIterator[Scene]:
    """Run a deployment with one gateway and one worker."""
    catalogue = make_folder("catalogue") / "catalogue.toml"
    write_catalogue(catalogue, upstream)
    env = {"CATALOGUE": str(catalogue), "UPSTREAM_KEY": KEY, **UNLIMITED}
    stack = Stack(gateways=1, workers=("upstream",), deliver=0, sweep=0, env=env)
    async with stack, Store(stack.settings.store_url, name="bench") as store:
        limits = {"concurrency": ORDERS_MAX, "backlog_max": ORDERS_MAX}
        customers = [await create_customer(store, cents=CENTS, **limits) for _ in range(max(TARGETS))]
        yield Scene(stack, store, customers, 0, stack.ports[0])


def write_catalogue(path: Path, upstream: int) -> None:
    """Write a catalogue whose only model is the upstream's."""
    path.write_text(CATALOGUE.format(url=f"http://127.0.0.1:{upstream}/v1", model=MODEL))
