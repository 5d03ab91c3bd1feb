"""A response whose body is read in pieces, so that its size does not matter."""

from collections.abc import AsyncIterator

import aiohttp

from workers.egress.errors import TooLarge

PIECE_BYTES = 1024 * 1024


class GetStream:
    """The response to a GET, of any status, with its body unread."""

    def __init__(self, response: aiohttp.ClientResponse, bytes_max: int) -> None:
        self.status, self.media_type = response.status, response.content_type
        self._response, self._bytes_max = response, bytes_max

    async def read_pieces(self) -> AsyncIterator[bytes]:
        """Read the body in pieces of about PIECE_BYTES. Raises TooLarge as soon as it exceeds the limit."""
        if (self._response.content_length or 0) > self._bytes_max:
            raise TooLarge(f"the body has {self._response.content_length} bytes, at most {self._bytes_max} are read")
        piece, size = bytearray(), 0
        async for chunk in self._response.content.iter_any():
            size += len(chunk)
            if size > self._bytes_max:
                raise TooLarge(f"the body has more than {self._bytes_max} bytes")
            piece += chunk
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
        if piece:
            yield bytes(piece)
