"""A small PDF of lines of text: no library, because a statement needs two fonts and no layout.

Characters outside Windows-1252 are shown as question marks.
"""

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT, MARGIN, LEADING = 595, 842, 50, 14  # of A4, in points
LINES_MAX = (HEIGHT - 2 * MARGIN) // LEADING  # of a page
SIZE, HEAD_SIZE = 10, 14
TEXT, HEAD = "/F1", "/F2"


class Line(Struct, frozen=True):
    """A line of text. Headings are larger and bold; other lines have characters of one width."""

    text: str
    head: bool = False


def write_pdf(title: str, lines: Sequence[Line]) -> bytes:
    """Return a PDF with these lines, on as many pages as they need."""
    pages = [lines[first : first + LINES_MAX] for first in range(0, max(len(lines), 1), LINES_MAX)]
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title " + _text(title) + b" >>",
    ]
    for number, page in enumerate(pages):
        box = f"/MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources << /Font << {TEXT} 3 0 R {HEAD} 4 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {7 + 2 * number} 0 R >>".encode())
        drawn = _draw(page)
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n".encode() + drawn + b"\nendstream")
    return _file(objects)


def _draw(lines: Sequence[Line]) -> bytes:
    """Return the commands that draw a page."""
    start = f"BT {LEADING} TL {MARGIN} {HEIGHT - MARGIN} Td".encode()
    fonts = [f"{HEAD} {HEAD_SIZE} Tf " if line.head else f"{TEXT} {SIZE} Tf " for line in lines]
    rows = [font.encode() + _text(line.text) + b" Tj T*" for font, line in zip(fonts, lines, strict=True)]
    return b"\n".join([start, *rows, b"ET"])


def _text(value: str) -> bytes:
    """Return a text as PDF writes it."""
    raw = value.encode("cp1252", errors="replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw.replace(b"\r", b" ").replace(b"\n", b" ") + b")"


def _file(objects: Sequence[bytes]) -> bytes:
    """Return a file of numbered objects, with the table of their places."""
    body, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    count = len(objects) + 1
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    trailer = f"trailer\n<< /Size {count} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()
    return body + f"xref\n0 {count}\n0000000000 65535 f \n".encode() + table + trailer
