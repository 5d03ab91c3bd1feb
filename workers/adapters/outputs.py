"""The files in an answer, whatever its shape."""

from base64 import b64decode

from workers.adapters.contract import Blob, Link, Unknown

DEPTH_MAX = 5


def urls(output: object, depth: int = DEPTH_MAX) -> list[str]:
    """Every address in an output, which may be one, a list of them, or an object with some of them in it."""
    if isinstance(output, str):
        return [output] if output.startswith(("https://", "http://", "data:")) else []
    values = output.values() if isinstance(output, dict) else output if isinstance(output, list) else ()
    return [url for value in values for url in urls(value, depth - 1)] if depth > 0 else []


def file(url: str, media_type: str | None = None) -> Link | Blob:
    """What an address leads to; a data: URL is the file itself. Raises Unknown if that cannot be read."""
    if not url.startswith("data:"):
        return Link(url, media_type)
    head, _, body = url.partition(",")
    return blob(body, media_type or head.removeprefix("data:").partition(";")[0])


def blob(text: str, media_type: str) -> Blob:
    """A file that came as base64. Raises Unknown if it is none."""
    try:
        return Blob(b64decode(text, validate=True), media_type)
    except ValueError as error:
        raise Unknown(f"no base64: {error}") from error
