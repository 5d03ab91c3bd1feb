"""Server-sent events: bytes to events."""

import json
from dataclasses import dataclass

from wokflow.decode import decode
from wokflow.errors import InvalidResponseError
from wokflow.models.events import StreamedEvent

LINE_BYTES_MAX = 32_000_000
READ_S = 45.0  # three heartbeats


@dataclass(frozen=True)
class Received:
    """An event, and its id if it has one."""

    event: StreamedEvent
    id: str | None


class EventDecoder:
    """Decodes the bytes of a stream. Only line feeds end a line: other separators may be in a text."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._id: str | None = None

    def feed(self, chunk: bytes) -> list[Received]:
        """Take more bytes, and return the events that they complete. Raises InvalidResponseError."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            raise InvalidResponseError("An event of the stream is too large.")
        found = [self._take(line.removesuffix(b"\r")) for line in lines]
        return [one for one in found if one is not None]

    def _take(self, line: bytes) -> Received | None:
        name, _, value = line.partition(b":")
        if line and name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif line and name == b"id":
            self._id = value.removeprefix(b" ").decode(errors="replace")
        elif not line:
            return self._finish()
        return None

    def _finish(self) -> Received | None:
        data, event_id = b"\n".join(self._data), self._id
        self._data, self._id = [], None
        if not data:
            return None
        try:
            return Received(decode(StreamedEvent, json.loads(data)), event_id)
        except ValueError as error:
            raise InvalidResponseError("An event of the stream is not JSON.") from error
