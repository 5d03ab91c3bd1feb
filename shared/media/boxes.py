"""Whether a file that arrives in pieces reaches the end that its own boxes name: MP4 and QuickTime."""

BOXES_MAX = 10_000  # a file with more is not checked any further
SHORT_BYTES, LONG_BYTES = 8, 16  # of a box's header


class BoxWalk:
    """Follows the top-level boxes of an MP4 file. Each begins with its length."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._skip = 0  # bytes of the current box that are still to come
        self._boxes = 0
        self._ended = False  # the rest belongs to one box, or is not a box

    @property
    def is_cut(self) -> bool:
        """Return whether the file ended inside a box."""
        return not self._ended and (self._skip > 0 or bool(self._header))

    def feed(self, piece: bytes) -> None:
        """Follow the boxes through the next bytes of the file."""
        place = 0
        while place < len(piece) and not self._ended:
            if self._skip:
                step = min(self._skip, len(piece) - place)
                self._skip -= step
            else:
                step = self._read_header(piece[place : place + LONG_BYTES])
            place += step

    def _read_header(self, data: bytes) -> int:
        """Take bytes of a box's header, and return how many."""
        wanted = LONG_BYTES if self._header[:4] == b"\0\0\0\1" and len(self._header) >= SHORT_BYTES else SHORT_BYTES
        taken = data[: wanted - len(self._header)]
        self._header += taken
        if len(self._header) < wanted:
            return len(taken)
        length = int.from_bytes(self._header[:4])
        if length == 1 and wanted == SHORT_BYTES:
            return len(taken)  # its length follows in the next eight bytes
        if wanted == LONG_BYTES:
            length = int.from_bytes(self._header[8:])
        self._boxes += 1
        self._ended = length < wanted or self._boxes >= BOXES_MAX  # a length of 0 means: until the end of the file
        self._skip = max(length - wanted, 0)
        self._header.clear()
        return len(taken)
