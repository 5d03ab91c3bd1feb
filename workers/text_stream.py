"""Stream a text to the feed of its account while a model writes it, until it is complete or nobody wants more."""

import asyncio
from contextlib import suppress
from math import ceil
from typing import Any

from shared.domain.errors import StoreDown
from shared.domain.foreign_text import ForeignText
from shared.domain.generation import CANCELED, CANCELED_WHY
from shared.domain.quantities import MESSAGES, chars_of
from shared.store import feeds
from shared.store.connect import Store
from workers.adapters.contract import Done, Pending, Rejected, Unknown
from workers.adapters.gate import TEXT_CHARS_MAX
from workers.context import GenerationJob, WorkerContext

PAUSE_S = 0.03  # between two writes
POLL_S = 1.0  # between two checks whether more is wanted, while nothing comes
FINISH_S = 60.0  # for a store that is down
CHARS_PER_TOKEN = 4
BROKEN_OFF = "The provider broke the text off."


class TextWriter:
    """Writes the text of one generation to its feed, as far as it is certain. `length` characters are there."""

    def __init__(self, store: Store, generation_id: str, text: ForeignText) -> None:
        self._store, self._id, self._text = store, generation_id, text
        self._raw = ""
        self._grown = asyncio.Event()
        self.length = self.pieces = 0

    async def show(self, text: str) -> None:
        """Take the whole text so far."""
        if len(text) > len(self._raw):
            self._raw = text
            self.pieces += 1
            self._grown.set()

    @property
    def written(self) -> str:
        """Return the text that is in the feed."""
        return self._text.text(self._raw, TEXT_CHARS_MAX)[: self.length]

    async def write_until_unwanted(self) -> None:
        """Write what is shown, and return when the owner wants no more of it."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._grown.wait()
            self._grown.clear()
            with suppress(StoreDown):
                unsure = self._text.count_unsure(self._raw)
                if not await self._write(self._text.text(self._raw[: len(self._raw) - unsure], TEXT_CHARS_MAX)):
                    return
            await asyncio.sleep(PAUSE_S)

    async def finish(self, text: str) -> None:
        """Write the rest of the whole text. A store that is away for long keeps it from its readers only."""
        with suppress(StoreDown, TimeoutError):
            async with asyncio.timeout(FINISH_S):
                await self._write(self._text.text(text, TEXT_CHARS_MAX))

    async def _write(self, text: str) -> bool:
        """Write a text as far as it is not in the feed. Return whether more is wanted."""
        length = await feeds.write_text(self._store, self._id, self.length, text[self.length :])
        if length is None:
            return False
        self.length = length  # an earlier run of this generation may have come further
        return True


async def stream_text(context: WorkerContext, job: GenerationJob) -> Pending | Done:
    """Submit a text and write it to its feed. If its owner wants no more, return the part that was written.

    Raises what a submit raises. After the first word no other provider gets it, so a lost stream is Rejected.
    """
    writer = TextWriter(context.store, job.id, context.text)
    work = asyncio.ensure_future(context.adapter.stream(job.call, writer.show))
    writing = asyncio.create_task(writer.write_until_unwanted())
    try:
        await asyncio.wait((work, writing), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await _cancel(work)
            return part_of(job, writer)
        result = await work
    except Unknown as lost:
        if writer.length:
            raise Rejected("provider_failed", BROKEN_OFF) from lost
        raise
    finally:
        await _cancel(work)
        await _cancel(writing)
    if isinstance(result, Done) and result.text is not None:
        await writer.finish(result.text)
    return result


def part_of(job: GenerationJob, writer: TextWriter) -> Done:
    """Return the part of a text that was written, with its tokens. Raises Rejected if there is none.

    The provider reports no tokens then. It sends about one with each piece.
    """
    if not writer.written:
        raise Rejected(CANCELED, CANCELED_WHY)
    given = job.call.input.get(MESSAGES)
    chars = chars_of(given) if given else len(job.call.prompt)
    tokens = {"prompt_tokens": ceil(chars / CHARS_PER_TOKEN), "completion_tokens": writer.pieces}
    return Done(text=writer.written, facts={**tokens, "canceled": True})


async def _cancel(work: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait for its end, whatever that is."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
