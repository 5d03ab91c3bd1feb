"""A PostgreSQL server for tests: Debian's, without a disk sync, on a unix socket of its own."""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from tests.harness.processes import Process

BINARIES = Path("/usr/lib/postgresql")
USER = "postgres"  # Debian's package creates it; the server refuses to run as root
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "50",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


class Postgres:
    """A server with an empty cluster. `url` names its database `postgres`."""

    def __init__(self) -> None:
        found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        assert found, "tests of the records need PostgreSQL: apt-get install postgresql"
        self._binaries = found[-1].parent
        self.folder = Path(tempfile.mkdtemp(prefix="wok-pg-", dir="/tmp"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig=SIGKILL"]
        initdb = [
            self._binaries / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "wokflow",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ]
        words = [*self._as_user, *map(str, initdb), "--locale=C.UTF-8", "--no-instructions"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=self.folder)
        assert 0 == done.returncode, f"initdb failed:\n{done.stdout}{done.stderr}"
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        self.process = Process("postgres", *self._as_user, *server, cwd=self.folder)
        self.url = f"postgresql://wokflow@/postgres?host={self.folder}"

    def start(self) -> "Postgres":
        """Start the server, also again, and wait until it takes connections."""
        self.process.start()
        command = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.folder), "-t", "30"]
        for _ in range(1000):
            assert self.process.running, f"PostgreSQL did not start:\n{self.process.output}"
            if subprocess.run(command, check=False).returncode == 0:
                return self
        raise AssertionError(f"PostgreSQL takes no connections:\n{self.process.output}")

    def kill(self) -> None:
        """Kill the server and its children with SIGKILL, as a power cut would."""
        self.process.kill()


async def empty_database(url: str) -> None:
    """Drop everything in a database."""
    connection = await asyncpg.connect(url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
