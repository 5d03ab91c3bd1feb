"""A real Prometheus looks at a real deployment: every question that our dashboards and alerts ask has an answer."""

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
from tests.harness.doubles.double import Say
from tests.harness.doubles.fal import Double
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.processes import Process, free_port, make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

RULES = ROOT / "deploy" / "prometheus"
ROLES = {"noop": "run noop", "paid": "run paid", "fal": "run fal", "deliver": "deliver", "sweep": "sweep"}
MODELS = """
[providers.fal]
base_url = "{url}"

[[models]]
id = "test/fal"
name = "Fal"
kind = "image"
price_cents = 10
routes = [{{ provider = "fal", model = "fal-ai/flux/dev" }}]

[[models]]
id = "test/either"
name = "Either"
kind = "image"
price_cents = 10
routes = [{{ provider = "paid", model = "paid" }}, {{ provider = "noop", model = "noop" }}]
"""
SETTINGS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/slo.yml", "{rules}/alerts.yml"]
scrape_configs: [{{job_name: wokflow, static_configs: [{{targets: [{targets}]}}]}}]
"""


class Asker:
    """Prometheus' HTTP API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def get(self, path: str, **params: str) -> Any:
        """What it answers to a question that it understands."""
        async with self.session.get(f"{self.url}/api/v1/{path}", params=params) as response:
            told = await response.json()
            assert "success" == told["status"], (params, told)
            return told["data"]

    async def figures(self, expr: str) -> list[float]:
        """The values of an expression at this moment, without those that are no number."""
        found = (await self.get("query", query=expr))["result"]
        values = [float(one["value"][1]) for one in found]
        return [value for value in values if not math.isnan(value)]


def installed(name: str) -> str:
    """A program of Debian's prometheus."""
    path = shutil.which(name)
    assert path is not None, f"{name} is missing: apt-get install prometheus"
    return path


@asynccontextmanager
async def prometheus(targets: Iterable[int]) -> AsyncIterator[str]:
    """A Prometheus that scrapes these ports each second, with our rules; its URL."""
    folder, port = make_folder("prometheus"), free_port()
    names = ", ".join(f'"127.0.0.1:{target}"' for target in targets)
    (folder / "prometheus.yml").write_text(SETTINGS.format(rules=RULES, targets=names))
    process = Process(
        "prometheus",
        installed("prometheus"),
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


async def load(caller: Caller, poor: Caller, fal: Double) -> None:
    """Every kind of fact: orders that go well, are refused, repeated, put off, lost, fail, and are handed on."""
    fal.troubles["submit"].append(Say(429, {}, {"Retry-After": "0.1"}))
    made = [await caller.create(f"boat {number}", "test/noop") for number in range(3)]
    made += [await caller.create("a boat", "test/fal") for _ in range(2)]
    for _ in range(2):
        await caller.submit("again", "test/noop", idempotency_key="k")
    for words in ("a boat", "refuse", "fail", "busy"):
        made.append(await caller.create(words, "test/paid"))
    await caller.submit("hangup-after", "test/paid")
    await poor.submit("too dear", "test/noop")
    await caller.submit("a boat", "test/nothing")
    await caller.request("GET", "/api/jobs")
    for name in made:
        await caller.wait_for_end(name)
    await caller.wait_for_end(await caller.create("down", "test/either"))


def panels() -> Iterator[tuple[str, str]]:
    """Dashboard and title of each panel with its expressions, the variables filled in."""
    for path in sorted((ROOT / "deploy" / "grafana").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expr = target["expr"].replace("$__rate_interval", "1m").replace("$provider", ".*")
                yield f"{path.stem}: {panel['title']}", expr


def conditions() -> Iterator[tuple[str, str]]:
    """Name and metric side of each alert: what is compared, without the threshold."""
    for name in ("slo.yml", "alerts.yml"):
        for group in yaml.safe_load((RULES / name).read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    yield rule["record"], rule["record"]
                    continue
                for side in sides(rule["expr"]):
                    yield rule["alert"], side


def sides(expr: str) -> list[str]:
    """The parts of a condition that are compared with a number, or with each other's labels."""
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


def test_conditions_are_taken_apart() -> None:
    """The metric sides of a condition are found through brackets, thresholds and set operators."""
    assert ["a:b", "c:d", "e"] == sides("(a:b > 0.1 and c:d > 0.1) or (e > 2)")
    assert ["sum by (x) (y)", "z"] == sides("(sum by (x) (y) unless on (x) z) > 0")
    assert ["m"] == sides("absent(m)")
    assert ["time() - max(t)"] == sides("time() - max(t) > 60")


async def a_deployment(place: Place) -> list[int]:
    """Start every role with a port for its metrics; the ports."""
    ports = {name: free_port() for name in ROLES}
    for name, words in ROLES.items():
        env = {"METRICS_PORT": str(ports[name])} | ({"ADAPTERS": "workers.providers"} if name == "fal" else {})
        place.stack.add(name, "-m", "workers", *words.split(), env=env)
    for name, port in ports.items():
        await place.stack.processes[name].wait_for_status(f"http://127.0.0.1:{port}/healthz")
    return [*place.stack.ports, *ports.values()]


async def scraped(asker: Asker, later_s: float = 2) -> None:
    """Wait until everything was scraped and every rule evaluated, so many seconds from now or later."""
    began, end = time.time(), time.monotonic() + 15
    while True:
        targets = (await asker.get("targets", state="active"))["activeTargets"]
        rules = [rule for group in (await asker.get("rules"))["groups"] for rule in group["rules"]]
        done = [one["lastScrape"] for one in targets] + [rule["lastEvaluation"] for rule in rules]
        if all(moment(text) > began + later_s for text in done) and {"up"} == {one["health"] for one in targets}:
            return
        assert time.monotonic() < end, [(one["scrapeUrl"], one["lastError"]) for one in targets]
        await asyncio.sleep(0.1)


def moment(text: str) -> float:
    """Unix seconds of an RFC 3339 time with nanoseconds."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    return time.mktime(time.strptime(head, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(f"0.{fraction or 0}")


async def legible(session: aiohttp.ClientSession, ports: list[int]) -> None:
    """Prometheus' own linter finds nothing unusual in what the processes export."""
    for port in ports:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            told = "".join(line for line in (await response.text()).splitlines(True) if "wokflow_" in line)
        lint = [installed("promtool"), "check", "metrics"]
        done = await asyncio.to_thread(subprocess.run, lint, input=told, capture_output=True, text=True, timeout=20)
        assert (0, "") == (done.returncode, done.stderr), done.stderr
        assert "wokflow_build_info{" in told


async def agree(asker: Asker, place: Place, caller: Caller) -> None:
    """The counters say of money and ends what the ledger and the records say."""
    account = await accounts.find(place.store, caller.customer.account)
    made = await generations.list_newest(place.store, caller.customer.account, 100)
    assert account is not None
    [kept] = await asker.figures("sum(wokflow_money_reserved_usd_total) - sum(wokflow_money_refunded_usd_total)")
    assert account.spent == round(kept * MICROS_PER_USD)
    for counter, count in (
        ("wokflow_generations_accepted_total", len(made)),
        ("wokflow_generations_settled_total", sum(not one.open for one in made)),
        ("wokflow_generations_refunded_total", sum(one.refund_micros > 0 for one in made)),
        ("wokflow_provider_submits_uncertain_total", sum(one.open for one in made)),
        ("wokflow_generations_uncertain", sum(one.open for one in made)),
    ):
        assert [count] == await asker.figures(f"sum({counter})"), counter


async def test_every_question_has_an_answer() -> None:
    """After every kind of fact has happened, each panel, recording rule and alert of ours has data and no error."""
    async with (
        Double() as fal,
        Receiver() as well,
        Receiver(Reply(status=410)) as gone,
        deploy(models=MODELS.format(url=fal.url), workers=(), deliver=0, sweep=0) as place,
    ):
        ports = await a_deployment(place)
        caller, poor = await place.create_caller(cents=2000), await place.create_caller(cents=1)
        async with prometheus(ports) as url:
            asker = Asker(place.session, url)
            await scraped(asker, 0)
            for receiver in (well, gone):
                await caller.request("POST", "/api/v1/webhooks", json={"url": receiver.url})
            await load(caller, poor, fal)
            await scraped(asker)
            await providers.close_breaker(place.store, "paid")
            await load(caller, poor, fal)
            await scraped(asker, 3)
            await legible(place.session, ports)
            await agree(asker, place, caller)
            questions = [*panels(), *conditions()]
            empty = [(name, expr) for name, expr in questions if not await asker.figures(expr)]
            assert [] == empty
            assert 130 < len(questions)
            rules = [rule for group in (await asker.get("rules"))["groups"] for rule in group["rules"]]
            assert [] == [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"]
            firing = (await asker.get("alerts"))["alerts"]
            assert {"EndpointDisabled", "BreakerOpen"} <= {alert["labels"]["alertname"] for alert in firing}
            assert [] == [alert for alert in firing if "error" in str(alert["annotations"])]
