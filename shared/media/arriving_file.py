"""A file that arrives in pieces: its first and last bytes, its size, and whether it reached its end."""

from shared.media.boxes import BoxWalk
from shared.media.file_type import input_type
from shared.media.image_header import HEAD_BYTES_MAX, TAIL_BYTES_MAX, DamagedImage, is_whole, read_header

CONTAINER = b"ftyp"  # of MP4, and of the images and recordings in it


class ArrivingFile:
    """The ends of a file that arrives in pieces, and the boxes of one in an MP4 container."""

    def __init__(self) -> None:
        self.head = self.tail = b""
        self.size_bytes = 0
        self._boxes: BoxWalk | None = None

    @property
    def is_cut(self) -> bool:
        """Return whether the file ended inside a box."""
        return self._boxes is not None and self._boxes.is_cut

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if not self.size_bytes and piece[4:8] == CONTAINER:
            self._boxes = BoxWalk()
        if self._boxes is not None:
            self._boxes.feed(piece)
        self.size_bytes += len(piece)
        if len(self.head) < HEAD_BYTES_MAX:
            self.head += piece[: HEAD_BYTES_MAX - len(self.head)]
        self.tail = (self.tail + piece[-TAIL_BYTES_MAX:])[-TAIL_BYTES_MAX:]

    def find_damage(self) -> str | None:
        """Return what is wrong with a file of media, as a clause without a subject; None if nothing is known."""
        try:
            header = read_header(self.head, self.size_bytes)
        except DamagedImage as error:
            return str(error)
        media_type = input_type(self.head) or ""
        # A moving photo is a JPEG with a video behind it.
        moving = media_type == "image/jpeg" and CONTAINER in self.tail + self.head
        cut = header is not None and not moving and not is_whole(media_type, self.head, self.tail, self.size_bytes)
        return "ends early" if cut or self.is_cut else None
