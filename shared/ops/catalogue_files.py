"""The catalogue of this deployment: its files, and its configured providers."""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from pathlib import Path

from msgspec import structs

from shared.domain import catalogue_file
from shared.domain.catalogue import Catalogue, Model
from shared.domain.catalogue_file import CatalogueError
from shared.domain.native_schema import BadSchema
from shared.ops import settings
from shared.ops.settings import Settings, SettingsError

VERSION_BYTES = 6


def load(path: str) -> Catalogue:
    """Return the catalogue at `path` with its included files. Raises CatalogueError, and OSError for `path` itself."""
    main = Path(path)
    text = _text(main.read_bytes(), None)
    parts = {name: _included(main.parent / name, name) for name in catalogue_file.list_includes(text)}
    natives: list[str] = []

    def read_native(file: str | None, name: str) -> bytes:
        """Return the schema that a file of the catalogue names, relative to that file."""
        raw = ((main.parent / file).parent if file else main.parent).joinpath(name).read_bytes()
        natives.append(raw.decode(errors="replace"))
        return raw

    found = catalogue_file.parse(text, parts, read_native)
    return structs.replace(found, version=version_of(text, [*parts.values(), *natives]))


def version_of(text: str, parts: Iterable[str]) -> str:
    """Return the version of a catalogue: the same for the same contents, on every host."""
    digest = blake2b(text.encode(), digest_size=VERSION_BYTES)
    for part in parts:
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()


def compile_natives(catalogue: Catalogue) -> int:
    """Compile all native schemas, and return their number. Raises CatalogueError."""
    routes = [(model.id, route) for model in catalogue.models.values() for route in model.routes if route.native]
    for model_id, route in routes:
        try:
            _ = route.native and route.native.validator
        except BadSchema as error:
            message = f"model {model_id!r}: native: the schema of its route to {route.provider} {error}"
            raise CatalogueError(None, message) from None
    return len(routes)


def load_deployed(config: Settings, *, compiled: bool = True) -> Catalogue:
    """Return the catalogue that CATALOGUE names. Raises SettingsError for a missing or invalid one.

    A process that accepts no orders needs no `compiled` native schemas, and starts faster without.
    """
    try:
        found = load(config.catalogue)
        if compiled:
            compile_natives(found)
        return found
    except CatalogueError as error:
        raise SettingsError(f"CATALOGUE {config.catalogue}: {error}") from None
    except OSError as error:
        message = f"CATALOGUE {config.catalogue} cannot be read ({error.strerror})"
        raise SettingsError(f"{message}: correct the path, or unset it for the shipped one.") from None


def configured(catalogue: Catalogue, elsewhere: Collection[str] = (), dropped: Collection[str] = ()) -> frozenset[str]:
    """Return the providers that need no API key, whose key is set here, or `elsewhere`, in their workers alone.

    `dropped` are variables that were set when this process started, and that it has forgotten since.
    """
    return frozenset(
        name
        for name, provider in catalogue.providers.items()
        if provider.key_env is None or name in elsewhere or provider.key_env in dropped or is_set(provider.key_env)
    )


def is_set(variable: str) -> bool:
    """Return whether a variable that the catalogue names has a value."""
    return settings.secret(variable) is not None


def missing_keys(catalogue: Catalogue, models: Iterable[Model], available: Collection[str]) -> list[str]:
    """Return the key variables that are not set and would let these models be served."""
    routes = [route for model in models for route in model.routes if route.provider not in available]
    return sorted({catalogue.providers[route.provider].key_env or "" for route in routes})


def _included(path: Path, name: str) -> str:
    try:
        return _text(path.read_bytes(), name)
    except OSError as error:
        raise CatalogueError(
            None, f"include: cannot read {name} ({error.strerror}); correct the name or create the file"
        ) from None


def _text(raw: bytes, file: str | None) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise CatalogueError(None, "this is not UTF-8 text: save the file as UTF-8", file) from None
