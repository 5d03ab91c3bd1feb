"""The deployment that the fuzzer attacks: the doubles, two customers without limits, and guests."""

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
from tests.programs.fuzz.exact import Facts, loosen, narrow
from tests.programs.fuzz.passes import ADMIN, Pass
from tests.suites.e2e.caller import Caller, Place, deploy

CONFIG = Path(__file__).parent / "schemathesis.toml"
PEERS = ("ada", "bob")
USERS = f"""
# Each user also requests the resources of the other one.
[auth.wfc]
path = "users.json"
peers = {json.dumps(PEERS)}
"""
DOCUMENT, LOOSE_DOCUMENT = "openapi.json", "loose.json"
CENTS = 1_000_000_000
UNLIMITED: dict[str, Any] = {"daily_quota": None, "concurrency": 1_000_000, "backlog_max": 1_000_000}
# The fuzzer sends as fast as it can, half of it with wrong keys.
WITHOUT_RATES = dict.fromkeys(("CREATES_PER_S", "READS_PER_S", "OPEN_PER_S", "FAILED_KEYS_PER_S"), "0")
ENV = {"WOKGEN_WAIT_S": "0.3", "PREFER_WAIT_S": "1", "WEBHOOK_ALLOW_NETWORKS": "", "SIGN_UP": "open", **WITHOUT_RATES}
RUN_S = 3600.0
ERROR = re.compile(r'^.*(?:Traceback|"level":"(?:error|critical)").*$', re.MULTILINE)


class Result(Struct, frozen=True):
    """The report of one pass."""

    operations: dict[str, Any]
    test_cases: dict[str, Any]


class Target(Struct, frozen=True):
    """A deployment, and the folder in which the fuzzer works."""

    place: Place
    folder: Path
    key: str
    admin_key: str

    async def fuzz(self, fuzz_pass: Pass, *arguments: str, limit_s: float = RUN_S) -> Result:
        """Run the fuzzer over the deployment's document. Raises AssertionError with all findings."""
        config, report = self.folder / f"{fuzz_pass.name}.toml", self.folder / f"{fuzz_pass.name}.json"
        config.write_text(CONFIG.read_text() + (USERS if fuzz_pass.keyed else ""))
        options = ["--report", "json", "--report-json-path", str(report), "--generation-database", "none", "--no-color"]
        document = DOCUMENT if "coverage" in fuzz_pass.phases else LOOSE_DOCUMENT
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", document]
        env = {"HYPOTHESIS_STORAGE_DIRECTORY": str(ROOT / ".hypothesis")}  # its tables take seconds to build
        command_line = [
            *command,
            "--url",
            self.place.stack.admin_urls[0] if fuzz_pass is ADMIN else self.place.stack.url,
            *options,
            "--phases",
            fuzz_pass.phases,
            *fuzz_pass.arguments,
            *arguments,
        ]
        process = Process(f"fuzz-{fuzz_pass.name}", *command_line, env=env, cwd=self.folder).start()
        code = await process.wait_for_exit(limit_s)
        assert 0 == code, f"the fuzzer exited with {code}:\n{process.output}"
        return msgspec.json.decode(report.read_bytes(), type=Result)

    async def fuzz_admin(self, *arguments: str, limit_s: float = RUN_S) -> Result:
        """Fuzz the admin API as an operator."""
        header = ("--header", f"Authorization: Bearer {self.admin_key}")
        return await self.fuzz(ADMIN, *header, *arguments, limit_s=limit_s)

    async def mangle(self, seed: int, count: int) -> Counter[int]:
        """Send mangled requests. Raises AssertionError for a response that is not allowed."""
        customer = await create_customer(self.place.store, cents=CENTS)  # the fuzzer may have revoked its own keys
        return await mangled.send_mangled(self.place.stack.ports[0], Random(seed), customer.key, count)

    async def check_state(self) -> Report:
        """Check ledgers, processes and logs, and return the ledger report. Raises AssertionError."""
        report = Report()
        await check_ledger(self.place.store, report)
        assert [] == report.findings, report.findings
        for name, process in self.place.stack.processes.items():
            assert process.running, f"{name} exited with {process.child.returncode}:\n{process.output}"
            errors = ERROR.findall(process.log.read_text(errors="replace"))
            assert [] == errors, f"{name} logged:\n{errors[0]}"
        return report


@asynccontextmanager
async def deploy_target() -> AsyncIterator[Target]:
    """Deploy without limits, so that the fuzzer sees every response."""
    async with deploy(workers=("noop", "kinds", "paid"), env=ENV) as place:
        archiver = place.stack.add("archive", "-m", "workers", "archive")
        await archiver.wait_for_log("archiver.started")
        customers = {name: await create_customer(place.store, cents=CENTS) for name in PEERS}
        await accounts.publish_plans(
            place.store, [structs.replace(PLAN, name=name, **UNLIMITED) for name in ("pro", "guest")]
        )
        _, admin_key = await admin_keys.create(place.store, "Grace")
        target = Target(place, make_folder("fuzz"), customers["ada"].key, admin_key)
        await write_document(target.folder, Caller(place, customers["ada"]))
        write_users(target.folder, customers)
        yield target


async def write_document(folder: Path, caller: Caller) -> None:
    """Write the gateway's document, with facts about generations that this function creates."""
    place = caller.place
    generation = await caller.wait_for_end(await caller.create(model="test/image"))
    paid = await caller.create(model="test/paid")
    known = Facts(
        image="data:image/png;base64," + base64.b64encode(a_png()).decode(),
        asset=generation["result_url"].partition("/assets/")[2],
        generation=generation["id"],
        account=caller.customer.account,
        callback=token(await ensure_deployment_secret(place.store), paid),
    )
    document = (await caller.request("GET", "/openapi.json")).body
    admin = (await caller.request("GET", f"{place.stack.admin_urls[0]}/openapi.json")).body
    document["paths"] = admin["paths"] | document["paths"]
    del document["paths"]["/api/v1/events"]  # its response never ends
    for part in ("schemas", "securitySchemes"):
        document["components"][part] |= admin["components"][part]
    narrowed = narrow(document, known)
    (folder / DOCUMENT).write_text(json.dumps(narrowed))
    (folder / LOOSE_DOCUMENT).write_text(json.dumps(loosen(narrowed)))


def write_users(folder: Path, customers: dict[str, Customer]) -> None:
    """Write the customers' keys in the format of Web Fuzzing Commons."""
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {customer.key}"}]}
        for name, customer in customers.items()
    ]
    (folder / "users.json").write_text(json.dumps({"auth": users}))
