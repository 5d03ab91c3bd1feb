"""Links lead where the client can follow them, whatever address the gateway listens on."""

import re
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from gateway.addresses import ADDRESSES_MAX
from shared.domain.generation import COMPLETED, Outcome, Output
from shared.store import ledger
from shared.store.connect import Store
from tests.harness.factories import create_customer, make_order
from tests.harness.processes import Process, Stack, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack() -> AsyncIterator[Stack]:
    """Start a gateway on every IPv4 address, without PUBLIC_URL."""
    async with Stack(workers=(), deliver=1, sweep=0, env={"HOST": "0.0.0.0", "PUBLIC_URL": ""}) as stack:
        yield stack


async def test_result_links_lead_where_the_client_connected(stack: Stack) -> None:
    """A client on another machine gets links to the address that it used itself."""
    async with Store(stack.settings.store_url) as store:
        customer = await create_customer(store)
        generation = await ledger.accept(store, make_order(customer))
        output = Output(place="2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png", media_type="image/png", size_bytes=9)
        await ledger.settle(store, generation.id, COMPLETED, cost_micros=0, outcome=Outcome(outputs=(output,)))
    headers = {"Authorization": f"Bearer {customer.key}", "Host": "192.168.1.5:9999"}
    path = f"/api/v1/generations?id={generation.id}"
    async with aiohttp.ClientSession(stack.url, headers=headers) as session, session.get(path) as response:
        assert f"http://192.168.1.5:9999/assets/{output.place}" == (await response.json())["result_url"]


async def test_documents_name_the_address_that_was_used(stack: Stack) -> None:
    """The OpenAPI document and the SDK lead back to where they came from; the number of variants is bounded."""
    port = stack.ports[0]
    hosts = [f"localhost:{port}", *(f"h{number}.example" for number in range(ADDRESSES_MAX + 3))]
    async with aiohttp.ClientSession(stack.url) as session:
        for path in ("/openapi.json", "/sdk/wokgen.ts"):
            texts = []
            for host in hosts:
                async with session.get(path, headers={"Host": host}) as response:
                    texts.append(await response.text())
            assert f"http://localhost:{port}/" in texts[0].replace(f'localhost:{port}"', f"localhost:{port}/")
            assert f"http://127.0.0.1:{port}" in texts[-1]
            assert "h0.example" in texts[1]


async def test_sdk_names_the_gateway_that_served_it(stack: Stack) -> None:
    """A key that a client gives to a downloaded SDK goes to this gateway, and nowhere else."""
    async with aiohttp.ClientSession(stack.url) as session, session.get("/sdk/wokgen.ts") as response:
        text = await response.text()
    assert f'const BASE_URL_DEFAULT: string = "{stack.url}/api";' in text
    assert "wokspec.org" not in text


async def test_webhooks_without_an_address_are_warned_about(stack: Stack) -> None:
    """Nobody sends a Host header to the dispatcher, so both processes log a warning that names the setting."""
    for name in ("gateway", "deliver"):
        await stack.processes[name].wait_for_log("public_url.missing")
        assert "set PUBLIC_URL" in stack.processes[name].output


async def test_gateway_on_ipv6_is_healthy_and_links_in_brackets(stack: Stack) -> None:
    """HOST=::1 serves, and its health check finds it."""
    env = {**stack.env, "HOST": "::1", "PORT": str(free_port())}
    gateway = Process("gateway-ipv6", sys.executable, "-m", "gateway", env=env).start()
    url = f"http://[::1]:{env['PORT']}"
    await gateway.wait_for_status(f"{url}/readyz")
    healthy = Process("healthy", sys.executable, "-m", "deploy.healthy", env=env).start()
    async with aiohttp.ClientSession(url) as session, session.get("/openapi.json") as response:
        assert [{"url": url}] == (await response.json())["servers"]
    assert 0 == await healthy.wait_for_exit()
    gateway.kill()


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_person_in_a_browser_gets_a_page_whose_links_work(stack: Stack) -> None:
    """The root and an address that leads nowhere answer a page; each of its links and parts exists."""
    async with aiohttp.ClientSession(stack.url) as session:
        for path, status in (("/", 200), ("/nothing/here", 404), ("/assets/2026/05/08/gone.png", 404)):
            async with session.get(path, headers=BROWSER) as response:
                page = await response.text()
                assert (status, "text/html") == (response.status, response.content_type)
                assert "default-src 'self'" in response.headers["Content-Security-Policy"]
                assert "X-Request-Id" in response.headers
            links = set(re.findall(r'(?:href|src)="(/[^"]*)"', page))
            assert {"/", "/docs", "/account/api-keys", "/account/webhooks", "/pages/docs.css"} <= links
            for link in links:
                async with session.get(link) as response:
                    assert 200 == response.status, link
        async with session.get("/") as response:
            page = await response.text()
        assert re.search(r"<td><code>[^<]+</code></td><td>[^<]*[$]", page)


async def test_program_gets_json_for_an_unknown_address(stack: Stack) -> None:
    """A client that does not accept HTML, and any call of the API, get the documented error."""
    async with aiohttp.ClientSession(stack.url) as session:
        for path, headers in (("/nothing", {}), ("/nothing", {"Accept": "*/*"}), ("/api/v1/nothing", BROWSER)):
            async with session.get(path, headers=headers) as response:
                assert (404, "application/json") == (response.status, response.content_type)
        async with session.post("/nothing", headers=BROWSER) as response:
            assert "application/json" == response.content_type
