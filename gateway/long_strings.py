"""The long strings of a JSON body, `data:` URLs: cut out before it is parsed, because a parser reads each character.

A string without a quote, a backslash or a line end has no escapes, so its end is found much faster than it is parsed.
"""

from secrets import token_hex

LONG_BYTES = 16_384
START, QUOTE, BACKSLASH = b'"data:', b'"', b"\\"
SPACES = (b"\t", b"\n", b"\f", b"\r")  # not allowed in JSON strings; base64 text excludes the other control characters
STAND_IN = token_hex(16).encode()  # new in each process, so that no client can send it


def cut_long(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return JSON whose long `data:` URLs are replaced by names, and the URLs by name."""
    parts, cut, done = list[bytes](), dict[str, str](), 0
    start = body.find(START) if len(body) >= LONG_BYTES else -1
    while start >= 0:
        end = body.find(QUOTE, start + 1)
        if end < 0:
            break
        is_string = body[start - 1 : start] != BACKSLASH  # else the quote is a part of another string
        if end - start > LONG_BYTES and is_string and is_plain(body, start, end):
            name = b"%b%d" % (STAND_IN, len(cut))
            cut[name.decode()] = str(memoryview(body)[start + 1 : end], "ascii")
            parts += [body[done : start + 1], name]
            done = end
        start = body.find(START, end)
    return (b"".join([*parts, body[done:]]), cut) if cut else (body, cut)


def is_plain(body: bytes, start: int, end: int) -> bool:
    """Return whether the bytes of a JSON string are its value."""
    if any(body.find(sign, start, end) >= 0 for sign in (BACKSLASH, *SPACES)):
        return False
    return body.isascii() or body[start:end].isascii()


def restore(value: object, cut: dict[str, str]) -> object:
    """Return a parsed body with the strings that were cut out."""
    if isinstance(value, str):
        return cut.get(value, value)
    if isinstance(value, list):
        return [restore(item, cut) for item in value]
    if isinstance(value, dict):
        return {cut.get(name, name): restore(item, cut) for name, item in value.items()}
    return value
