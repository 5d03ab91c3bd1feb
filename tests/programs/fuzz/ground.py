"""What the fuzzer is let loose on: a deployment with the doubles, two customers without limits, and guests."""

import base64
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec import Struct, structs

from shared.domain.callback_token import token
from shared.ops.settings import ROOT
from shared.store import accounts, admin_keys
from shared.store.check import check_ledger
from shared.store.findings import Report
from shared.store.secret import ensure_deployment_secret
from tests.harness.doubles.provider import a_png
from tests.harness.factories import PLAN, Customer, create_customer
from tests.harness.processes import Process, make_folder
from tests.programs.fuzz import mangled
from tests.programs.fuzz.exact import Facts, exact
from tests.programs.fuzz.passes import ADMIN, Pass
from tests.suites.e2e.caller import Caller, Place, deploy

CONFIG = Path(__file__).parent / "schemathesis.toml"
PEERS = ("ada", "bob")
USERS = f"""
# Each is asked for what the other one made, too.
[auth.wfc]
path = "users.json"
peers = {json.dumps(PEERS)}
"""
DOCUMENT = "openapi.json"
RICH_CENTS = 1_000_000_000
UNLIMITED: dict[str, Any] = {"daily_quota": None, "concurrency": 1_000_000, "backlog_max": 1_000_000}
ENV = {"WOKGEN_WAIT_S": "0.3", "WEBHOOK_ALLOW_PRIVATE": "false"}
RUN_S = 3600.0
FAULT = re.compile(r'^.*(?:Traceback|"level":"(?:error|critical)").*$', re.MULTILINE)


class Result(Struct, frozen=True):
    """What a run says of itself."""

    operations: dict[str, Any]
    test_cases: dict[str, Any]


class Ground(Struct, frozen=True):
    """A deployment, and the folder in which the fuzzer works."""

    place: Place
    folder: Path
    key: str
    admin_key: str

    async def fuzz(self, wanted: Pass, *arguments: str, limit_s: float = RUN_S) -> Result:
        """Run the fuzzer over the deployment's document. Fails with all that it found."""
        config, report = self.folder / f"{wanted.name}.toml", self.folder / f"{wanted.name}.json"
        config.write_text(CONFIG.read_text() + (USERS if wanted.keyed else ""))
        options = ["--report", "json", "--report-json-path", str(report), "--generation-database", "none", "--no-color"]
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", DOCUMENT]
        env = {"HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis")}  # its tables take seconds to make
        words = [
            *command,
            "--url",
            self.place.stack.url,
            *options,
            "--phases",
            wanted.phases,
            *wanted.arguments,
            *arguments,
        ]
        process = Process(f"fuzz-{wanted.name}", *words, env=env, cwd=self.folder).start()
        code = await process.wait_for_exit(limit_s)
        assert 0 == code, f"the fuzzer ended with {code}:\n{process.output}"
        return msgspec.json.decode(report.read_bytes(), type=Result)

    async def fuzz_admin(self, *arguments: str, limit_s: float = RUN_S) -> Result:
        """The admin API, as an operator."""
        header = ("--header", f"Authorization: Bearer {self.admin_key}")
        return await self.fuzz(ADMIN, *header, *arguments, limit_s=limit_s)

    async def mangle(self, seed: int, count: int) -> Counter[int]:
        """Send what is nearly HTTP. Fails at an answer that should not be."""
        return await mangled.send(self.place.stack.ports[0], Random(seed), self.key, count)

    async def proven(self) -> Report:
        """Fails unless the books balance, every process lives and none of them wrote a trace; what the books hold."""
        report = Report()
        await check_ledger(self.place.store, report)
        assert [] == report.findings, report.findings
        for name, process in self.place.stack.processes.items():
            assert process.running, f"{name} ended with {process.child.returncode}:\n{process.output}"
            found = FAULT.findall(process.log.read_text(errors="replace"))
            assert [] == found, f"{name} wrote:\n{found[0]}"
        return report


@asynccontextmanager
async def a_ground() -> AsyncIterator[Ground]:
    """A deployment on which nothing but a mistake stands in the fuzzer's way."""
    async with deploy(workers=("noop", "kinds", "paid"), env=ENV) as place:
        customers = {name: await create_customer(place.store, cents=RICH_CENTS) for name in PEERS}
        await accounts.publish_plans(
            place.store, [structs.replace(PLAN, name=name, **UNLIMITED) for name in ("pro", "guest")]
        )
        _, admin_key = await admin_keys.create(place.store, "Grace")
        ground = Ground(place, make_folder("fuzz"), customers["ada"].key, admin_key)
        await write_document(ground.folder, Caller(place, customers["ada"]))
        write_users(ground.folder, customers)
        yield ground


async def write_document(folder: Path, caller: Caller) -> None:
    """The gateway's document, with what cannot be guessed in it; that is made here."""
    place = caller.place
    made = await caller.wait_for_end(await caller.create(model="test/image"))
    paid = await caller.create(model="test/paid")
    known = Facts(
        picture="data:image/png;base64," + base64.b64encode(a_png()).decode(),
        asset=made["result_url"].partition("/assets/")[2],
        generation=made["id"],
        account=caller.customer.account,
        callback=token(await ensure_deployment_secret(place.store), paid),
    )
    document = (await caller.request("GET", "/openapi.json")).body
    (folder / DOCUMENT).write_text(json.dumps(exact(document, known)))


def write_users(folder: Path, customers: dict[str, Customer]) -> None:
    """The customers' keys in the format of Web Fuzzing Commons."""
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {customer.key}"}]}
        for name, customer in customers.items()
    ]
    (folder / "users.json").write_text(json.dumps({"auth": users}))
