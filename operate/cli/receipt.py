"""wokflow receipt"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from operate.cli.command import Command, CommandContext, Failure, Group, open_context, open_store
from operate.cli.operator import operator_of, with_operator
from operate.cli.show import table
from operate.operator import Operator
from shared.domain.receipt import KEY_ID_CHARS, PublicKeys, Receipt, ReceiptInvalid, key_id, verify
from shared.store.receipt_keys import list_public_keys

PUBLIC_KEY_CHARS = 64

receipt = Group("receipt", help="Issue and verify receipts of generations, and rotate the key that signs them.")


@receipt.command("verify", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keys", "given", help="Public key in hexadecimal, or a file of them. Default: those in the store.")
@click.option("--records", "with_records", is_flag=True, help="Compare it with the database, too.")
def run_verify(file: Path, given: str | None, with_records: bool) -> None:
    """Verify a receipt. With --keys this works anywhere, without a deployment.

    Exit status 1 if the receipt is not what the deployment signed.
    """
    context = open_context()
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Receipt)
    except msgspec.DecodeError as error:
        raise Failure("not_a_receipt", f"{file} is not a receipt: {error}") from None
    try:
        if given is not None:
            verify(found, _read_keys(given))
        if given is None or with_records:
            asyncio.run(_verify_in_deployment(context, found, with_keys=given is None, with_records=with_records))
    except ReceiptInvalid as error:
        raise Failure("receipt_invalid", str(error)) from None
    days = ", ".join(str(one.signed.day) for one in found.days) or "none yet"
    kind = "It is in signed days" if found.status == "included" else "Its day is not signed yet"
    context.show(
        {"valid": True, "status": found.status, "generation": found.generation.id},
        f"The receipt of {found.generation.id} is valid. {kind}: {days}.",
    )


async def _verify_in_deployment(
    context: CommandContext, found: Receipt, *, with_keys: bool, with_records: bool
) -> None:
    from operate import receipts  # noqa: PLC0415  # SQLAlchemy, for these commands alone

    async with open_store(context.settings) as store:
        if with_keys:
            verify(found, await receipts.read_keys(operator_of(store, context.settings)))
        if with_records:
            async with receipts.open_books(context.settings.records_url) as records:
                await receipts.compare(records, found)


def _read_keys(given: str) -> Mapping[str, bytes]:
    """Return public keys by their ids. Raises Failure."""
    try:
        if len(given) == PUBLIC_KEY_CHARS:
            key = bytes.fromhex(given)
            return {key_id(key): key}
        found = msgspec.json.decode(Path(given).read_bytes(), type=PublicKeys)
        return {key.id: bytes.fromhex(key.public_key) for key in found.keys}
    except (ValueError, msgspec.DecodeError) as error:
        why = f"--keys must be a public key in hexadecimal, or a file with /.well-known/wokflow-receipts: {error}"
        raise Failure("bad_keys", why) from None


@receipt.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def show(context: CommandContext, operator: Operator, generation_id: str) -> None:
    """Print the receipt of a generation as JSON. ID is a UUID or job_..."""
    from operate import receipts  # noqa: PLC0415  # SQLAlchemy, for these commands alone

    async with receipts.open_books(context.settings.records_url) as records:
        found = await receipts.issue_receipt(operator, records, generation_id)
    context.show(found, msgspec.json.format(msgspec.json.encode(found).decode()))


@receipt.command("keys")
@with_operator
async def list_keys(context: CommandContext, operator: Operator) -> None:
    """Show the public keys, the current one first."""
    found = await list_public_keys(operator.store)
    rows = [(one.id[:KEY_ID_CHARS], one.public_key) for one in found]
    shown = table(("id", "public key"), rows) if rows else "No key yet: the archiver makes it at its start."
    context.show(PublicKeys(keys=tuple(found)), shown)


@receipt.command()
@with_operator
async def rotate_key(context: CommandContext, operator: Operator) -> None:
    """Sign with a new key from now on. Receipts that the last key signed stay valid."""
    from operate import receipts  # noqa: PLC0415  # SQLAlchemy, for these commands alone

    done = await receipts.rotate_key(operator)
    context.show(done, f"Receipts are signed with the key {done.id} from now on. Publish it: wokflow receipt keys")
