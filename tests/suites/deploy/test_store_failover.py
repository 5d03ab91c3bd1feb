"""The store of compose.yaml, with its own scripts and users: a primary, a replica and a Sentinel with passwords."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
import yaml
from arq.connections import ArqRedis
from redis import Redis
from redis.exceptions import RedisError

from deploy import acl
from deploy.workers import FOLDER
from shared.ops.settings import Settings
from shared.store.connect import Store
from shared.store.queue import arq_pool
from tests.harness.factories import create_customer
from tests.harness.processes import Process, free_port, make_folder, store_command

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORDS = {f"STORE_PASSWORD_{name.upper()}": f"{name}-0123456789" for name in (*acl.ROLES, *acl.SERVERS)}
SENTINEL_COMMAND = str(yaml.safe_load((FOLDER / "compose.yaml").read_text())["x-sentinel"]["command"][2]).rstrip()
SENTINEL = PASSWORDS["STORE_PASSWORD_SENTINEL"]


class Place:
    """Ports of the servers, and the URL of a role."""

    def __init__(self) -> None:
        self.servers, self.sentinel = (free_port(), free_port()), free_port()
        self.binary = store_command(Settings(data_dir=str(make_folder("binary"))))[0]

    def url(self, user: str) -> str:
        """Return REDIS_URL as compose.yaml writes it."""
        password = PASSWORDS[f"STORE_PASSWORD_{user.upper()}"]
        at = f"127.0.0.1:{self.sentinel}/wokflow?sentinel_password={SENTINEL}"
        return f"redis+sentinel://{user}:{password}@{at}"

    def start_server(self, number: int, *options: str) -> Process:
        """Start a server through start-store.sh."""
        folder = make_folder(f"server{number}")
        script = ["sh", str(acl.SCRIPT), str(acl.FILE), str(folder / "users.acl")]
        settings = ["--port", str(self.servers[number]), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        quick = ["--repl-diskless-sync-delay", "0", *options]
        return Process(f"server{number}", *script, self.binary, *settings, *quick, env=PASSWORDS).start()

    def start_sentinel(self) -> Process:
        """Start a Sentinel with the command of compose.yaml, for our paths, port and quorum."""
        folder = make_folder("sentinel")
        rules = (FOLDER / "compose" / "sentinel.conf").read_text().replace("port 26379", f"port {self.sentinel}")
        rules = rules.replace("valkey-1 6379 2", f"127.0.0.1 {self.servers[0]} 1").replace("dir /tmp", f"dir {folder}")
        (folder / "shipped.conf").write_text(rules)
        command = SENTINEL_COMMAND.replace("$$", "$").replace("/tmp/", f"{folder}/")
        command = command.replace("/etc/sentinel.conf", f"{folder}/shipped.conf")
        command = command.replace("exec valkey-sentinel ", f"exec {self.binary} ") + " --sentinel --bind 127.0.0.1"
        return Process("sentinel", "sh", "-c", command, env={**PASSWORDS, "REDISCLI_AUTH": SENTINEL}).start()

    def redis(self) -> Redis:
        """Return a client of the Sentinel."""
        return Redis(port=self.sentinel, password=SENTINEL, socket_timeout=2, decode_responses=True)


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that may fail with RedisError; the test's own time limit ends it."""
    while True:
        try:
            if await asyncio.to_thread(condition):
                return
        except RedisError:
            pass
        await asyncio.sleep(0.05)


def role_of(port: int) -> str:
    """Return the role of a server."""
    with Redis(port=port, username="operator", password=PASSWORDS["STORE_PASSWORD_OPERATOR"]) as client:
        return str(client.execute_command("ROLE")[0].decode())


async def try_write(pool: ArqRedis) -> bool:
    """Return whether a worker's pool reaches a primary."""
    try:
        return bool(await pool.set("gw:mark", "1"))
    except (RedisError, OSError):
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place() -> AsyncIterator[Place]:
    """Start the three servers, and wait until the Sentinel knows the replica."""
    place = Place()
    started = [place.start_server(0), place.start_server(1, "--replicaof", "127.0.0.1", str(place.servers[0]))]
    started.append(place.start_sentinel())
    with place.redis() as sentinel:
        await wait_until(lambda: int(sentinel.sentinel_masters()["wokflow"]["num-slaves"]) == 1)
        await wait_until(lambda: sentinel.sentinel_slaves("wokflow")[0]["master-link-status"] == "ok")
    yield place
    for process in started:
        process.kill()


async def test_roles_follow_the_primary_through_sentinels_with_passwords(place: Place) -> None:
    """A gateway and a worker find the primary with their passwords, also after a failover."""
    async with Store(place.url("gateway")) as store:
        customer = await create_customer(store)
        pool = arq_pool(place.url("worker"), "local")
        assert await pool.ping()
        with place.redis() as sentinel:
            await wait_until(lambda: bool(sentinel.execute_command("SENTINEL FAILOVER wokflow") or True))
            port = str(place.servers[1])
            await wait_until(lambda: str(sentinel.sentinel_get_master_addr_by_name("wokflow")[1]) == port)
        await wait_until(lambda: role_of(place.servers[1]) == "master")
        assert await store.call("EXISTS", f"gw:account:{customer.account}", patience_s=20) == 1
        while not await try_write(pool):
            await asyncio.sleep(0.1)
        await pool.aclose(close_connection_pool=True)
        for client in pool.connection_pool.sentinel_manager.sentinels:
            await client.aclose()


async def test_sentinel_and_servers_refuse_strangers(place: Place) -> None:
    """Nobody reads or changes anything without a password."""
    for port in (*place.servers, place.sentinel):
        with Redis(port=port, socket_timeout=2) as client, pytest.raises(RedisError):
            client.execute_command("INFO")
