"""The deployment's own secrets: those of webhooks and of receipts at rest, and that of callback URLs."""

import contextlib
from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from shared.domain.described import doc
from shared.domain.errors import Refused, StoreError
from shared.ops import sealing
from shared.ops.settings import SECRETS_KEY, secret
from shared.store import accounts, webhooks
from shared.store.receipt_keys import encrypt_signing_key
from shared.store.secret import rotate_callback_secret

PAGE = 1000


class Sealed(Struct, kw_only=True):
    """How many secrets were encrypted, and how many were encrypted with the first key already."""

    sealed: Annotated[int, doc("Secrets encrypted now.")]
    current: Annotated[int, doc("Secrets that were encrypted with the first key already.")]


async def seal_all(operator: Operator) -> Sealed:
    """Encrypt every webhook secret, and the key of receipts, with the first key.

    Then have the store rewrite its file, which has the old forms.

    Raises Refused without a key, SealBroken for a secret whose key is missing, and SettingsError for an unusable key.
    """
    if not secret(SECRETS_KEY):
        raise Refused("no_key", f"{SECRETS_KEY} is not set: make a key with `wokflow secret key`.")
    done = Sealed(sealed=0, current=0)
    first = 0
    while page := await accounts.list_ids(operator.store, first, PAGE):
        first += len(page)
        for account_id in page:
            await _seal_account(operator, account_id, done)
    done.sealed += await encrypt_signing_key(operator.store)
    await operator.act("secret seal", detail=f"{done.sealed} secrets").run("note_action", "done")
    if done.sealed:
        with contextlib.suppress(StoreError):  # a rewrite runs already, or the server does not permit it
            await operator.store.call("BGREWRITEAOF")
    return done


async def _seal_account(operator: Operator, account_id: str, done: Sealed) -> None:
    for endpoint in await webhooks.list_endpoints(operator.store, account_id):
        for field, stored in (("secret", endpoint.secret), ("old_secret", endpoint.old_secret)):
            if stored is None:
                continue
            if sealing.is_current(stored):
                done.current += 1
            else:
                sealed = sealing.seal(sealing.unseal(stored))
                await operator.store.run("reseal_secret", endpoint.id, field, stored, sealed)
                done.sealed += 1


async def rotate_callback(operator: Operator) -> None:
    """Rotate the secret of callback URLs."""
    await rotate_callback_secret(operator.act("secret rotate-callback"))
