"""The requests of the hostile tenant, each with its pace. They are made once, so that they cost the sender little."""

import base64
import gzip
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import count, cycle

import msgspec

from tests.harness.doubles.provider import a_png
from tests.harness.odd_images import ODD_IMAGES

IMAGE_BYTES = 700_000  # below the bound of a body as base64
LARGE_PX, UPSCALED_PX = 4_096, 1_024
BOMB_BYTES = 800_000
UNPACKED_BYTES = 200_000_000
NETWORK = "2001:db8:7"  # a /48, which one customer of a provider gets
VOICE_CHARS = 400
ENDLESS = ("jpeg of fill bytes",)  # too large for a body, and slow to make


class Attacks:
    """Each method returns the next request of one attack. `provider` is the one of images and voices."""

    def __init__(self, key: str, provider: str) -> None:
        self._provider = provider
        self._key = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._numbers = count()

    @cached_property
    def _padded(self) -> bytes:
        return a_png() + bytes(IMAGE_BYTES)

    @cached_property
    def _heavy(self) -> Iterator[bytes]:
        return cycle([self._show(data) for data in (a_png(LARGE_PX, LARGE_PX, mode="L"), self._padded)])

    @cached_property
    def _odd(self) -> Iterator[bytes]:
        made = [make() for name, make in ODD_IMAGES.items() if name not in ENDLESS]
        return cycle([self._show(data) for data in made if 0 < len(data) <= IMAGE_BYTES])

    @cached_property
    def _long_key(self) -> bytes:
        return self._show(self._padded, **{"Idempotency-Key": "x" * 256})

    @cached_property
    def _upscale(self) -> bytes:
        return self._post("/api/tools/upscale", self._order(imageUrl=data_url(a_png(UPSCALED_PX, UPSCALED_PX))))

    @cached_property
    def _packed(self) -> bytes:
        packed = gzip.compress(bytes(UNPACKED_BYTES), 9)
        return encode("POST", "/api/v1/generations", self._key | {"Content-Encoding": "gzip"}, packed)

    @cached_property
    def _zeros(self) -> bytes:
        return encode("POST", "/healthz", {}, bytes(BOMB_BYTES))

    def _post(self, path: str, body: object, **headers: str) -> bytes:
        return encode("POST", path, self._key | headers, msgspec.json.encode(body))

    def _show(self, image: bytes, **headers: str) -> bytes:
        return self._post("/api/tools/interrogate", self._order(imageUrl=data_url(image)), **headers)

    def _order(self, **fields: object) -> dict[str, object]:
        return {**fields, "provider": self._provider, "async": True}

    def forbidden(self) -> bytes:
        """Order a model that its provider forbids; the end goes to ten endpoints that never answer."""
        prompt = f"hostile {next(self._numbers)}"
        return self._post("/api/v1/generations", {"model": "chaos/odd-forbidden", "prompt": prompt})

    def heavy(self) -> bytes:
        """Describe an image that is large in pixels or in bytes."""
        return next(self._heavy)

    def upscale(self) -> bytes:
        """Enlarge an image, which takes seconds."""
        return self._upscale

    def odd(self) -> bytes:
        """Describe an image that keeps a decoder busy."""
        return next(self._odd)

    def voice(self) -> bytes:
        """Speak a text that crashes the library of voices."""
        return self._post("/api/voice/generate", self._order(text="a." * (VOICE_CHARS // 2)))

    def long_key(self) -> bytes:
        """Send an image with an Idempotency-Key that is too long."""
        return self._long_key

    def guest(self) -> bytes:
        """Order a paid provider without a key, each time from another /64 of one /48."""
        number = next(self._numbers)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"{NETWORK}:{number % 65_536:x}::1"}
        body = {"prompt": f"hostile {number}", "provider": "paid", "async": True}
        return encode("POST", "/api/generate", headers, msgspec.json.encode(body))

    def list(self) -> bytes:
        """Read a long list."""
        return encode("GET", "/api/v1/generations?limit=200", self._key)

    def jobs(self) -> bytes:
        """Read the list of the other API."""
        return encode("GET", "/api/jobs?limit=200", self._key)

    def models(self) -> bytes:
        """Read the models."""
        return encode("GET", "/api/v1/models", self._key)

    def document(self) -> bytes:
        """Read the largest document."""
        return encode("GET", "/openapi.json", {"Accept-Encoding": "gzip"})

    def bad_key(self) -> bytes:
        """Try a key that does not exist."""
        return encode("GET", "/api/v1/balance", {"Authorization": f"Bearer wok_{next(self._numbers)}"})

    def zeros(self) -> bytes:
        """Send a large body to a page that needs none."""
        return self._zeros

    def packed(self) -> bytes:
        """Send a small body that unpacks to a large one."""
        return self._packed


def encode(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request as it is sent."""
    fields = {"Host": "gateway", **headers} | ({"Content-Length": str(len(body))} if body else {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def data_url(data: bytes) -> str:
    """Return an image as a URL."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


Attack = Callable[[Attacks], bytes]
PACES: dict[Attack, float] = {  # requests a second
    Attacks.forbidden: 10.0,
    Attacks.heavy: 2.0,
    Attacks.upscale: 2.0,
    Attacks.odd: 5.0,
    Attacks.voice: 5.0,
    Attacks.long_key: 4.0,
    Attacks.guest: 10.0,
    Attacks.list: 6.0,
    Attacks.jobs: 6.0,
    Attacks.models: 10.0,
    Attacks.document: 20.0,
    Attacks.bad_key: 60.0,
    Attacks.zeros: 2.0,
    Attacks.packed: 5.0,
}
