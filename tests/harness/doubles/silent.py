"""A machine that does not answer: its port lets nobody connect, as behind a firewall that drops packets."""

import socket
from types import TracebackType
from typing import Self

HELD = 2  # connections that fill a listener with a queue of none


class Silent:
    """`with Silent() as silent:`; a connection to `url` comes about never."""

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self._held = [socket.socket() for _ in range(HELD)]
        for held in self._held:
            held.setblocking(False)
            held.connect_ex(self._listener.getsockname())
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for held in (*self._held, self._listener):
            held.close()
