"""A real Prometheus scrapes a real deployment: every query of our dashboards and alerts returns data."""

import asyncio
import json
import math
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import yaml

from shared.domain.money import MICROS_PER_USD
from shared.ops.settings import ROOT
from shared.store import accounts, generations, providers
from tests.harness.doubles.double import Response
from tests.harness.doubles.fal import Double
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.processes import Process, free_port, make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

RULES = ROOT / "deploy" / "prometheus"
PROVIDERS = {"noop": "run noop", "paid": "run paid", "fal": "run fal"}
ROLES = {**PROVIDERS, "deliver": "deliver", "sweep": "sweep", "archive": "archive"}
MODELS = """
[providers.fal]
base_url = "{url}"

[[models]]
id = "test/fal"
name = "Fal"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "fal", model = "fal-ai/flux/dev" }}]

[[models]]
id = "test/either"
name = "Either"
kind = "image"
price_cents = 10
api_price_cents = 11
routes = [{{ provider = "paid", model = "paid" }}, {{ provider = "noop", model = "noop" }}]
"""
SETTINGS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/slo.yml", "{rules}/alerts.yml"]
scrape_configs: [{{job_name: wokflow, static_configs: [{{targets: [{targets}]}}]}}]
"""


class PrometheusClient:
    """A client of Prometheus' HTTP API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def get(self, path: str, **params: str) -> Any:
        """Return the data of a successful request."""
        async with self.session.get(f"{self.url}/api/v1/{path}", params=params) as response:
            body = await response.json()
            assert "success" == body["status"], (params, body)
            return body["data"]

    async def evaluate(self, expr: str) -> list[float]:
        """Return the current values of an expression, without NaN."""
        found = (await self.get("query", query=expr))["result"]
        values = [float(one["value"][1]) for one in found]
        return [value for value in values if not math.isnan(value)]


def find_program(name: str) -> str:
    """Return the path of a program of Debian's prometheus."""
    path = shutil.which(name)
    assert path is not None, f"{name} is missing: apt-get install prometheus"
    return path


@asynccontextmanager
async def run_prometheus(targets: Iterable[int]) -> AsyncIterator[str]:
    """Run a Prometheus that scrapes these ports each second, with our rules; yield its URL."""
    folder, port = make_folder("prometheus"), free_port()
    names = ", ".join(f'"127.0.0.1:{target}"' for target in targets)
    (folder / "prometheus.yml").write_text(SETTINGS.format(rules=RULES, targets=names))
    process = Process(
        "prometheus",
        find_program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ).start()
    try:
        await process.wait_for_status(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()


async def generate_load(caller: Caller, poor: Caller, fal: Double) -> None:
    """Submit generations that succeed, fail, are refused, repeated, postponed, uncertain and rerouted."""
    fal.overrides["submit"].append(Response(429, {}, {"Retry-After": "0.1"}))
    names = [await caller.create(f"boat {number}", "test/noop") for number in range(3)]
    names += [await caller.create("a boat", "test/fal") for _ in range(2)]
    for _ in range(2):
        await caller.submit("again", "test/noop", idempotency_key="k")
    for words in ("a boat", "refuse", "fail", "busy"):
        names.append(await caller.create(words, "test/paid"))
    await caller.submit("hangup-after", "test/paid")
    await poor.submit("too dear", "test/noop")
    await caller.submit("a boat", "test/nothing")
    await caller.request("GET", "/api/jobs")
    for name in names:
        await caller.wait_for_end(name)
    await caller.wait_for_end(await caller.create("down", "test/either"))


def panels() -> Iterator[tuple[str, str]]:
    """Yield dashboard, title and expressions of each panel, with variables filled in."""
    for path in sorted((ROOT / "deploy" / "grafana").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expr = target["expr"].replace("$__rate_interval", "1m").replace("$provider", ".*")
                yield f"{path.stem}: {panel['title']}", expr


def conditions() -> Iterator[tuple[str, str]]:
    """Yield the name and the compared expressions of each rule, without thresholds."""
    for name in ("slo.yml", "alerts.yml"):
        for group in yaml.safe_load((RULES / name).read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    yield rule["record"], rule["record"]
                    continue
                for side in sides(rule["expr"]):
                    yield rule["alert"], side


def sides(expr: str) -> list[str]:
    """Return the parts of a condition that are compared with a number or by their labels."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(r"[()]| (and|or|unless)( on \([a-z, ]*\))? ", expr):
        if found[1] and depth == 0:
            parts.append(expr[start : found.start()])
            start = found.end()
        depth += {"(": 1, ")": -1}.get(found[0], 0)
    parts.append(expr[start:])
    bare = [re.sub(r" (>|<|==) [\d.]+$", "", part.strip()) for part in parts]
    if len(bare) == 1:
        inner = re.fullmatch(r"(?:absent)?\((.*)\)", bare[0])
        return [bare[0]] if inner is None else sides(inner[1])
    return [side for part in bare for side in sides(part)]


def test_sides_splits_conditions() -> None:
    """The metric sides of a condition are found through brackets, thresholds and set operators."""
    assert ["a:b", "c:d", "e"] == sides("(a:b > 0.1 and c:d > 0.1) or (e > 2)")
    assert ["sum by (x) (y)", "z"] == sides("(sum by (x) (y) unless on (x) z) > 0")
    assert ["m"] == sides("absent(m)")
    assert ["time() - max(t)"] == sides("time() - max(t) > 60")


async def start_roles(place: Place) -> list[int]:
    """Start every role with a port for its metrics, and return the ports."""
    ports = {name: free_port() for name in ROLES}
    for name, words in ROLES.items():
        env = {"METRICS_PORT": str(ports[name])} | ({"ADAPTERS": "workers.providers"} if name == "fal" else {})
        place.stack.add(name, "-m", "workers", *words.split(), env=env)
    for name, port in ports.items():
        await place.stack.processes[name].wait_for_status(f"http://127.0.0.1:{port}/healthz")
    return [*place.stack.ports, *ports.values()]


async def wait_scraped(client: PrometheusClient, later_s: float = 2) -> None:
    """Wait until every target was scraped and every rule evaluated, `later_s` from now or later."""
    began, end = time.time(), time.monotonic() + 15
    while True:
        targets = (await client.get("targets", state="active"))["activeTargets"]
        rules = [rule for group in (await client.get("rules"))["groups"] for rule in group["rules"]]
        done = [one["lastScrape"] for one in targets] + [rule["lastEvaluation"] for rule in rules]
        if all(moment(text) > began + later_s for text in done) and {"up"} == {one["health"] for one in targets}:
            return
        assert time.monotonic() < end, [(one["scrapeUrl"], one["lastError"]) for one in targets]
        await asyncio.sleep(0.1)


def moment(text: str) -> float:
    """Return the Unix seconds of an RFC 3339 time with nanoseconds."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return time.mktime(time.strptime(head, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(f"0.{fraction or 0}")


async def check_metrics(session: aiohttp.ClientSession, ports: list[int]) -> None:
    """Check exported metrics with Prometheus' own linter."""
    for port in ports:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            exported = "".join(line for line in (await response.text()).splitlines(True) if "wokflow_" in line)
        lint = [find_program("promtool"), "check", "metrics"]
        done = await asyncio.to_thread(subprocess.run, lint, input=exported, capture_output=True, text=True, timeout=20)
        assert (0, "") == (done.returncode, done.stderr), done.stderr
        assert "wokflow_build_info{" in exported


async def check_counters(client: PrometheusClient, place: Place, caller: Caller) -> None:
    """Check counters of money and outcomes against the ledger and the records."""
    account = await accounts.find(place.store, caller.customer.account)
    found = await generations.list_newest(place.store, caller.customer.account, 100)
    assert account is not None
    [spent] = await client.evaluate("sum(wokflow_money_reserved_usd_total) - sum(wokflow_money_refunded_usd_total)")
    assert account.spent == round(spent * MICROS_PER_USD)
    for counter, count in (
        ("wokflow_generations_accepted_total", len(found)),
        ("wokflow_generations_settled_total", sum(not one.open for one in found)),
        ("wokflow_generations_refunded_total", sum(one.refund_micros > 0 for one in found)),
        ("wokflow_provider_submits_uncertain_total", sum(one.open for one in found)),
        ("wokflow_generations_uncertain", sum(one.open for one in found)),
    ):
        assert [count] == await client.evaluate(f"sum({counter})"), counter


async def test_every_query_of_dashboards_and_alerts_returns_data() -> None:
    """After every kind of event, each panel, recording rule and alert has data and no error."""
    async with (
        Double() as fal,
        Receiver() as well,
        Receiver(Reply(status=410)) as gone,
        deploy(models=MODELS.format(url=fal.url), workers=(), deliver=0, sweep=0) as place,
    ):
        ports = await start_roles(place)
        caller, poor = await place.create_caller(cents=2000), await place.create_caller(cents=1)
        async with run_prometheus(ports) as url:
            client = PrometheusClient(place.session, url)
            await wait_scraped(client, 0)
            for receiver in (well, gone):
                await caller.request("POST", "/api/v1/webhooks", json={"url": receiver.url})
            await generate_load(caller, poor, fal)
            await wait_scraped(client)
            await providers.close_breaker(place.store, "paid", target="paid")
            await generate_load(caller, poor, fal)
            await wait_scraped(client, 3)
            await check_metrics(place.session, ports)
            await check_counters(client, place, caller)
            queries = [*panels(), *conditions()]
            empty = [(name, expr) for name, expr in queries if not await client.evaluate(expr)]
            assert [] == empty
            assert 130 < len(queries)
            rules = [rule for group in (await client.get("rules"))["groups"] for rule in group["rules"]]
            assert [] == [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"]
            firing = (await client.get("alerts"))["alerts"]
            assert {"EndpointDisabled", "RouteBreakerOpen"} <= {alert["labels"]["alertname"] for alert in firing}
            assert [] == [alert for alert in firing if "error" in str(alert["annotations"])]
