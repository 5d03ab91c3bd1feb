"""Checks before `make run` starts anything: free ports, a usable DATA_DIR and database, and no other Wokflow there."""

import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from shared.ops.host import NotReady, check_port, check_space, check_writable
from shared.ops.settings import Settings
from shared.store.append_log import LogDamaged, check_log
from shared.store.embedded import StoreInUse, data_folder, hold

ARCHIVER, SQLITE = "-m workers archive", "sqlite:///"
GATEWAY, STORE, LOCAL = "-m gateway", "-m shared.store.embedded", "-m workers run local"
LOCAL_MODULES = (
    "av",
    "espeakng_loader",
    "numpy",
    "PIL",
    "pillow_heif",
    "xllamacpp",
)  # the extra [local] of pyproject.toml


def check(settings: Settings, commands: Iterable[str], metrics_ports: Iterable[int] = ()) -> None:
    """Check everything that these commands need. Raises NotReady."""
    lines = list(commands)
    serves, stores, draws = (any(role in line for line in lines) for role in (GATEWAY, STORE, LOCAL))
    if draws:
        check_local()
    if serves:
        check_port(settings.host, settings.port, "PORT")
        check_port(settings.admin_host, settings.admin_listen_port, "ADMIN_PORT")
    for port in metrics_ports:
        check_port(settings.host, port, "METRICS_PORT")
    if serves or stores:
        check_writable(Path(settings.data_dir).resolve())
        check_space(Path(settings.data_dir).resolve())
    if any(ARCHIVER in line for line in lines):
        check_records(settings)
    if stores and not settings.redis_url:
        check_alone(settings)


def check_local() -> None:
    """Check that the local provider's packages are installed. Raises NotReady naming the missing ones."""
    missing = [name for name in LOCAL_MODULES if find_spec(name) is None]
    if missing:
        message = f"The local provider's packages are not installed ({', '.join(missing)})"
        raise NotReady(f"{message}: pip install 'wokflow[local]', or remove [providers.local] from the catalogue.")


def check_records(settings: Settings) -> None:
    """Check that the file of the database can be written, if it is one. Raises NotReady."""
    if not settings.records_url.startswith(SQLITE):
        return
    path = Path(settings.records_url.removeprefix(SQLITE))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") if path.exists() else tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        message = f"The database {path} cannot be written ({error.strerror})"
        raise NotReady(f"{message}: give this user the file and its folder, or set DATABASE_URL.") from None


def check_alone(settings: Settings) -> None:
    """Check that DATA_DIR has no other running store, nor a damaged one. Waits for a killed one. Raises NotReady."""
    try:
        with hold(settings):
            check_log(data_folder(settings))
    except LogDamaged as error:
        raise NotReady(str(error)) from None
    except StoreInUse:
        message = f"Another Wokflow runs in DATA_DIR {Path(settings.data_dir).resolve()}"
        raise NotReady(f"{message}: stop it, or set DATA_DIR to another folder.") from None
    except OSError as error:
        message = f"Cannot lock DATA_DIR {Path(settings.data_dir).resolve()} ({error.strerror})"
        raise NotReady(f"{message}: give this user its files, or set DATA_DIR to another folder.") from None
