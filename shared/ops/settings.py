"""Every environment variable, its default and its meaning. No other module reads the environment."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH_CHARS_MAX = 100  # the kernel's limit for a unix socket path is 108 bytes


class SettingsError(ValueError):
    """An environment variable has a value we cannot use; the message names it."""


class Settings(Struct, frozen=True, kw_only=True):
    """Read once at start-up and passed on. Field `data_dir` is variable `DATA_DIR`, and so on."""

    data_dir: str = "data"  # the embedded store's files and, by default, the outputs
    redis_url: str = ""  # a Redis-protocol server; empty: the embedded store in DATA_DIR
    host: str = "127.0.0.1"  # address the gateway listens on
    port: int = 8080
    public_url: str = ""  # where clients reach us; empty: http://HOST:PORT
    catalogue: str = str(ROOT / "deploy" / "catalogue.toml")
    durability: str = "fsync"  # fsync | replicated | memory: what a 201 promises
    asset_url: str = ""  # obstore URL such as s3://bucket/prefix; empty: DATA_DIR/assets
    asset_retention_days: int = 30  # outputs are deleted after this long; shown as expires_at
    record_retention_days: int = 90  # generations and deliveries are forgotten after this long; ledger lines never
    trusted_proxies: str = ""  # networks such as 10.0.0.0/8 whose X-Forwarded-For is believed
    wokgen_wait_s: float = 60.0  # how long a WokGen call waits for its result before it answers 202
    callback_url: str = ""  # where providers reach us, such as https://api.example.com; empty: we only poll them
    images_allow_private: bool = False  # fetch input pictures from private addresses: for tests only
    webhook_allow_private: bool = False  # deliver to loopback and private addresses: for tests and demos only
    adapters: str = "workers.providers"  # the package with the providers' adapters; name your own to add private ones
    worker_slots: int = 100  # steps that a worker process does at once: submits, looks, copies; what is parked has none
    lease_s: float = 3.0  # a worker silent for this long has its jobs taken over
    drain_s: float = 20.0  # how long a stopping process lets its steps finish
    store_timeout_s: float = 1.5  # an answer of the store later than this counts as an outage
    metrics_port: int = 0  # a worker, dispatcher or sweeper serves /metrics and /healthz here; 0: nowhere
    ledger_check_s: float = 3600.0  # the sweeper checks the books this often; 0: only `wokflow ledger check` does
    log_level: str = "info"
    log_info_per_s: int = 500  # info lines above this are counted, not printed, process by process; 0: all are printed
    log_format: str = "auto"  # auto: pretty in a terminal, JSON elsewhere; json; pretty

    @property
    def store_socket(self) -> str:
        """Path of the embedded store's unix socket. Raises SettingsError if DATA_DIR is too deep for one."""
        path = str(Path(self.data_dir).resolve() / "store.sock")
        if len(path) > SOCKET_PATH_CHARS_MAX:
            raise SettingsError(f"DATA_DIR is too deep for a unix socket ({len(path)} characters): shorten it")
        return path

    @property
    def store_url(self) -> str:
        """The store's URL, embedded or not."""
        return self.redis_url or f"unix://{self.store_socket}"

    @property
    def base_url(self) -> str:
        """Where clients reach us, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def assets(self) -> str:
        """Where outputs are kept: an obstore URL or a folder."""
        return self.asset_url or str(Path(self.data_dir).resolve() / "assets")


def secret(variable: str) -> str | None:
    """A provider's key, from the environment variable that its catalogue entry names; None if it is not set."""
    return os.environ.get(variable) or None


def child_environment(names: Iterable[str]) -> dict[str, str]:
    """Return those of the named variables that are set: all that a child process of ours may see."""
    return {name: os.environ[name] for name in names if name in os.environ}


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises SettingsError naming the variable that is wrong."""
    given = {
        field.name: environment[field.name.upper()]
        for field in msgspec.structs.fields(Settings)
        if environment.get(field.name.upper())
    }
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        path = str(error).rpartition("$.")[2].rstrip("`")
        raise SettingsError(f"{path.upper()}: {error}") from None
