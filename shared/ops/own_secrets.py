"""Secrets per process: each keeps its own, and drops the others from its environment at its start.

A worker needs its provider's key. The gateway needs to know only which providers have one. A break-in finds the
secrets of one process. A deployment should not hand out the others in the first place, and `make run`
does not.
"""

from shared.domain.catalogue import Catalogue
from shared.ops import redaction, sealing, settings
from shared.ops.settings import SECRETS_KEY


def variables(catalogue: Catalogue) -> frozenset[str]:
    """Return the variables of every provider's secrets."""
    return frozenset(
        name for entry in catalogue.providers.values() for name in (entry.key_env, entry.callback_secret_env) if name
    )


def foreign_variables(catalogue: Catalogue, *, provider: str = "", sealed: bool = False) -> frozenset[str]:
    """Return the variables that a process does not need: a provider's worker, or one that handles sealed secrets."""
    entry = catalogue.providers.get(provider)
    own = {entry.key_env, entry.callback_secret_env} if entry else set()
    return (variables(catalogue) | (frozenset() if sealed else {SECRETS_KEY})) - own


def keep(catalogue: Catalogue, *, provider: str = "", sealed: bool = False) -> list[str]:
    """Drop the secrets that this process does not need, and hide the others from everything that it writes.

    Return the variables that were dropped. Raises SettingsError for an unusable SECRETS_KEY.
    """
    dropped = settings.drop(foreign_variables(catalogue, provider=provider, sealed=sealed))
    redaction.remember(settings.secret_values(variables(catalogue)))
    sealing.check()
    return dropped


def keep_more(catalogue: Catalogue, *, provider: str = "", sealed: bool = False) -> list[str]:
    """Do the same for another catalogue of a running process, which still holds the secrets of its first one."""
    dropped = settings.drop(foreign_variables(catalogue, provider=provider, sealed=sealed))
    redaction.remember_more(settings.secret_values(variables(catalogue)))
    return dropped


def hide(catalogue: Catalogue | None = None) -> None:
    """Hide every secret of the environment from everything that this process writes. For commands of an operator."""
    redaction.remember(settings.secret_values(variables(catalogue) if catalogue else ()))
