"""The documented samples, copied from the contract and run with only the host and the key replaced."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.ops.settings import Settings
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = "https://wowflow.space"
SHIPPED = {"CATALOGUE": Settings().catalogue, "ADAPTERS": Settings().adapters}
LIMIT_S = 40.0

CURL_MODELS = r"""
curl https://wowflow.space/api/v1/models \
  -H "Authorization: Bearer $WOWFLOW_KEY"
"""
CURL_CREATE = r"""
curl -X POST https://wowflow.space/api/v1/generations \
  -H "Authorization: Bearer $WOWFLOW_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model":  "google/nano-banana-2-pro-1k",
    "prompt": "a misty forest at dawn, soft light, cinematic"
  }'
"""
CURL_POLL = r"""
curl "https://wowflow.space/api/v1/generations?id=$ID" \
  -H "Authorization: Bearer $WOWFLOW_KEY"
"""
PYTHON_MODELS = """
import os, requests

r = requests.get(
    "https://wowflow.space/api/v1/models",
    headers={"Authorization": f"Bearer {os.environ['WOWFLOW_KEY']}"},
)
print(r.json())
"""
PYTHON_CREATE = """
import os, requests

r = requests.post(
    "https://wowflow.space/api/v1/generations",
    headers={
        "Authorization": f"Bearer {os.environ['WOWFLOW_KEY']}",
        "Content-Type": "application/json",
    },
    json={
        "model":  "google/nano-banana-2-pro-1k",
        "prompt": "a misty forest at dawn, soft light, cinematic",
    },
)
gen = r.json()
print(gen["id"], gen["status"])
"""
PYTHON_POLL = """
import time, os, requests

def wait_for(gen_id, timeout=300):
    headers = {"Authorization": f"Bearer {os.environ['WOWFLOW_KEY']}"}
    deadline = time.time() + timeout
    while time.time() < deadline:
        r = requests.get(
            f"https://wowflow.space/api/v1/generations?id={gen_id}",
            headers=headers,
        ).json()
        if r["status"] == "completed":
            return r["result_url"]
        if r["status"] == "failed":
            raise Exception(r.get("error") or "failed")
        time.sleep(3)
    raise TimeoutError("Generation timed out")
"""
JAVASCRIPT_MODELS = """
const r = await fetch("https://wowflow.space/api/v1/models", {
  headers: { Authorization: `Bearer ${process.env.WOWFLOW_KEY}` },
});
console.log(await r.json());
"""
JAVASCRIPT_CREATE = """
const r = await fetch("https://wowflow.space/api/v1/generations", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.WOWFLOW_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model:  "google/nano-banana-2-pro-1k",
    prompt: "a misty forest at dawn, soft light, cinematic",
  }),
});
const gen = await r.json();
console.log(gen.id, gen.status);
"""
JAVASCRIPT_POLL = """
async function waitFor(id, timeoutMs = 300_000) {
  const headers = { Authorization: `Bearer ${process.env.WOWFLOW_KEY}` };
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const r = await fetch(
      `https://wowflow.space/api/v1/generations?id=${id}`,
      { headers }
    ).then(x => x.json());
    if (r.status === "completed") return r.result_url;
    if (r.status === "failed")    throw new Error(r.error || "failed");
    await new Promise(r => setTimeout(r, 3000));
  }
  throw new Error("Generation timed out");
}
"""
SHELL = ("bash", "-c")
PYTHON = (sys.executable, "-c")
NODE = ("node", "--input-type=module", "--eval")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Deploy as shipped."""
    async with deploy(workers=("local",), env=SHIPPED, deliver=0) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def caller(place: Place) -> Caller:
    """Create a customer with a dollar."""
    return await place.create_caller(cents=100)


async def run_sample(caller: Caller, command: tuple[str, ...], sample: str, **env: str) -> str:
    """Run a sample against our host and return its output. Raises AssertionError if it fails."""
    assert shutil.which(command[0]), f"the documented samples need {command[0]}"
    assert HOST in sample
    variables = {"PATH": os.environ["PATH"], "WOWFLOW_KEY": caller.customer.key, **env}
    process = await asyncio.create_subprocess_exec(
        *command,
        sample.replace(HOST, caller.place.stack.url),
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        output, errors = await process.communicate()
    assert 0 == process.returncode, errors.decode()
    return output.decode()


@pytest.mark.parametrize(
    ("command", "sample"),
    [(SHELL, CURL_MODELS), (PYTHON, PYTHON_MODELS), (NODE, JAVASCRIPT_MODELS)],
    ids=["curl", "python", "javascript"],
)
async def test_samples_list_the_models(caller: Caller, command: tuple[str, ...], sample: str) -> None:
    """The sample that lists the models prints the documented one."""
    assert "google/nano-banana-2-pro-1k" in await run_sample(caller, command, sample)


async def create_with_curl(caller: Caller) -> str:
    """Create and poll with curl, and return the URL of the result."""
    created = json.loads(await run_sample(caller, SHELL, CURL_CREATE))
    assert ("processing", 11) == (created["status"], created["cost_cents"])
    end = time.monotonic() + LIMIT_S
    while (polled := json.loads(await run_sample(caller, SHELL, CURL_POLL, ID=created["id"])))[
        "status"
    ] == "processing":
        assert time.monotonic() < end
        await asyncio.sleep(0.5)
    assert "completed" == polled["status"]
    return str(polled["result_url"])


async def create_with_script(caller: Caller, command: tuple[str, ...], script: str) -> str:
    """Run a sample that creates and polls, and return the URL that it prints last."""
    first, last = (await run_sample(caller, command, script)).splitlines()
    assert "processing" == first.split()[1]
    return last


async def test_samples_reach_their_result(caller: Caller) -> None:
    """The samples in curl, Python and JavaScript end with the URL of an image, each charged once."""
    urls = await asyncio.gather(
        create_with_curl(caller),
        create_with_script(caller, PYTHON, PYTHON_CREATE + PYTHON_POLL + '\nprint(wait_for(gen["id"]))'),
        create_with_script(caller, NODE, JAVASCRIPT_CREATE + JAVASCRIPT_POLL + "\nconsole.log(await waitFor(gen.id));"),
    )
    assert 3 == len(set(urls))
    for url in urls:
        output = await caller.request("GET", url, headers={"Authorization": ""})
        assert (200, "image/png") == (output.status, output.headers["Content-Type"])
    assert 100 - 3 * 11 == await caller.check_balance()


async def test_samples_raise_the_text_of_a_failure(caller: Caller) -> None:
    """The polling samples raise the text of a failure, because `error` of a generation is a string."""
    refused = json.dumps(await caller.create("a boat", "local/refuse"))
    await caller.wait_for_end(json.loads(refused))
    python = PYTHON_POLL + f"\ntry:\n    wait_for({refused})\nexcept Exception as error:\n    print(str(error))"
    node = JAVASCRIPT_POLL + f"\nawait waitFor({refused}).catch((error) => console.log(error.message));"
    messages = {(await run_sample(caller, PYTHON, python)).strip(), (await run_sample(caller, NODE, node)).strip()}
    assert 1 == len(messages)
    assert "refuse" in messages.pop()
