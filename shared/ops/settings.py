"""Every environment variable with its default and its meaning. No other module reads the environment."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH_CHARS_MAX = 100  # the kernel's limit for a unix socket path is 108 bytes


class SettingsError(ValueError):
    """An environment variable has an invalid value; the message names the variable."""


class Settings(Struct, frozen=True, kw_only=True):
    """Settings, read once at the start. Field `data_dir` is the variable `DATA_DIR`, and so on."""

    data_dir: str = "data"  # Folder of the embedded store and, without ASSET_URL, of the outputs.
    redis_url: str = ""  # URL of a Redis-protocol server. Empty: the embedded store in DATA_DIR.
    host: str = "127.0.0.1"  # Address that the gateway listens on.
    port: int = 8080  # Port that the gateway listens on.
    public_url: str = ""  # URL of the gateway as clients see it. Empty: http://HOST:PORT.
    catalogue: str = str(ROOT / "deploy" / "catalogue.toml")  # Path of the catalogue file.
    durability: str = "fsync"  # Guarantee behind a 201: fsync, replicated or memory. See docs/guarantees.md.
    asset_url: str = ""  # obstore URL of the outputs, such as s3://bucket/prefix. Empty: DATA_DIR/assets.
    asset_retention_days: int = 30  # Days until outputs are deleted; clients see the time as expires_at.
    record_retention_days: int = 90  # Days until ended generations and deliveries are deleted; the ledger stays.
    trusted_proxies: str = ""  # Networks, such as 10.0.0.0/8, whose X-Forwarded-For header is trusted.
    wokgen_wait_s: float = 60.0  # Seconds that a WokGen call waits for its result before it answers 202.
    callback_url: str = ""  # URL for the providers' callbacks, such as https://api.example.com. Empty: polling only.
    images_allow_private: bool = False  # Allow input images from private addresses. For tests only.
    webhook_allow_private: bool = False  # Allow webhooks to loopback and private addresses. For tests and demos only.
    adapters: str = "workers.providers"  # Package of the providers' adapters; name your own to add private adapters.
    worker_slots: int = 100  # Steps that a worker runs at once: submits, polls, downloads. Parked jobs use none.
    lease_s: float = 3.0  # Seconds without a renewal until another worker takes over a job.
    drain_s: float = 20.0  # Seconds that a stopping process waits for its running steps.
    store_timeout_s: float = 1.5  # Seconds until a missing answer of the store counts as an outage.
    metrics_port: int = 0  # Port of /metrics and /healthz of a worker, dispatcher or sweeper. 0: not served.
    ledger_check_s: float = 3600.0  # Seconds between two ledger checks of the sweeper. 0: `wokflow ledger check` only.
    log_level: str = "info"  # Lowest level that is logged: debug, info, warning or error.
    log_info_per_s: int = 500  # Info lines per second and process; further ones are counted, not printed. 0: no limit.
    log_format: str = "auto"  # json, pretty, or auto: pretty in a terminal and JSON elsewhere.

    @property
    def store_socket(self) -> str:
        """Return the path of the embedded store's unix socket. Raises SettingsError if the path is too long for one."""
        path = str(Path(self.data_dir).resolve() / "store.sock")
        if len(path) > SOCKET_PATH_CHARS_MAX:
            raise SettingsError(f"DATA_DIR is too long for a unix socket ({len(path)} characters): use a shorter path.")
        return path

    @property
    def store_url(self) -> str:
        """Return the store's URL, embedded or not."""
        return self.redis_url or f"unix://{self.store_socket}"

    @property
    def base_url(self) -> str:
        """Return the gateway's URL as clients see it, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def assets(self) -> str:
        """Return where outputs are stored: an obstore URL or a folder."""
        return self.asset_url or str(Path(self.data_dir).resolve() / "assets")


def secret(variable: str) -> str | None:
    """Return a provider's API key from the variable that its catalogue entry names; None if it is not set."""
    return os.environ.get(variable) or None


def child_environment(names: Iterable[str]) -> dict[str, str]:
    """Return those of the named variables that are set: all that a child process of ours may see."""
    return {name: os.environ[name] for name in names if name in os.environ}


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings from the environment. Raises SettingsError that names the invalid variable."""
    given = {
        field.name: environment[field.name.upper()]
        for field in msgspec.structs.fields(Settings)
        if environment.get(field.name.upper())
    }
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        path = str(error).rpartition("$.")[2].rstrip("`")
        raise SettingsError(f"{path.upper()}: {error}. Correct or unset the variable.") from None
