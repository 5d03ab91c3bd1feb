"""Check a deployment from this machine: settings, store, database, storage, disk, addresses, keys, clock, processes."""

import resource
import shutil
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from operate.catalogue import describe_faults
from operate.checks import Check, doubtful, right, wrong
from operate.doctor_database import check_database
from operate.doctor_store import check_store, find_processes
from operate.simulation import describe_simulation
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files, sealing
from shared.ops.clock import now_ms
from shared.ops.host import FREE_BYTES_MIN, NotReady, check_outputs, check_port
from shared.ops.settings import Settings, SettingsError
from shared.ops.storage import Storage, StorageError, new_path
from shared.store.connect import Store
from shared.store.processes import Process

FREE_BYTES_LOW = 2_000_000_000
OPEN_FILES_MIN = 4096
PREFIX_MIN = {4: 16, 6: 32}  # a larger network of proxies has clients in it too
ROLES = {
    "gateway": "python -m gateway",
    "dispatcher": "python -m workers deliver",
    "sweeper": "python -m workers sweep",
}
ARCHIVER = {"archiver": "python -m workers archive"}


async def examine(settings: Settings) -> list[Check]:
    """Return every check of a deployment with valid settings."""
    checks = [right("settings", "every variable is valid"), *check_addresses(settings), check_files()]
    checks += [*check_disk(settings), await check_storage(settings)]
    catalogue, found = check_catalogue(settings)
    checks += found
    async with Store(settings.store_url, name="doctor", timeout_s=settings.store_timeout_s) as store:
        found = await check_store(store, settings)
        is_there = found[0].result == "ok"
        running = await find_processes(store) if is_there else None
        found += await check_database(settings, store if is_there else None)
    checks += found
    checks.append(check_gateway_port(settings, running or ()))
    roles = ROLES | (ARCHIVER if settings.records_url else {})
    return checks if running is None else [*checks, *check_processes(running, catalogue, roles)]


def check_addresses(settings: Settings) -> list[Check]:
    """Check PUBLIC_URL, CALLBACK_URL and TRUSTED_PROXIES, whose form is valid."""
    if not settings.is_public_url_known:
        fix = "Set PUBLIC_URL to the URL that clients use."
        checks = [doubtful("PUBLIC_URL", f"HOST is {settings.host}: webhooks link to {settings.base_url}", fix)]
    else:
        checks = [_check_scheme("PUBLIC_URL", settings.base_url)]
    if settings.callback_url:
        checks.append(_check_scheme("CALLBACK_URL", settings.callback_url))
    networks = [ip_network(part.strip(), strict=False) for part in settings.trusted_proxies.split(",") if part.strip()]
    wide = [network for network in networks if network.prefixlen < PREFIX_MIN[network.version]]
    if wide:
        fix = "Name the proxies' own addresses: anybody in these networks can claim any address."
        checks.append(doubtful("TRUSTED_PROXIES", ", ".join(map(str, wide)), fix))
    return checks


def check_files() -> Check:
    """Check the limit of open files: each connection is one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 <= hard < OPEN_FILES_MIN:
        return doubtful("open files", f"at most {hard}", f"Raise the hard limit to {OPEN_FILES_MIN}: ulimit -Hn.")
    return right("open files", "no limit" if hard < 0 else f"at most {hard:,}")


def check_disk(settings: Settings) -> list[Check]:
    """Check the disk of DATA_DIR, if this machine's processes write to it."""
    if settings.redis_url and settings.asset_url:
        return []
    folder = Path(settings.data_dir).resolve()
    try:
        check_outputs(settings)
        free = shutil.disk_usage(folder).free
    except (NotReady, OSError) as error:
        return [wrong("disk", f"DATA_DIR {folder} cannot be used", str(error))]
    shown = f"{free / 1e9:,.1f} GB free in {folder}"
    if free < FREE_BYTES_MIN:
        return [wrong("disk", shown, "Free space, or set DATA_DIR to another disk.")]
    if free < FREE_BYTES_LOW:
        return [doubtful("disk", shown, "Free space soon: outputs and the store grow.")]
    return [right("disk", shown)]


async def check_storage(settings: Settings) -> Check:
    """Store a small output, which the retention deletes, and read it again."""
    place = settings.assets.partition("?")[0]
    try:
        storage = Storage.open(settings.assets, synced=False)
        path = new_path(token_hex(16), "text/plain", now_ms(), 0)
        await storage.put(path, b"wokflow doctor\n", "text/plain")
        found = await storage.find(path)
    except (StorageError, OSError) as error:
        return wrong("storage", f"{place} cannot be written", str(error))
    return (
        right("storage", f"{place} can be written and read")
        if found
        else wrong("storage", f"{place} lost what was written", "Check ASSET_URL.")
    )


def check_catalogue(settings: Settings) -> tuple[Catalogue | None, list[Check]]:
    """Check the catalogue and the keys of its providers. The catalogue is None if it is invalid."""
    try:
        catalogue = catalogue_files.load_deployed(settings)
        configured = catalogue_files.configured(catalogue, settings.elsewhere)
        sealing.check()
    except SettingsError as error:
        return None, [wrong("catalogue", "It cannot be used", str(error))]
    found = f"{len(catalogue.models)} models, {len(catalogue.providers)} providers"
    simulation = right("simulation", describe_simulation(settings, catalogue, configured).words)
    keyed = [name for name, provider in catalogue.providers.items() if provider.key_env and name in configured]
    missing = [provider.key_env or "" for name, provider in catalogue.providers.items() if name not in configured]
    if keyed or not missing:
        keys = right("keys", f"set for {', '.join(keyed) or 'every provider'}")
        return catalogue, [right("catalogue", found), keys, simulation]
    fix = f"Set the key of a provider, such as {missing[0]}, here and for its processes."
    return catalogue, [right("catalogue", found), doubtful("keys", "none is set in this shell", fix), simulation]


def check_gateway_port(settings: Settings, running: Sequence[Process]) -> Check:
    """Check that the port is free, or that a gateway runs."""
    if any(process.role == "gateway" for process in running):
        return right("port", "a gateway runs")
    try:
        check_port(settings.host, settings.port, "PORT")
        check_port(settings.admin_host, settings.admin_listen_port, "ADMIN_PORT")
    except NotReady as error:
        return wrong("port", "a port of the gateway cannot be used", str(error))
    return right("port", f"{settings.port} of {settings.host} is free")


def check_processes(
    running: Sequence[Process], catalogue: Catalogue | None, needed_roles: Mapping[str, str] = ROLES
) -> list[Check]:
    """Check that each role runs, and a worker of each provider whose key is set in this shell."""
    roles, queues = {process.role for process in running}, {process.queue for process in running}
    checks = [
        right(role, "runs") if role in roles else doubtful(role, "None runs", f"Start it: {command}")
        for role, command in needed_roles.items()
    ]
    needed = sorted(catalogue_files.configured(catalogue)) if catalogue else []
    checks += check_versions(running, catalogue)
    idle = [name for name in needed if name not in queues]
    if idle:
        fix = f"Start a worker for each: python -m workers run {idle[0]}"
        return [*checks, doubtful("workers", f"None runs for {', '.join(idle)}", fix)]
    return [*checks, right("workers", f"run for {', '.join(needed)}")] if needed else checks


def check_versions(running: Sequence[Process], catalogue: Catalogue | None) -> list[Check]:
    """Check that all processes work with this catalogue, if any runs."""
    if catalogue is None or not running:
        return []
    faults = describe_faults(running)
    if faults:
        return [doubtful("reload", " ".join(faults), "Correct the files, then run `wokflow catalogue reload`.")]
    if running[0].catalogue != catalogue.version:
        found = f"Processes work with version {running[0].catalogue}, this file is {catalogue.version}"
        return [doubtful("reload", found, "Run `wokflow catalogue reload`.")]
    return [right("reload", f"every process works with version {catalogue.version}")]


def _check_scheme(variable: str, url: str) -> Check:
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "http" and not local:
        return doubtful(variable, url, "Use https: keys and results travel in plain text.")
    return right(variable, url)
