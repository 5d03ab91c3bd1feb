"""wokflow secret"""

from operate import secret_keeping
from operate.cli.command import Command, CommandContext, Failure, Group, open_context
from operate.cli.operator import with_operator
from operate.operator import Operator
from shared.ops import sealing
from shared.ops.sealing import SealBroken
from shared.ops.settings import SettingsError

secret = Group("secret", help="Encrypt webhook secrets in the store, and rotate the secret of callback URLs.")


@secret.command("key", cls=Command)
def print_key() -> None:
    """Print a new key for SECRETS_KEY. Nothing is stored."""
    key = sealing.new_sealing_key()
    open_context().show({"key": key}, key)


@secret.command()
@with_operator
async def seal(context: CommandContext, operator: Operator) -> None:
    """Encrypt all webhook secrets in the store with the first key of SECRETS_KEY."""
    try:
        done = await secret_keeping.seal_all(operator)
    except (SealBroken, SettingsError) as error:
        raise Failure("bad_setting", str(error)) from None
    result = f"Encrypted {done.sealed} secrets; {done.current} were encrypted with this key already."
    context.show(done, result, "The store rewrites its file, which had the old forms. Older backups have them still.")


@secret.command()
@with_operator
async def rotate_callback(context: CommandContext, operator: Operator) -> None:
    """Give callback URLs a new secret. URLs made before stay valid until the next rotation."""
    await secret_keeping.rotate_callback(operator)
    context.show({"rotated": True}, "Rotated. Processes use the new secret within a minute; the last one stays valid.")
