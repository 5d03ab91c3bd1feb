"""The deployment of a run: every process has a wrong clock, and a proxy to the store that can fall silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from shared.store.connect import Store
from tests.harness.postgres import Postgres
from tests.harness.processes import Stack, free_port, make_folder, shift_clock
from tests.harness.proxy import Proxy
from tests.programs.chaos.plan import DATABASE, WOKGEN_WAIT_S, Plan

CATALOGUE = Path(__file__).parent / "catalogue.toml"
ROLES = ("run paid", "run paid", "run kinds", "run kinds", "run odd", "deliver", "sweep", "archive")


class Deployment(Struct, frozen=True):
    """A stack with its store, and the proxy of each process by its name."""

    stack: Stack
    store: Store
    proxies: dict[str, Proxy]
    records_url: str


@asynccontextmanager
async def deploy(plan: Plan, paid_url: str, database: Postgres | None) -> AsyncIterator[Deployment]:
    """Start the store, two gateways, and workers, dispatcher, sweeper and archiver. Without a `database`: SQLite."""
    path = make_folder("chaos") / "catalogue.toml"
    path.write_text(CATALOGUE.read_text().replace("PAID_URL", paid_url))
    env = {
        "CATALOGUE": str(path),
        "ADAPTERS": "tests.harness.doubles.adapters",
        "WOKGEN_WAIT_S": str(WOKGEN_WAIT_S),
    }
    stack = Stack(gateways=0, workers=(), deliver=0, sweep=0, env=env)
    stack.urls.append(f"http://127.0.0.1:{free_port()}")
    stack.env["CALLBACK_URL"] = stack.urls[-1]
    stack.env["DATABASE_URL"] = database.url if database else f"sqlite:///{stack.data_dir}/records.db"
    async with AsyncExitStack() as held:
        await held.enter_async_context(stack)
        store = await held.enter_async_context(Store(stack.settings.store_url, name="chaos"))
        dial = partial(asyncio.open_unix_connection, stack.settings.store_socket)
        proxies: dict[str, Proxy] = {}

        async def add(base: str, *arguments: str, **env: str) -> None:
            proxy = await held.enter_async_context(Proxy(dial))
            name = f"{base}-2" if base in proxies else base
            shift = shift_clock(plan.shifts_s[name])
            stack.add(base, *arguments, env={"REDIS_URL": f"redis://127.0.0.1:{proxy.port}", **shift, **env})
            proxies[name] = proxy

        for url in stack.urls:
            await add("gateway", "-m", "gateway", PORT=url.rpartition(":")[2])
        for words in ROLES:
            await add(words.replace(" ", "-"), "-m", "workers", *words.split())
        if database:
            stack.processes[DATABASE] = database.process
        await stack.wait_until_ready()
        yield Deployment(stack, store, proxies, stack.env["DATABASE_URL"])
