"""Every role works with its own user of the store, and none can do more than its work needs."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from deploy import acl
from operate.cli.main import main
from shared.ops.settings import Settings
from shared.store.connect import Store
from tests.harness.factories import create_customer, doubles_env
from tests.harness.processes import Process, free_port, make_folder, socket_answers, store_command

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORDS = {name: f"{name} p@ss/word" for name in (*acl.ROLES, *acl.SERVERS)}
OWNER = "user owner on nopass ~* &* +@all\n"
PROGRAMS = {
    "gateway": ("-m", "gateway"),
    "worker": ("-m", "workers", "run", "noop"),
    "dispatcher": ("-m", "workers", "deliver"),
    "sweeper": ("-m", "workers", "sweep"),
}


COMMANDS = ("top --once", "queue list", "worker list", "audit list", "ledger check", "account list", "doctor")


class Guarded:
    """A server with the shipped users, and a URL for each of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def url(self, user: str) -> str:
        """Return the URL of a user."""
        password = PASSWORDS.get(user, "").replace("@", "%40").replace("/", "%2F").replace(" ", "%20")
        return f"unix://{user}:{password or 'x'}@{self.settings.store_socket}"

    async def read_refusals(self) -> list[str]:
        """Return every refusal of the server: user and command."""
        async with self.redis("owner") as owner:
            return [f"{entry['username']} {entry['reason']} {entry['object']}" for entry in await owner.acl_log()]

    def redis(self, user: str) -> "Redis":
        """Return a client of a user."""
        return Redis.from_url(self.url(user), decode_responses=True, lib_name=None, lib_version=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded() -> AsyncIterator[Guarded]:
    """Start a server with the shipped users and one who may do anything."""
    settings = Settings(data_dir=str(make_folder("data")))
    users = Path(settings.data_dir) / "users.acl"
    users.write_text(acl.with_passwords(acl.FILE.read_text(), PASSWORDS) + OWNER)
    process = Process("server", *store_command(settings), "--aclfile", str(users)).start()
    await process.wait_until(lambda: socket_answers(settings.store_socket), "answer")
    place = Guarded(settings)
    yield place
    process.kill()


async def test_every_role_works_with_its_own_user(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order is accepted, run, settled and delivered, with no command refused to the process of any role."""
    port, folder = free_port(), make_folder("run")
    env = {
        **doubles_env(folder),
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "LEDGER_CHECK_S": "1",
        "METRICS_PORT": "0",
        "DRAIN_S": "1",
        "LOG_FORMAT": "json",
    }
    processes = [
        Process(role, sys.executable, *words, env={**env, "REDIS_URL": guarded.url(role)}).start()
        for role, words in PROGRAMS.items()
    ]
    await processes[0].wait_for_status(f"http://127.0.0.1:{port}/readyz")
    async with Store(guarded.url("operator")) as store:
        customer = await create_customer(store)
    url = f"http://127.0.0.1:{port}/api/v1"
    headers = {"Authorization": f"Bearer {customer.key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        hook = {"url": "https://127.0.0.1:9/hook"}
        async with session.post(f"{url}/webhooks", json=hook) as response:
            assert response.status in (201, 400)
        wait = {"Prefer": "wait=20"}
        body = {"model": "test/noop", "prompt": "p"}
        async with session.post(f"{url}/generations", json=body, headers=wait) as response:
            assert (201, "completed") == (response.status, (await response.json())["status"])
        for path in ("models", "generations", "transactions", "balance", "webhooks", "keys"):
            async with session.get(f"{url}/{path}") as response:
                assert 200 == response.status, path
    await processes[3].wait_for_log("ledger.checked")
    for name, value in {**env, "REDIS_URL": guarded.url("operator")}.items():
        monkeypatch.setenv(name, value)
    for command in (*COMMANDS, f"store backup {folder}/backup"):
        assert 0 == await asyncio.to_thread(main, command.split()), command
    assert [] == await guarded.read_refusals()
    for process in processes:
        assert 0 == await process.stop(), process.output
    assert [] == await guarded.read_refusals()


FORBIDDEN: dict[str, list[tuple[str, ...]]] = {
    "everybody": [
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("KEYS", "*"),
        ("SHUTDOWN", "NOSAVE"),
        ("ACL", "LIST"),
        ("ACL", "SETUSER", "x"),
        ("MONITOR",),
        ("REPLICAOF", "NO", "ONE"),
        ("MODULE", "LIST"),
        ("FUNCTION", "FLUSH"),
        ("GET", "other:key"),
        ("SET", "other:key", "1"),
        ("PUBLISH", "other", "1"),
    ],
    "gateway": [("CONFIG", "SET", "appendonly", "no"), ("BLPOP", "gw:x", "1")],
    "worker": [
        ("CONFIG", "SET", "appendonly", "no"),
        ("SCAN", "0"),
        ("XREADGROUP", "GROUP", "a", "a", "STREAMS", "gw:records", ">"),
    ],
    "dispatcher": [("CONFIG", "SET", "appendonly", "no"), ("SCAN", "0")],
    "sweeper": [("CONFIG", "SET", "appendonly", "no"), ("BLPOP", "gw:x", "1")],
    "operator": [("BLPOP", "gw:x", "1")],
}


@pytest.mark.parametrize("role", acl.ROLES)
async def test_user_can_do_no_more_than_its_work(guarded: Guarded, role: str) -> None:
    """No role can empty the store, leave its keys or read all of them, and only the operator changes a setting."""
    async with guarded.redis(role) as client:
        for command in (*FORBIDDEN["everybody"], *FORBIDDEN[role]):
            with pytest.raises(NoPermissionError):
                await client.execute_command(*command)  # type: ignore[no-untyped-call]
        with pytest.raises(ResponseError, match="permission"):
            await client.eval("return redis.call('GET', 'other:key')", 0)  # type: ignore[misc]
    async with guarded.redis("owner") as owner:
        await owner.acl_log_reset()


async def test_client_without_a_password_may_only_ping(guarded: Guarded) -> None:
    """Health checks need no password, and get nothing else."""
    async with Redis(unix_socket_path=guarded.settings.store_socket) as client:
        assert await client.ping()
        with pytest.raises(NoPermissionError):
            await client.get("gw:schema")
    async with guarded.redis("owner") as owner:
        await owner.acl_log_reset()


async def test_users_are_fresh() -> None:
    """The files are those that `python -m deploy.acl` writes; a new command in the code needs it to run again."""
    assert [] == [str(path) for path, text in acl.render_files().items() if path.read_text() != text]


async def test_dangerous_commands_are_never_taken_from_the_code() -> None:
    """A command that could empty, reveal or reconfigure the store would have to be allowed on purpose."""
    dangerous = {"flushall", "flushdb", "keys", "shutdown", "debug", "monitor", "replicaof", "swapdb", "migrate"}
    for role in acl.ROLES:
        assert not dangerous & set(acl.commands_of(role))
        assert not [name for name in acl.commands_of(role) if name.startswith(("acl", "module", "function", "cluster"))]
