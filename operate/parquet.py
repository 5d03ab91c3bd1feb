"""Export the records as Parquet, one file for each table and UTC day, to a folder or bucket.

`generations/day=2026-10-01/part-0.parquet`: the layout that DuckDB, Spark, BigQuery and Athena read as one table.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from importlib import import_module
from typing import Any

from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.times import DAY_MS, rfc3339
from shared.ops.storage import Storage
from shared.records.connect import Records
from shared.records.read_export import (
    GENERATION_COLUMNS,
    USAGE_COLUMNS,
    Rows,
    kind_of,
    list_usage,
    scan_generations,
)

PAGE = 5000  # rows in memory, and of a row group


class ParquetFile(Struct, frozen=True):
    """A table of a day, written as it is read."""

    table: str
    day: int
    columns: Sequence[Any]

    @property
    def path(self) -> str:
        """Return the path of the file."""
        return f"{self.table}/day={rfc3339(self.day * DAY_MS).partition('T')[0]}/part-0.parquet"


class ParquetFiles(Struct, kw_only=True):
    """The files that an export wrote, and the number of their rows."""

    files: list[str]
    generations: int = 0
    usage: int = 0


async def export_records(records: Records, storage: Storage, from_day: int, to_day: int) -> ParquetFiles:
    """Write the generations that ended on some UTC days, and the usage of these days. A day without any has no file.

    To export a day again replaces its files. Raises Refused, RecordsDown, RecordsUnfit and StorageError.
    """
    arrow, done = _load_arrow(), ParquetFiles(files=[])
    for day in range(from_day, to_day):
        ended, sums = ParquetFile("generations", day, GENERATION_COLUMNS), ParquetFile("usage", day, USAGE_COLUMNS)
        async with records.read() as connection:
            counts = [
                await _write(arrow, storage, ended, scan_generations(connection, day, PAGE)),
                await _write(arrow, storage, sums, _yield_once(await list_usage(connection, day))),
            ]
        done.files += [file.path for file, count in zip((ended, sums), counts, strict=True) if count]
        done.generations, done.usage = done.generations + counts[0], done.usage + counts[1]
    return done


def _load_arrow() -> Any:
    """Return pyarrow, which only exports need. Raises Refused without the extra."""
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ModuleNotFoundError:
        raise Refused("missing_extra", "Install the extra for it: pip install 'wokflow[export]'.") from None


async def _yield_once(rows: Rows) -> AsyncIterator[Rows]:
    if rows:
        yield rows


async def _write(arrow: Any, storage: Storage, written: ParquetFile, batches: AsyncIterator[Rows]) -> int:
    """Write a file. Return the number of its rows; without any there is no file."""
    types = {"text": arrow.string(), "measure": arrow.float64(), "bytes": arrow.binary(), "whole": arrow.int64()}
    schema = arrow.schema([(column.name, types[kind_of(column)]) for column in written.columns])
    count = 0
    with tempfile.TemporaryFile() as file:
        writer = arrow.parquet.ParquetWriter(file, schema, compression="zstd")
        async for rows in batches:
            columns = [
                arrow.array(values, kind.type) for values, kind in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            await asyncio.to_thread(writer.write_table, arrow.table(columns, schema=schema))
            count += len(rows)
        writer.close()
        if count:
            file.seek(0)
            await storage.put_export(written.path, file)
    return count
