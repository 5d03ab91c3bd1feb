"""Output files in a provider's JSON, whatever its shape."""

from shared.media.base64_text import decode_base64
from workers.adapters.contract import Blob, Link, Unknown
from workers.adapters.refusals import no_result

DEPTH_MAX = 5


def find_urls(output: object, depth: int = DEPTH_MAX) -> list[str]:
    """Return every URL in an output: a URL, a list of them, or an object with some in it."""
    if isinstance(output, str):
        return [output] if output.startswith(("https://", "http://", "data:")) else []
    values = output.values() if isinstance(output, dict) else output if isinstance(output, list) else ()
    return [url for value in values for url in find_urls(value, depth - 1)] if depth > 0 else []


def read_outputs(output: object) -> tuple[Link | Blob, ...]:
    """Return every file that an output names. Raises Rejected if there is none."""
    outputs = tuple(read_output(url) for url in find_urls(output))
    if not outputs:
        raise no_result()
    return outputs


def read_output(url: str, media_type: str | None = None) -> Link | Blob:
    """Return the file at a URL; a data: URL is the file itself. Raises Unknown if that cannot be decoded."""
    if not url.startswith("data:"):
        return Link(url, media_type)
    head, _, body = url.partition(",")
    return decode_blob(body, media_type or head.removeprefix("data:").partition(";")[0])


def decode_blob(text: str, media_type: str) -> Blob:
    """Decode a base64 file. Raises Unknown if it is not base64."""
    try:
        return Blob(decode_base64(text), media_type)
    except ValueError as error:
        raise Unknown(f"the output is not base64: {error}") from error
