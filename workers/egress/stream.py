"""A response whose body is read in pieces, so that its size does not matter."""

from collections.abc import AsyncIterator

import aiohttp

from workers.egress.errors import FOREIGN_ERRORS, TooLarge, failure

PIECE_BYTES = 1024 * 1024


class GetStream:
    """The response to a GET, of any status, with its body unread."""

    def __init__(self, response: aiohttp.ClientResponse, bytes_max: int) -> None:
        self.status, self.media_type = response.status, response.content_type
        self._response, self._bytes_max = response, bytes_max

    async def read_pieces(self) -> AsyncIterator[bytes]:
        """Read the body in pieces of about PIECE_BYTES. Raises TooLarge above the limit, and any EgressError."""
        if (self._response.content_length or 0) > self._bytes_max:
            raise TooLarge(f"the body has {self._response.content_length} bytes, at most {self._bytes_max} are read")
        piece, size = bytearray(), 0
        async for chunk in self._read_chunks():
            size += len(chunk)
            if size > self._bytes_max:
                raise TooLarge(f"the body has more than {self._bytes_max} bytes")
            piece += chunk
            if len(piece) >= PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
        if piece:
            yield bytes(piece)

    async def _read_chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except FOREIGN_ERRORS as error:
            raise failure(error, None) from error
