"""wokflow export"""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import click

from operate.cli.command import Command, CommandContext, Failure, open_context
from operate.cli.margin import DAY, day_of
from shared.domain.errors import Refused
from shared.ops.storage import Storage, StorageError

if TYPE_CHECKING:
    from operate.parquet import ParquetFiles

DAYS_MAX = 3700


@click.command("export", cls=Command)
@click.option("--parquet", "location", required=True, help="Folder or bucket: a path, s3://, gs:// or az://.")
@click.option("--from", "since", type=DAY, required=True, help="First UTC day.")
@click.option("--to", "until", type=DAY, required=True, help="UTC day behind the last one.")
def run_export(location: str, since: datetime, until: datetime) -> None:
    """Export ended generations (without prompts) and usage as Parquet, a file for each day.

    Needs the extra [export]. To export a day again replaces its files.
    """
    context, from_day, to_day = open_context(), day_of(since), day_of(until)
    if not from_day < to_day <= from_day + DAYS_MAX:
        raise Failure("invalid_request", f"--from must be before --to, by at most {DAYS_MAX} days.")
    done = asyncio.run(_export(context, location, from_day, to_day))
    context.show(done, f"{done.generations:,} generations and {done.usage:,} sums of usage in {len(done.files)} files.")


async def _export(context: CommandContext, location: str, from_day: int, to_day: int) -> "ParquetFiles":
    # The drivers of the database and of Parquet take longer to load than the rest of a command.
    from operate.parquet import export_records  # noqa: PLC0415
    from shared.records.errors import RecordsDown, RecordsUnfit  # noqa: PLC0415
    from shared.records.opening import open_records  # noqa: PLC0415

    if not context.settings.records_url:
        raise Failure("unavailable", "This deployment keeps no history: DATABASE_URL is off.")
    try:
        async with open_records(context.settings.records_url) as records:
            return await export_records(records, Storage.open(location), from_day, to_day)
    except Refused as refused:
        raise Failure(refused.code, refused.message) from None
    except (RecordsDown, RecordsUnfit) as error:
        raise Failure("unavailable", f"The database cannot be read: {error}") from None
    except StorageError as error:
        raise Failure("storage", str(error).replace("ASSET_URL", "--parquet")) from None
