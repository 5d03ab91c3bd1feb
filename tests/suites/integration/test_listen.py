"""Subscribing to a server that still loads."""

import asyncio
from pathlib import Path

from shared.store.listen import listen


async def test_listen_subscribes_again_when_the_server_still_loads(tmp_path: Path) -> None:
    """A refused subscription is retried on a new connection, and messages arrive from then on."""
    connections, complaints = 0, []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while data := await reader.read(4096):
            if b"SETNAME" in data:
                writer.write(b"+OK\r\n")
            if b"SUBSCRIBE" in data and connections == 1:
                writer.write(b"-LOADING the dataset\r\n")
            elif b"SUBSCRIBE" in data:
                writer.write(
                    b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"
                )
        writer.close()

    path = tmp_path / "s.sock"
    async with await asyncio.start_unix_server(serve, str(path)):
        hearing = asyncio.create_task(listen(f"unix://{path}", "c", on_message=heard.set_result, on_gap=lambda: None))
        async with asyncio.timeout(5):
            assert b"hi" == await heard
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
    assert (2, []) == (connections, complaints)
