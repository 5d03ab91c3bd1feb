"""fal.ai's queue: submit, status, result and cancel under an app's `owner/alias`, and webhooks signed with Ed25519."""

import base64
import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.harness.doubles import double
from tests.harness.doubles.double import Request, Response, Route
from workers.adapters.contract import Callback

QUEUED = "IN_QUEUE"
PAGE = 3  # apps on a page of the catalogue
REQUEST = "/{owner}/{alias}/requests/{id}"
FLUX = {"prompt", "image_size", "num_inference_steps", "seed", "guidance_scale", "num_images", "output_format"}
BANANA = {"prompt", "num_images", "seed", "aspect_ratio", "output_format", "safety_tolerance", "resolution"}
AVATAR = {"image_url", "audio_url", "prompt"}
KLING = {"prompt", "duration", "aspect_ratio", "negative_prompt", "cfg_scale"}
APPS = {  # the inputs of some apps; the refusal of any other field is assumed
    "fal-ai/flux/schnell": FLUX,
    "fal-ai/flux/dev": FLUX,
    "fal-ai/flux-pro/kontext": {"prompt", "image_url", "aspect_ratio", "seed", "guidance_scale", "num_images"},
    "fal-ai/nano-banana-2": BANANA,
    "fal-ai/nano-banana-2/edit": BANANA | {"image_urls"},
    "fal-ai/esrgan": {"image_url", "scale", "tile", "face", "model", "output_format"},
    "fal-ai/kling-video/v2.5-turbo/pro/text-to-video": KLING,
    "fal-ai/kling-video/ai-avatar/v2/standard": AVATAR,
    "fal-ai/kling-video/ai-avatar/v2/pro": AVATAR,
    "fal-ai/kokoro/american-english": {"prompt", "voice", "speed"},
}
REQUIRED = {app: ("image_url", "audio_url") for app, fields in APPS.items() if fields == AVATAR}
SIGNING = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)


def public(key: Ed25519PrivateKey) -> str:
    """Return the `x` of a key in fal's published key set."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Double(double.Double):
    """`result` is the result of a completed request, by default a link to an image."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.queued_apps: dict[str, str] = {}  # id -> owner/alias
        self.result: Response | None = None
        self.listed: dict[str, dict[str, Any]] = {}  # its catalogue: metadata, openapi and price of each app
        self.cancelled: set[str] = set()
        self.signing = [Ed25519PrivateKey.from_private_bytes(b"\x02" * 32), SIGNING]  # the keys in the key set

    def routes(self) -> Iterable[Route]:
        """Return the routes. Those of a request come first, since an app's name may have any number of parts."""
        return [
            ("other", "GET", "/v1/models/pricing", self.price),
            ("keys", "GET", "/.well-known/jwks.json", self.list_keys),
            ("other", "GET", "/v1/models", self.find_app),
            ("poll", "GET", f"{REQUEST}/status", self.status),
            ("cancel", "PUT", f"{REQUEST}/cancel", self.cancel),
            ("result", "GET", REQUEST, self.show),
            ("submit", "POST", "/{owner}/{alias}", self.enqueue),
            ("submit", "POST", "/{owner}/{alias}/{path:.+}", self.enqueue),
        ]

    def find_app(self, request: Request) -> Response:
        """Return an app, an invented one without a status. The form is that of a third party."""
        if self.listed:
            return self.list_apps(request)
        app = request.query["endpoint_id"]
        metadata = {"status": "active"} if app in APPS else {}
        return Response(200, {"models": [{"endpoint_id": app, "metadata": metadata}], "has_more": False})

    def list_apps(self, request: Request) -> Response:
        """Return a page of the catalogue, or the named apps with their documents if `expand` names them."""
        query = parse_qsl(urlsplit(request.raw_path).query)
        named = [value for name, value in query if name == "endpoint_id"]
        start = int(request.query.get("cursor") or 0)
        page = named or list(self.listed)[start : start + PAGE]
        more = None if named or start + PAGE >= len(self.listed) else str(start + PAGE)
        hidden = ("price", *(() if ("expand", "openapi-3.0") in query else ("openapi",)))
        found = [{"endpoint_id": app, **self.listed.get(app, {"metadata": {}})} for app in page]
        shown = [{key: value for key, value in app.items() if key not in hidden} for app in found]
        return Response(200, {"models": shown, "next_cursor": more, "has_more": more is not None})

    def enqueue(self, request: Request) -> Response:
        """Enqueue a request. Its URLs omit the path of the app."""
        unknown = sorted(request.json.keys() - APPS.get(request.path.strip("/"), request.json.keys()))
        if unknown:
            return Response(
                422, {"detail": [{"loc": ["body", unknown[0]], "msg": "Extra inputs.", "type": "extra_forbidden"}]}
            )
        missing = [name for name in REQUIRED.get(request.path.strip("/"), ()) if name not in request.json]
        if missing:
            return Response(
                422, {"detail": [{"loc": ["body", missing[0]], "msg": "Field required", "type": "missing"}]}
            )
        request_id = str(uuid4())
        self.queued_apps[request_id] = f"{request.match['owner']}/{request.match['alias']}"
        return Response(200, {"status": QUEUED, **self._urls(request_id), "queue_position": 0})

    def status(self, request: Request) -> Response:
        """Return the status with 202 until there is a result, then with 200, even for a failure."""
        request_id = request.match["id"]
        if self._is_unknown(request):
            return self._missing()
        state = "COMPLETED" if request_id in self.cancelled else self.take_state("COMPLETED")
        more: dict[str, object] = {"logs": None}
        if state == QUEUED:
            more = {"queue_position": 1}
        elif state == "COMPLETED":
            more["metrics"] = {"inference_time": 0.5}
        return Response(200 if state == "COMPLETED" else 202, {"status": state, **self._urls(request_id), **more})

    def show(self, request: Request) -> Response:
        """Return the result with the model's own status. That of a cancelled request is assumed."""
        if self._is_unknown(request):
            return self._missing()
        if request.match["id"] in self.cancelled:
            cancelled = {"detail": "The request was cancelled by the client", "error_type": "client_cancelled"}
            return Response(499, cancelled, {"X-Fal-Error-Type": "client_cancelled"})
        image = {"url": self.link(), "content_type": "image/png", "file_name": "out.png", "file_size": None}
        images = [{**image, "width": 8, "height": 8}]
        done = {"images": images, "seed": 42, "timings": {"inference": 0.5}, "has_nsfw_concepts": [False]}
        return self.result or Response(200, done)

    def cancel(self, request: Request) -> Response:
        """Cancel a request unless it has finished. The status codes of the two refusals are assumed."""
        if self._is_unknown(request):
            return Response(404, {"status": "NOT_FOUND"})
        if not self.states:
            return Response(400, {"status": "ALREADY_COMPLETED"})
        self.cancelled.add(request.match["id"])
        return Response(202, {"status": "CANCELLATION_REQUESTED"})

    def price(self, request: Request) -> Response:
        """Return an app's price, like the platform's own API, or those of the catalogue."""
        if self.listed:
            named = [value for name, value in parse_qsl(urlsplit(request.raw_path).query) if name == "endpoint_id"]
            known = [{"endpoint_id": app, **self.listed[app]["price"]} for app in named if "price" in self.listed[app]]
            return Response(200, {"prices": known, "next_cursor": None, "has_more": False})
        price = {
            "endpoint_id": request.query["endpoint_id"],
            "unit_price": 0.025,
            "unit": "megapixels",
            "currency": "USD",
        }
        return Response(200, {"prices": [price], "next_cursor": None, "has_more": False})

    def list_keys(self, request: Request) -> Response:
        """Return the key set."""
        return Response(200, {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public(key)} for key in self.signing]})

    def webhook(self, ref: str, timestamp_s: int | None = None, key: Ed25519PrivateKey = SIGNING) -> Callback:
        """Return the webhook for the finished request with this status URL or id."""
        request_id = ref.removesuffix("/status").rpartition("/")[2]
        body = json.dumps(
            {"request_id": request_id, "gateway_request_id": request_id, "status": "OK", "payload": {}}
        ).encode()
        at_s = str(int(time.time()) if timestamp_s is None else timestamp_s)
        message = "\n".join((request_id, "user-1", at_s, hashlib.sha256(body).hexdigest())).encode()
        headers = {
            "request-id": request_id,
            "user-id": "user-1",
            "timestamp": at_s,
            "signature": key.sign(message).hex(),
        }
        return Callback({f"x-fal-webhook-{name}": value for name, value in headers.items()}, body)

    def _urls(self, request_id: str) -> dict[str, str]:
        own = f"{self.base_url}/{self.queued_apps[request_id]}/requests/{request_id}"
        return {
            "request_id": request_id,
            "response_url": own,
            "status_url": f"{own}/status",
            "cancel_url": f"{own}/cancel",
        }

    def _is_unknown(self, request: Request) -> bool:
        return self.queued_apps.get(request.match["id"]) != f"{request.match['owner']}/{request.match['alias']}"

    @staticmethod
    def _missing() -> Response:
        return Response(404, {"detail": "Request not found"})
