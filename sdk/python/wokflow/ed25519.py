"""Ed25519 signatures (RFC 8032), verified without a library. Verifying needs no secret, so its time may vary."""

from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
KEY_BYTES = 32

Point = tuple[int, int, int, int]  # x = X/Z, y = Y/Z, x * y = T/Z
ZERO: Point = (0, 1, 1, 0)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether a signature of a message was made with the private half of a key."""
    if len(public_key) != KEY_BYTES or len(signature) != 2 * KEY_BYTES:
        return False
    key, commitment = _decode_point(public_key), _decode_point(signature[:KEY_BYTES])
    scalar = int.from_bytes(signature[KEY_BYTES:], "little")
    if key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:KEY_BYTES] + public_key + message).digest(), "little") % ORDER
    return _is_same(_multiply(BASE, scalar), _add(commitment, _multiply(key, challenge)))


def _add(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(point: Point, scalar: int) -> Point:
    product = ZERO
    while scalar:
        if scalar & 1:
            product = _add(product, point)
        point, scalar = _add(point, point), scalar >> 1
    return product


def _is_same(one: Point, two: Point) -> bool:
    return (one[0] * two[2] - two[0] * one[2]) % P == 0 and (one[1] * two[2] - two[1] * one[2]) % P == 0


def _decode_point(encoded: bytes) -> Point | None:
    """Return the point of 32 bytes: y, and the sign of x in the highest bit. None if there is none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _find_base() -> Point:
    point = _decode_point((4 * pow(5, P - 2, P) % P).to_bytes(KEY_BYTES, "little"))
    if point is None:
        raise AssertionError("the base point is on the curve")
    return point


BASE = _find_base()
