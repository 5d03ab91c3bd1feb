"""A host that does not respond: connections to its port hang, as behind a firewall that drops packets."""

import socket
from types import TracebackType
from typing import Self

BLOCKING = 2  # connections that fill a listener without a queue


class Silent:
    """`with Silent() as silent:`; a connection to `url` is never established."""

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self._blocking = [socket.socket() for _ in range(BLOCKING)]
        for connection in self._blocking:
            connection.setblocking(False)
            connection.connect_ex(self._listener.getsockname())
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (*self._blocking, self._listener):
            connection.close()
