"""Every environment variable with its default and its meaning. No other module reads the environment."""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct

from shared.domain.public_address import PRIVATE_NETWORKS, Networks, parse_networks
from shared.domain.store_url import socket_url
from shared.ops.setting_checks import CHECKS
from shared.ops.setting_values import describe_type, hide_secrets

ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH_CHARS_MAX = 100  # the kernel's limit for a unix socket path is 108 bytes
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # never bound; where to connect instead
DATABASE_URL, NO_DATABASE = "DATABASE_URL", "off"
SMTP_URL = "SMTP_URL"
SECRETS_KEY = "SECRETS_KEY"  # Keys that encrypt webhook secrets in the store, newest first, separated by commas.
# Of Stripe: its key, and the secret that signs its events. Without both, nobody can pay.
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET = "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"
ADMIN_OFFSET, PORT_MAX = 1000, 65_535  # from PORT to the default ADMIN_PORT
SECRET_NAME = re.compile(r"(?:^|_)(?:KEY|SECRET|TOKEN|PASSWORD)S?$")
SECRET_CHARS_MIN = 16  # of a variable that only its name makes a secret; a shorter value may be an ordinary word


Port = Annotated[int, Meta(ge=1, le=65_535)]
OptionalPort = Annotated[int, Meta(ge=0, le=65_535)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
HotDays = Annotated[int, Meta(ge=2, le=36_500)]  # longer than any late poll or Idempotency-Key
Count = Annotated[int, Meta(ge=0)]
Cents = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Slots = Annotated[int, Meta(ge=1, le=100_000)]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
WholeSeconds = Annotated[int, Meta(ge=0, le=3600)]
EdgeSeconds = Annotated[float, Meta(ge=0.1, le=3600)]
PerSecond = Annotated[float, Meta(ge=0, le=1_000_000_000)]
TimeoutSeconds = Annotated[float, Meta(ge=0.05, le=60)]
LeaseSeconds = Annotated[float, Meta(ge=0.5, le=3600)]
UploadMegabytes = Annotated[int, Meta(ge=1, le=5_000)]
UploadHours = Annotated[int, Meta(ge=1, le=720)]
UploadSeconds = Annotated[int, Meta(ge=10, le=86_400)]
Direct = Literal["auto", "on", "off"]
SignUp = Literal["open", "invite", "closed"]
Simulate = Literal["auto", "on", "off"]
Durability = Literal["fsync", "replicated", "memory"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "pretty"]


class SettingsError(ValueError):
    """Environment variables have invalid values; the message has a line for each, with its name and what to do."""


class Settings(Struct, frozen=True, kw_only=True):
    """Settings, read once at the start. Field `data_dir` is the variable `DATA_DIR`, and so on."""

    data_dir: str = "data"  # Folder of the embedded store and, without ASSET_URL, of the outputs.
    redis_url: str = ""  # URL of a Redis-protocol server. Empty: the embedded store in DATA_DIR.
    database_url: str = ""  # Database of the records: off, or its URL. Empty: SQLite, only for the embedded store.
    hot_days: HotDays = 7  # Days until ended generations and deliveries that the database has leave the store.
    host: str = "127.0.0.1"  # Address that the gateway listens on.
    port: Port = 8080  # Port that the gateway listens on.
    public_url: str = ""  # URL of the gateway as clients see it. Empty: http://HOST:PORT, or as requested.
    admin_host: str = "127.0.0.1"  # Address that the gateway's admin API listens on.
    admin_port: OptionalPort = 0  # Port of the admin API. 0: PORT + 1000, such as 9080 for 8080.
    catalogue: str = str(ROOT / "deploy" / "catalogue.toml")  # Path of the catalogue file.
    providers: str = ""  # Providers whose keys only their workers have, such as openai,fal. The gateway offers them.
    simulate: Simulate = "auto"  # Simulate models without a key: on, off, or auto: on for the embedded store only.
    durability: Durability = "fsync"  # Guarantee behind a 201: fsync, replicated or memory. See docs/guarantees.md.
    asset_url: str = ""  # obstore URL of the outputs, such as s3://bucket/prefix. Empty: DATA_DIR/assets.
    asset_retention_days: Days = 30  # Days until outputs are deleted; clients see the time as expires_at.
    record_retention_days: Days = 90  # Days until ended generations and deliveries are deleted; the ledger stays.
    prompt_retention_days: Days = 90  # Days until prompts are erased in the database, if their records stay longer.
    upload_mb_max: UploadMegabytes = 100  # Megabytes of the largest upload.
    upload_hours: UploadHours = 24  # Hours until an upload is deleted.
    upload_url_s: UploadSeconds = 900  # Seconds that a client has to send the file of an upload.
    upload_direct: Direct = "auto"  # Send uploads to the bucket itself: on, off, or auto: if its URLs are https.
    uploads_per_account: Count = 200  # Uploads that one account can have at a time.
    upload_mb_per_account: Count = 2_000  # Megabytes of the uploads that one account can have at a time.
    upload_mb_total: Count = 100_000  # Megabytes of the uploads that all accounts can have at a time.
    trusted_proxies: str = ""  # Networks, such as 10.0.0.0/8, whose X-Forwarded-For header is trusted.
    wokgen_wait_s: Seconds = 55.0  # Seconds that a WokGen call waits for its result before it answers 202.
    prefer_wait_s: WholeSeconds = (
        55  # Longest wait of `Prefer: wait=N` and of OpenAI's calls; many proxies end them after 60 s.
    )
    cancel_abandoned_streams: bool = True  # Cancel a streamed text whose client leaves; it pays for what is written.
    event_readers_per_key: Slots = 100  # Streams of events that one API key reads at once from one gateway process.
    connections_max: Slots = 10_000  # Open connections of one gateway process; the limit of open files applies too.
    connections_per_address: Slots = 1_000  # Open connections of one address (IPv6: one /64), except trusted proxies.
    creates_per_s: PerSecond = 1000.0  # POSTs a second of one API key, where its plan says nothing. 0: no limit.
    reads_per_s: PerSecond = 2000.0  # Other requests a second of one API key, where its plan says nothing.
    open_per_s: PerSecond = 200.0  # Requests a second of one address without an API key that is known to work.
    failed_keys_per_s: PerSecond = 30.0  # API keys a second that one address may get wrong.
    headers_timeout_s: EdgeSeconds = 10.0  # Seconds until the headers of a request must be complete.
    body_timeout_s: EdgeSeconds = 30.0  # Seconds until the body of a request must be complete.
    idle_timeout_s: EdgeSeconds = 75.0  # Seconds between two requests until a connection is closed.
    stripe_url: str = "https://api.stripe.com"  # URL of Stripe's API; another one is a double, for tests.
    callback_url: str = ""  # URL for the providers' callbacks, such as https://api.example.com. Empty: polling only.
    images_allow_networks: str = ""  # Own networks, such as 10.0.0.0/8, that input images may come from.
    webhook_allow_networks: str = ""  # Own networks that webhooks may be sent to, also by http.
    images_allow_private: bool = False  # Deprecated: IMAGES_ALLOW_NETWORKS with loopback and all private networks.
    webhook_allow_private: bool = False  # Deprecated: WEBHOOK_ALLOW_NETWORKS with loopback and all private networks.
    adapters: str = "workers.providers"  # Package of the providers' adapters; name your own to add private adapters.
    worker_slots: Slots = 100  # Steps that a worker runs at once: submits, polls, downloads. Parked jobs use none.
    lease_s: LeaseSeconds = 3.0  # Seconds without a renewal until another worker takes over a job.
    drain_s: Seconds = 20.0  # Seconds that a stopping process waits for its running steps.
    store_timeout_s: TimeoutSeconds = 1.5  # Seconds until a missing answer of the store counts as an outage.
    metrics_port: OptionalPort = 0  # Port of /metrics and /healthz of a worker, dispatcher or sweeper. 0: not served.
    guest_cost_cents_max: Cents = 1.0  # Cost for us, in cents, of the most expensive route that guests may use.
    guest_providers: str = ""  # Providers that guests may use, such as local,pollinations. Empty: all.
    guests_per_network: Count = 4  # Guest quotas of an IPv6 /56 a day; of a /48 2, of an IPv4 /24 8 times. 0: no limit.
    guests_cost_cents_per_day: Cents = 100.0  # Our cost a day, in cents, of all guests together. 0: no limit.
    guests_requests_per_day: Count = 100_000  # Requests that create, of all guests in a day. 0: no limit.
    guests_attempts_per_day: Count = 20_000  # Orders of all guests in a day, failed ones too. 0: no limit.
    guests_mb_in_per_day: Count = 20_000  # Megabytes of requests that create, of all guests in a day. 0: no limit.
    guests_mb_stored_per_day: Count = 2_000  # Megabytes of inputs stored for all guests in a day. 0: no limit.
    account_requests_per_day: Count = 1_000_000  # Requests that create, of one caller in a day. 0: no limit.
    account_mb_in_per_day: Count = 20_000  # Megabytes of requests that create, of one caller in a day. 0: no limit.
    account_mb_stored_per_day: Count = 2_000  # Megabytes of inputs stored for one caller in a day. 0: no limit.
    trial_credit_cents: Cents = 0  # Credit, in cents, of an account that is made with a trial.
    trial_credit_cents_per_day: Cents = 10_000.0  # The most trial credit, in cents, of all accounts together in a day.
    sign_up: SignUp = "closed"  # Sign-up: open (for everybody), invite (with an invitation), or closed.
    sign_up_plan: str = "free"  # Plan of an account that somebody signs up for.
    smtp_url: str = ""  # Server that sends e-mail, such as smtps://user:password@host:465. Empty: MAIL_OUTBOX.
    mail_from: str = "Wokflow <noreply@localhost>"  # Sender of e-mail.
    mail_outbox: str = ""  # Folder that e-mail is written to without SMTP_URL. Empty: DATA_DIR/outbox.
    account_cost_cents_per_day: Cents = 0  # Our cost a day, in cents, of one caller's quota. 0: no limit.
    total_requests_per_day: Count = 0  # Requests that create, of everybody in a day. 0: no limit.
    total_attempts_per_day: Count = 0  # Orders on a daily quota, of everybody in a day. 0: no limit.
    total_mb_in_per_day: Count = 0  # Megabytes of requests that create, of everybody in a day. 0: no limit.
    total_mb_stored_per_day: Count = 100_000  # Megabytes of inputs stored for everybody in a day. 0: no limit.
    total_cost_cents_per_day: Cents = 0  # Our cost a day, in cents, of everybody's quota. 0: no limit.
    ledger_check_s: Seconds = (
        3600.0  # Seconds between two ledger checks of the sweeper or archiver. 0: by command only.
    )
    model_check_s: Seconds = 86_400.0  # Seconds between two readings of a provider's list of models. 0: never.
    log_level: LogLevel = "info"  # Lowest level that is logged: debug, info, warning or error.
    log_info_per_s: Count = 500  # Info lines per second and process; the others are only counted. 0: no limit.
    log_format: LogFormat = "auto"  # json, pretty, or auto: pretty in a terminal and JSON elsewhere.

    @property
    def store_socket(self) -> str:
        """Return the path of the embedded store's unix socket. Raises SettingsError if the path is too long for one."""
        path = str(Path(self.data_dir).resolve() / "store.sock")
        if len(path) > SOCKET_PATH_CHARS_MAX:
            raise SettingsError(f"DATA_DIR is too long for a unix socket ({len(path)} characters): use a shorter path.")
        return path

    @property
    def simulates(self) -> bool:
        """Return whether the local provider stands in for models without a configured provider."""
        return self.simulate == "on" or (self.simulate == "auto" and not self.redis_url)

    @property
    def store_url(self) -> str:
        """Return the store's URL, embedded or not."""
        return self.redis_url or socket_url(self.store_socket)

    @property
    def records_url(self) -> str:
        """Return the URL of the database of the records, "" for none.

        A store of its own server may have processes on several machines, which no file serves by default.
        """
        sqlite = "" if self.redis_url else f"sqlite:///{Path(self.data_dir).resolve() / 'records.db'}"
        return "" if self.database_url == NO_DATABASE else self.database_url or sqlite

    @property
    def is_public_url_known(self) -> bool:
        """Return whether clients can follow `base_url`: an address that stands for all addresses leads nowhere."""
        return bool(self.public_url) or self.host not in EVERYWHERE

    @property
    def local_url(self) -> str:
        """Return the gateway's URL on this machine, which `base_url` may not be."""
        return f"http://{self.local_netloc(self.port)}"

    def local_netloc(self, port: int) -> str:
        """Return where to connect to a port that a process of ours listens on, on this machine."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def base_url(self) -> str:
        """Return the gateway's URL as clients see it, without a trailing slash."""
        return (self.public_url or self.local_url).rstrip("/")

    @property
    def images_networks(self) -> Networks:
        """Return the networks that input images may come from although they are not public."""
        return parse_networks(self.images_allow_networks) + (PRIVATE_NETWORKS if self.images_allow_private else ())

    @property
    def webhook_networks(self) -> Networks:
        """Return the networks that webhooks may be sent to although they are not public."""
        return parse_networks(self.webhook_allow_networks) + (PRIVATE_NETWORKS if self.webhook_allow_private else ())

    @property
    def admin_listen_port(self) -> int:
        """Return the port of the admin API."""
        above = self.port + ADMIN_OFFSET
        return self.admin_port or (above if above <= PORT_MAX else self.port - ADMIN_OFFSET)

    @property
    def admin_url(self) -> str:
        """Return the URL of the admin API on this machine."""
        host = f"[{self.admin_host}]" if ":" in self.admin_host else self.admin_host
        return f"http://{host}:{self.admin_listen_port}"

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the providers whose keys are set for their workers alone."""
        return frozenset(name.strip() for name in self.providers.split(",") if name.strip())

    @property
    def assets(self) -> str:
        """Return where outputs are stored: an obstore URL or a folder."""
        return self.asset_url or str(Path(self.data_dir).resolve() / "assets")


def secret(variable: str, *, spaces: bool = False) -> str | None:
    """Return a provider's secret from the variable that its catalogue entry names; None if it is not set.

    Raises SettingsError for a value that no HTTP header can carry, such as one with a line break at its end. `spaces`
    allows them, for a list of keys.
    """
    value = os.environ.get(variable) or None
    if value is not None and not (value.isascii() and value.isprintable() and (spaces or " " not in value)):
        message = f"{variable}=(hidden) is not valid: it must have no spaces, line breaks or special characters"
        raise SettingsError(f"{message}. Copy the key again.")
    return value


def secret_names(named: Collection[str] = ()) -> list[str]:
    """Return the variables that hold secrets: the named ones, and those whose names say so."""
    return [name for name in os.environ if name in named or SECRET_NAME.search(name)]


def secret_values(named: Collection[str] = ()) -> set[str]:
    """Return the secrets of this process: of variables, named or called so, and the passwords of store and database."""
    values = {
        part.strip()
        for name in secret_names(named)
        for part in (os.environ[name], *os.environ[name].split(","))
        if name in named or len(part.strip()) >= SECRET_CHARS_MIN
    }
    return values.union(*(_password_of(variable) for variable in ("REDIS_URL", DATABASE_URL, SMTP_URL)))


def _password_of(variable: str) -> set[str]:
    """Return the password in a URL, as it is written and as it is sent."""
    try:
        password = urlsplit(os.environ.get(variable, "")).password
    except ValueError:
        password = None
    return {password, unquote(password)} if password else set()


def drop(variables: Iterable[str]) -> list[str]:
    """Remove variables from this process and its children. Returns those that were set, by name."""
    return sorted(name for name in set(variables) if os.environ.pop(name, None))


def other_environment(variables: Collection[str], **more: str) -> dict[str, str]:
    """Return this process's environment for a child: without some variables, and with others."""
    return {name: value for name, value in os.environ.items() if name not in variables} | more


def child_environment(names: Iterable[str]) -> dict[str, str]:
    """Return those of the named variables that are set: all that a child process of ours may see."""
    return {name: os.environ[name] for name in names if name in os.environ}


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings from the environment. Raises SettingsError with a line for each invalid variable."""
    values, wrong = {}, []
    for field in msgspec.structs.fields(Settings):
        text = environment.get(field.name.upper())
        if not text:
            continue
        try:
            values[field.name] = msgspec.convert(text, field.type, strict=False)
            needed = CHECKS[field.name](text) if field.name in CHECKS else None
        except msgspec.ValidationError:
            needed = f"must be {describe_type(field.type)}"
        if needed is not None:
            shown = hide_secrets(field.name, text)
            unset = f" it, or unset it for the default, {field.default}" if field.default else " or unset it"
            wrong.append(f"{field.name.upper()}={shown} is not valid: it {needed}. Correct{unset}.")
    if wrong:
        raise SettingsError("\n".join(wrong))
    settings = Settings(**values)
    if not settings.redis_url:
        _ = settings.store_socket  # raises for a folder that is too deep
    return settings
