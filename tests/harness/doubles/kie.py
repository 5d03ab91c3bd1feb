"""kie.ai: tasks of the market, tasks of four makers with their own paths and states, chat models, uploads.

Every response has HTTP status 200, errors too, as in the recorded traffic. Assumed:

- kie refuses a field which a model does not document;
- a failed task looks as documented (none was recorded);
- the position of the credits in a record.
"""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.harness.doubles import double
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.openai import MP3
from workers.adapters.contract import Callback

INPUTS = {
    line.split()[0]: line.split()[1:]
    for line in Path(__file__).with_name("kie_models.txt").read_text().splitlines()
    if not line.startswith("#")
}
VEO = {"prompt", "model", "imageUrls", "generationType", "aspect_ratio", "resolution", "callBackUrl", "watermark"}
FLUX = {"prompt", "model", "inputImage", "aspectRatio", "outputFormat", "promptUpsampling", "callBackUrl"}
GPT4O = {"prompt", "size", "filesUrl", "maskUrl", "callBackUrl", "isEnhance", "uploadCn"}
SUNO = {"prompt", "style", "title", "customMode", "instrumental", "model", "callBackUrl", "negativeTags"}
CHAT = {"model", "messages", "stream", "tools", "include_thoughts", "reasoning_effort", "max_tokens"}
CLAUDE = {"model", "messages", "stream", "tools", "thinkingFlag", "max_tokens"}
OK = 200
RATE_CARD_ROWS_MAX = 100  # of a page
VIDEO = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x08mdat"  # the first bytes, which show the type


def envelope(code: int, msg: str = "success", data: object = None) -> Response:
    """Return a response in kie's envelope."""
    return Response(OK, {"code": code, "msg": msg, "data": data})


class Double(double.Double):
    """`links` are the links of a finished task, None for one of `files`. `failure` is its (code, message)."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files |= {"song.mp3": (MP3, "audio/mpeg"), "film.mp4": (VIDEO, "video/mp4")}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.links: list[str] | None = None
        self.failure = ("500", "Internal Error, Please try again later.")
        self.credits: float | None = None  # in a finished task's record
        self.content = "A red fox crosses the snow."
        self.stop_reason = "end_turn"
        self.enveloped = False  # whether a chat completion is within the envelope
        self.age_s = 0.0  # of every task
        self.listed: dict[str, dict[str, Any]] = {}  # entries of its catalogue, each with its document as `schema`
        self.rate_card: list[dict[str, Any]] = []  # rows of its price page

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter uses."""
        return [
            ("submit", "POST", "/api/v1/jobs/createTask", self.create),
            ("submit", "POST", "/api/v1/veo/generate", self.veo),
            ("submit", "POST", "/api/v1/flux/kontext/generate", self.flux),
            ("submit", "POST", "/api/v1/gpt4o-image/generate", self.gpt4o),
            ("submit", "POST", "/api/v1/generate", self.suno),
            ("submit", "POST", "/claude/v1/messages", self.message),
            ("submit", "POST", "/{model}/v1/chat/completions", self.complete),
            ("poll", "GET", "/api/v1/jobs/recordInfo", self.record),
            ("poll", "GET", "/api/v1/veo/record-info", self.flagged),
            ("poll", "GET", "/api/v1/flux/kontext/record-info", self.flagged),
            ("poll", "GET", "/api/v1/gpt4o-image/record-info", self.flagged),
            ("poll", "GET", "/api/v1/generate/record-info", self.song),
            ("list", "GET", "/api/v1/models", self.list_models),
            ("list", "GET", "/api/v1/models/{model:.+}/schema", self.show_schema),
            ("list", "POST", "/client/v1/model-pricing/page", self.show_rate_card),
            ("upload", "POST", "/api/file-stream-upload", self.upload),
            (
                "other",
                "GET",
                "/api/v1/chat/credit",
                lambda request: self._refuse_without_key(request) or envelope(OK, data=5916.25),
            ),
        ]

    def is_accepted(self, answer: Response) -> bool:
        """Return whether work began, by the code in the body: errors have status 200 here."""
        body = answer.body
        return super().is_accepted(answer) and not (isinstance(body, dict) and body.get("code", OK) != OK)

    def create(self, request: Request) -> Response:
        """Create a task of the market."""
        body = request.json
        if body.get("model") not in INPUTS:
            return self._refuse_without_key(request) or envelope(422, "The model name you specified is not supported.")
        refusal = refuse_invalid(INPUTS[body["model"]], body.get("input", {}))
        return refusal or self._start(request, body, None)

    def veo(self, request: Request) -> Response:
        """Create a Veo video."""
        body = request.json
        if body.get("model", "veo3") not in ("veo3", "veo3_fast", "veo3_lite"):
            return envelope(422, "model is not within the range of allowed options")
        expected = ["prompt*", "aspect_ratio=16:9|9:16|Auto", "resolution=720p|1080p|4k"]
        return self._start(request, body, VEO, expected)

    def flux(self, request: Request) -> Response:
        """Create a Flux Kontext image."""
        expected = ["prompt*", "model=flux-kontext-pro|flux-kontext-max", "aspectRatio=21:9|16:9|4:3|1:1|3:4|9:16"]
        return self._start(request, request.json, FLUX, expected)

    def gpt4o(self, request: Request) -> Response:
        """Create a GPT-4o image."""
        return self._start(request, request.json, GPT4O, ["size*=1:1|3:2|2:3"])

    def suno(self, request: Request) -> Response:
        """Create music. Suno requires a callback URL, as recorded."""
        body = request.json
        if not body.get("callBackUrl"):
            return envelope(422, "Please enter callBackUrl.")
        expected = ["customMode*:bool", "instrumental*:bool", "model*=V4|V4_5|V4_5PLUS|V4_5ALL|V5|V5_5"]
        expected += ["style*<1000", "title*<80"] if body.get("customMode") else ["prompt*<500"]
        return self._start(request, body, SUNO, expected)

    def record(self, request: Request) -> Response:
        """Return the market's record of a task. `param` is encoded twice, as recorded."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._refuse_without_key(request) or envelope(422, "Record does not exist")
        state = self.take_state("success")
        body, done = task["body"], state == "success"
        sent = {"model": body["model"], "param": json.dumps({**body, "input": json.dumps(body["input"])})}
        name = "song.mp3" if body["model"].startswith("elevenlabs/") else "out.png"
        result = json.dumps({"resultUrls": self._links(name)}) if done else ""
        code, msg = self.failure if state == "fail" else (None, None)
        times = {"costTime": 48 if done else None, "completeTime": _now_ms() if done else None}
        spent = {"creditsConsumed": self.credits} if done and self.credits is not None else {}
        fields = {"state": state, "resultJson": result, "failCode": code, "failMsg": msg, **times, **spent}
        return envelope(OK, data={"taskId": task["id"], **sent, **fields, "createTime": self._created_ms()})

    def flagged(self, request: Request) -> Response:
        """Return a maker's record with a flag: 0 running, 1 done, 2 and 3 failed. An unknown task has no record."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._refuse_without_key(request) or envelope(OK)
        state = self.take_state("1")
        links = {"resultUrls": self._links("film.mp4" if "veo" in request.path else "out.png")}
        if "flux" in request.path:
            links = {"originImageUrl": f"{self.url}/gone", "resultImageUrl": next(iter(self._links()), None)}
        code, msg = (int(self.failure[0]), self.failure[1]) if state in ("2", "3") else (None, "")
        fields = {"response": {"taskId": task["id"], **links} if state == "1" else None, "errorCode": code}
        flag = int(state) if state.isdecimal() else state
        sent = {"paramJson": json.dumps(task["body"]), "createTime": "2026-11-21 12:00:00"}
        return envelope(OK, data={"taskId": task["id"], **sent, **fields, "successFlag": flag, "errorMessage": msg})

    def song(self, request: Request) -> Response:
        """Return the record of music with two tracks. The first is finished earlier."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._refuse_without_key(request) or envelope(OK)
        status = self.take_state("SUCCESS")
        ready = {"SUCCESS": 2, "FIRST_SUCCESS": 1, "CALLBACK_EXCEPTION": 2}.get(status, 0)
        track = {
            "streamAudioUrl": f"{self.url}/stream",
            "imageUrl": self.link("out.png"),
            "title": "Fox",
            "tags": "folk",
        }
        links = self._links("song.mp3") * 2 if self.links is None else self.links
        tracks = [{"id": str(uuid4()), "audioUrl": link, **track, "duration": 198.44} for link in links[:ready]]
        failed = status.endswith(("_FAILED", "_ERROR"))
        code, msg = (int(self.failure[0]), self.failure[1]) if failed else (None, None)
        fields = {"status": status, "errorCode": code, "errorMessage": msg, "param": json.dumps(task["body"])}
        return envelope(
            OK, data={"taskId": task["id"], **fields, "response": {"taskId": task["id"], "sunoData": tracks}}
        )

    def message(self, request: Request) -> Response:
        """Return a Claude model's message, as plain text like in the recorded traffic."""
        body = request.json
        refusal = (
            self._refuse_without_key(request)
            or refuse_unknown(body, CLAUDE)
            or refuse_invalid(["model*", "stream:bool"], body, known=False)
        )
        if refusal is not None or body.get("stream", True):
            return refusal or envelope(422, "Streams are not supported here.")
        content = [{"type": "text", "text": self.content}]
        usage = {"output_tokens": 17, "input_tokens": 13}
        fields = {"role": "assistant", "usage": usage, "stop_reason": self.stop_reason, "model": body["model"]}
        whole = {**fields, "id": "msg_1", "credits_consumed": 0.02, "type": "message", "content": content}
        return Response(OK, json.dumps(whole), {"Content-Type": "text/plain"})

    def complete(self, request: Request) -> Response:
        """Return a completion with one choice. Without `stream` it would be a stream."""
        body = request.json
        refusal = self._refuse_without_key(request) or refuse_unknown(body, CHAT)
        if refusal is not None or body.get("stream", True):
            return refusal or envelope(422, "Streams are not supported here.")
        choice = {"index": 0, "message": {"role": "assistant", "content": self.content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
        fields = {"id": "c1", "object": "chat.completion", "created": 1, "model": request.match["model"]}
        whole = {**fields, "choices": [choice], "usage": usage, "credits_consumed": 0.13}
        return envelope(OK, data=whole) if self.enveloped else Response(OK, whole)

    def upload(self, request: Request) -> Response:
        """Store a file under a name of kie's own."""
        parts = {part.name: part for part in request.form}
        missing = next((name for name in ("file", "uploadPath") if name not in parts), None)
        if missing is not None:
            return Response(OK, {"success": False, "code": 400, "msg": f"Missing required parameter: {missing}"})
        name = f"{uuid4().hex}.png"
        self.files[name] = (parts["file"].data, "image/png")
        fields = {"success": True, "fileName": name, "filePath": f"kieai/1/{name}", "downloadUrl": self.link(name)}
        fields |= {
            "fileSize": len(parts["file"].data),
            "mimeType": "image/png",
            "uploadedAt": "2026-04-30T08:53:07.838Z",
        }
        return Response(OK, {"success": True, "code": OK, "msg": "File uploaded successfully", "data": fields})

    def list_models(self, request: Request) -> Response:
        """Return the catalogue, without documents."""
        entries = [{key: item for key, item in one.items() if key != "schema"} for one in self.listed.values()]
        return self._refuse_without_key(request) or envelope(OK, data={"total": len(entries), "models": entries})

    def show_schema(self, request: Request) -> Response:
        """Return a model's document, which may be null. The slash in its id is not encoded."""
        model = request.match["model"]
        if model not in self.listed:
            return self._refuse_without_key(request) or envelope(404, "Model not found")
        found = {"model": model, "openapi": self.listed[model].get("schema")}
        return self._refuse_without_key(request) or envelope(OK, data=found)

    def show_rate_card(self, request: Request) -> Response:
        """Return a page of the price page's rows, for anyone."""
        number, size = request.json["pageNum"], request.json["pageSize"]
        if not 0 < size <= RATE_CARD_ROWS_MAX:
            return envelope(422, "The page size is at most 100")
        rows = self.rate_card[(number - 1) * size : number * size]
        total = len(self.rate_card)
        return envelope(OK, data={"records": rows, "total": total, "pages": -(-total // size), "current": number})

    def _start(
        self, request: Request, body: dict[str, Any], known: set[str] | None, expected: Iterable[str] = ()
    ) -> Response:
        refusal = self._refuse_without_key(request) or refuse_invalid(expected, body, known=False)
        refusal = refusal or (None if known is None else refuse_unknown(body, known))
        if refusal is not None:
            return refusal
        ref = uuid4().hex
        self.tasks[ref] = {"id": ref, "body": body}
        return envelope(OK, data={"taskId": ref, **({"recordId": ref} if known is None else {})})

    def _links(self, name: str = "out.png") -> list[str]:
        return [self.link(name)] if self.links is None else self.links

    def _created_ms(self) -> int:
        return _now_ms() - int(self.age_s * 1000)

    @staticmethod
    def _refuse_without_key(request: Request) -> Response | None:
        known = request.headers.get("authorization", "").removeprefix("Bearer ") not in ("", "None")
        return None if known else envelope(401, "You do not have access permissions")


def webhook(ref: str, secret: str, at_s: int, body: dict[str, object]) -> Callback:
    """Return a callback whose signature covers the task's id and the time, but not the body."""
    signature = b64encode(hmac.digest(secret.encode(), f"{ref}.{at_s}".encode(), hashlib.sha256)).decode()
    headers = {"x-webhook-timestamp": str(at_s), "x-webhook-signature": signature}
    return Callback({"content-type": "application/json", **headers}, json.dumps(body).encode())


def task_done(ref: str) -> dict[str, object]:
    """Return the body of a market task's callback, as in kie's page on signatures."""
    data = {"task_id": ref, "callbackType": "task_completed"}
    return {"taskId": ref, "code": OK, "msg": "Success", "data": data}


def refuse_unknown(body: dict[str, Any], known: set[str]) -> Response | None:
    """Refuse an undocumented field."""
    names = sorted(body.keys() - known)
    return envelope(422, f"{names[0]} is not a known parameter") if names else None


def refuse_invalid(expected: Iterable[str], body: dict[str, Any], *, known: bool = True) -> Response | None:
    """Return a refusal of an input that does not match its fields in the notation of kie_models.txt."""
    fields = {}
    for word in expected:
        name = word.translate(str.maketrans("*<[:=", "     ")).split()[0]
        fields[name] = word.removeprefix(name)
    refusal = refuse_unknown(body, fields.keys()) if known else None
    for name, kind in fields.items():
        if name not in body:
            refusal = refusal or (envelope(422, f"{name} cannot be empty") if kind.startswith("*") else None)
        elif not _fits(body[name], kind.removeprefix("*")):
            refusal = refusal or envelope(422, f"{name} is not within the range of allowed options")
    return refusal


def _fits(value: object, kind: str) -> bool:
    match kind[:1]:
        case "=":
            return value in kind[1:].split("|")
        case "<":
            return isinstance(value, str) and 0 < len(value) <= int(kind[1:])
        case "[":
            few = isinstance(value, list) and len(value) <= int(kind[1:-1] or 100)
            return few and all(str(link).startswith(("https://", "http://")) for link in value)
    types = {":int": int, ":number": (int, float), ":bool": bool, "": str}
    return isinstance(value, types[kind]) and isinstance(value, bool) == (kind == ":bool")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
