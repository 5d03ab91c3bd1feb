"""Secrets per process: each keeps its own, and drops the others from its environment at its start.

A worker needs its provider's key. The gateway needs to know only which providers have one. Only gateways, archivers and
commands of operators read the database, so the others lose its URL. A break-in finds the
secrets of one process. A deployment should not hand out the others in the first place, and `make run`
does not.
"""

from msgspec import Struct

from shared.domain.catalogue import Catalogue
from shared.ops import redaction, sealing, settings
from shared.ops.settings import DATABASE_URL, SECRETS_KEY, SMTP_URL, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET

PAYMENTS = frozenset({STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET})


def variables(catalogue: Catalogue) -> frozenset[str]:
    """Return the variables of every provider's secrets."""
    return frozenset(
        name for entry in catalogue.providers.values() for name in (entry.key_env, entry.callback_secret_env) if name
    )


class Needs(Struct, frozen=True, kw_only=True):
    """The secrets that a process needs: a provider's, the sealing key, URLs of database and mail server, Stripe's."""

    provider: str = ""
    sealed: bool = False
    records: bool = False
    payments: bool = False
    mail: bool = False


def foreign_variables(catalogue: Catalogue, needs: Needs) -> frozenset[str]:
    """Return the variables that a process does not need."""
    entry = catalogue.providers.get(needs.provider)
    own = {entry.key_env, entry.callback_secret_env} if entry else set()
    known = {SECRETS_KEY: needs.sealed, DATABASE_URL: needs.records, SMTP_URL: needs.mail}
    known |= dict.fromkeys(PAYMENTS, needs.payments)
    own |= {name for name, needed in known.items() if needed}
    return (variables(catalogue) | known.keys()) - own


def keep(catalogue: Catalogue, needs: Needs) -> list[str]:
    """Drop the secrets that this process does not need, and hide the others from everything that it writes.

    Return the variables that were dropped. Raises SettingsError for an unusable SECRETS_KEY.
    """
    dropped = settings.drop(foreign_variables(catalogue, needs))
    redaction.remember(settings.secret_values(variables(catalogue)))
    sealing.check()
    return dropped


def keep_more(catalogue: Catalogue, needs: Needs) -> list[str]:
    """Do the same for another catalogue of a running process, which still holds the secrets of its first one."""
    dropped = settings.drop(foreign_variables(catalogue, needs))
    redaction.remember_more(settings.secret_values(variables(catalogue)))
    return dropped


def hide(catalogue: Catalogue | None = None) -> None:
    """Hide every secret of the environment from everything that this process writes. For commands of an operator."""
    redaction.remember(settings.secret_values(variables(catalogue) if catalogue else ()))
