"""kie.ai: the market's tasks, those of four makers with paths and states of their own, chat models, uploads.

Every answer has HTTP status 200, errors too, as its recorded traffic has. Assumed are: that a field which a model does
not document is refused, that a failed task looks as documented (none was recorded), and where a record names its
credits.
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
VIDEO = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x08mdat"  # as much of one as tells what it is


def say(code: int, msg: str = "success", data: object = None) -> Response:
    """An answer in kie's envelope."""
    return Response(OK, {"code": code, "msg": msg, "data": data})


class Double(double.Double):
    """`made` are the links of a finished task, None for one of `files`; `fault` is how one fails: code and message."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files |= {"song.mp3": (MP3, "audio/mpeg"), "film.mp4": (VIDEO, "video/mp4")}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.made: list[str] | None = None
        self.fault = ("500", "Internal Error, Please try again later.")
        self.credits: float | None = None  # in a finished task's record
        self.content = "A red fox crosses the snow."
        self.stop_reason = "end_turn"
        self.enveloped = False  # a chat completion within the envelope
        self.age_s = 0.0  # of every task

    def routes(self) -> Iterable[Route]:
        """What the adapter uses, and what tells the credit that is left."""
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
            ("upload", "POST", "/api/file-stream-upload", self.upload),
            ("other", "GET", "/api/v1/chat/credit", lambda request: self._stranger(request) or say(OK, data=5916.25)),
        ]

    def is_accepted(self, answer: Response) -> bool:
        """Errors have status 200 here: what began says so in its body."""
        body = answer.body
        return super().is_accepted(answer) and not (isinstance(body, dict) and body.get("code", OK) != OK)

    def create(self, request: Request) -> Response:
        """A task of the market."""
        body = request.json
        if body.get("model") not in INPUTS:
            return self._stranger(request) or say(422, "The model name you specified is not supported.")
        no = flaw(INPUTS[body["model"]], body.get("input", {}))
        return no or self._begun(request, body, None)

    def veo(self, request: Request) -> Response:
        """A film of Veo."""
        body = request.json
        if body.get("model", "veo3") not in ("veo3", "veo3_fast", "veo3_lite"):
            return say(422, "model is not within the range of allowed options")
        wanted = ["prompt*", "aspect_ratio=16:9|9:16|Auto", "resolution=720p|1080p|4k"]
        return self._begun(request, body, VEO, wanted)

    def flux(self, request: Request) -> Response:
        """A picture of Flux Kontext."""
        wanted = ["prompt*", "model=flux-kontext-pro|flux-kontext-max", "aspectRatio=21:9|16:9|4:3|1:1|3:4|9:16"]
        return self._begun(request, request.json, FLUX, wanted)

    def gpt4o(self, request: Request) -> Response:
        """A picture of GPT-4o."""
        return self._begun(request, request.json, GPT4O, ["size*=1:1|3:2|2:3"])

    def suno(self, request: Request) -> Response:
        """Music; it insists on an address to call, as recorded."""
        body = request.json
        if not body.get("callBackUrl"):
            return say(422, "Please enter callBackUrl.")
        wanted = ["customMode*:bool", "instrumental*:bool", "model*=V4|V4_5|V4_5PLUS|V4_5ALL|V5|V5_5"]
        wanted += ["style*<1000", "title*<80"] if body.get("customMode") else ["prompt*<500"]
        return self._begun(request, body, SUNO, wanted)

    def record(self, request: Request) -> Response:
        """The market's record of a task. `param` is encoded twice, as recorded."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._stranger(request) or say(422, "Record does not exist")
        state = self.take_state("success")
        body, done = task["body"], state == "success"
        seen = {"model": body["model"], "param": json.dumps({**body, "input": json.dumps(body["input"])})}
        name = "song.mp3" if body["model"].startswith("elevenlabs/") else "out.png"
        result = json.dumps({"resultUrls": self._links(name)}) if done else ""
        code, msg = self.fault if state == "fail" else (None, None)
        times = {"costTime": 48 if done else None, "completeTime": _now_ms() if done else None}
        spent = {"creditsConsumed": self.credits} if done and self.credits is not None else {}
        told = {"state": state, "resultJson": result, "failCode": code, "failMsg": msg, **times, **spent}
        return say(OK, data={"taskId": task["id"], **seen, **told, "createTime": self._created_ms()})

    def flagged(self, request: Request) -> Response:
        """A maker's record with a flag for its state: 0 at work, 1 done, 2 and 3 failed. A strange task has none."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._stranger(request) or say(OK)
        state = self.take_state("1")
        links = {"resultUrls": self._links("film.mp4" if "veo" in request.path else "out.png")}
        if "flux" in request.path:
            links = {"originImageUrl": f"{self.url}/gone", "resultImageUrl": next(iter(self._links()), None)}
        code, msg = (int(self.fault[0]), self.fault[1]) if state in ("2", "3") else (None, "")
        told = {"response": {"taskId": task["id"], **links} if state == "1" else None, "errorCode": code}
        flag = int(state) if state.isdecimal() else state
        seen = {"paramJson": json.dumps(task["body"]), "createTime": "2026-11-21 12:00:00"}
        return say(OK, data={"taskId": task["id"], **seen, **told, "successFlag": flag, "errorMessage": msg})

    def song(self, request: Request) -> Response:
        """The record of music: two tracks. The first of them is there earlier."""
        task = self.tasks.get(request.query.get("taskId", ""))
        if task is None:
            return self._stranger(request) or say(OK)
        status = self.take_state("SUCCESS")
        ready = {"SUCCESS": 2, "FIRST_SUCCESS": 1, "CALLBACK_EXCEPTION": 2}.get(status, 0)
        about = {
            "streamAudioUrl": f"{self.url}/stream",
            "imageUrl": self.link("out.png"),
            "title": "Fox",
            "tags": "folk",
        }
        links = self._links("song.mp3") * 2 if self.made is None else self.made
        tracks = [{"id": str(uuid4()), "audioUrl": link, **about, "duration": 198.44} for link in links[:ready]]
        failed = status.endswith(("_FAILED", "_ERROR"))
        code, msg = (int(self.fault[0]), self.fault[1]) if failed else (None, None)
        told = {"status": status, "errorCode": code, "errorMessage": msg, "param": json.dumps(task["body"])}
        return say(OK, data={"taskId": task["id"], **told, "response": {"taskId": task["id"], "sunoData": tracks}})

    def message(self, request: Request) -> Response:
        """What a Claude model says; sent as plain text, as recorded."""
        body = request.json
        no = self._stranger(request) or strange(body, CLAUDE) or flaw(["model*", "stream:bool"], body, known=False)
        if no is not None or body.get("stream", True):
            return no or say(422, "This double does not stream.")
        content = [{"type": "text", "text": self.content}]
        used = {"output_tokens": 17, "input_tokens": 13}
        told = {"role": "assistant", "usage": used, "stop_reason": self.stop_reason, "model": body["model"]}
        whole = {**told, "id": "msg_1", "credits_consumed": 0.02, "type": "message", "content": content}
        return Response(OK, json.dumps(whole), {"Content-Type": "text/plain"})

    def complete(self, request: Request) -> Response:
        """A completion with one choice; a stream unless it is told not to."""
        body = request.json
        no = self._stranger(request) or strange(body, CHAT)
        if no is not None or body.get("stream", True):
            return no or say(422, "This double does not stream.")
        choice = {"index": 0, "message": {"role": "assistant", "content": self.content}, "finish_reason": "stop"}
        used = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
        told = {"id": "c1", "object": "chat.completion", "created": 1, "model": request.match["model"]}
        whole = {**told, "choices": [choice], "usage": used, "credits_consumed": 0.13}
        return say(OK, data=whole) if self.enveloped else Response(OK, whole)

    def upload(self, request: Request) -> Response:
        """A file, under a name of kie's own."""
        parts = {part.name: part for part in request.form}
        missing = next((name for name in ("file", "uploadPath") if name not in parts), None)
        if missing is not None:
            return Response(OK, {"success": False, "code": 400, "msg": f"Missing required parameter: {missing}"})
        name = f"{uuid4().hex}.png"
        self.files[name] = (parts["file"].data, "image/png")
        told = {"success": True, "fileName": name, "filePath": f"kieai/1/{name}", "downloadUrl": self.link(name)}
        told |= {"fileSize": len(parts["file"].data), "mimeType": "image/png", "uploadedAt": "2026-04-30T08:53:07.838Z"}
        return Response(OK, {"success": True, "code": OK, "msg": "File uploaded successfully", "data": told})

    def _begun(
        self, request: Request, body: dict[str, Any], known: set[str] | None, wanted: Iterable[str] = ()
    ) -> Response:
        no = self._stranger(request) or flaw(wanted, body, known=False)
        no = no or (None if known is None else strange(body, known))
        if no is not None:
            return no
        made = uuid4().hex
        self.tasks[made] = {"id": made, "body": body}
        return say(OK, data={"taskId": made, **({"recordId": made} if known is None else {})})

    def _links(self, name: str = "out.png") -> list[str]:
        return [self.link(name)] if self.made is None else self.made

    def _created_ms(self) -> int:
        return _now_ms() - int(self.age_s * 1000)

    @staticmethod
    def _stranger(request: Request) -> Response | None:
        known = request.headers.get("authorization", "").removeprefix("Bearer ") not in ("", "None")
        return None if known else say(401, "You do not have access permissions")


def webhook(ref: str, secret: str, at_s: int, body: dict[str, object]) -> Callback:
    """A callback as kie signs it: the task's id and the time, and nothing of the body."""
    signature = b64encode(hmac.digest(secret.encode(), f"{ref}.{at_s}".encode(), hashlib.sha256)).decode()
    headers = {"x-webhook-timestamp": str(at_s), "x-webhook-signature": signature}
    return Callback({"content-type": "application/json", **headers}, json.dumps(body).encode())


def task_done(ref: str) -> dict[str, object]:
    """What it posts for a task of the market, as its page on signatures shows it."""
    data = {"task_id": ref, "callbackType": "task_completed"}
    return {"taskId": ref, "code": OK, "msg": "Success", "data": data}


def strange(body: dict[str, Any], known: set[str]) -> Response | None:
    """A field that is not documented."""
    names = sorted(body.keys() - known)
    return say(422, f"{names[0]} is not a known parameter") if names else None


def flaw(wanted: Iterable[str], body: dict[str, Any], *, known: bool = True) -> Response | None:
    """What is wrong with an input, by the notation of kie_models.txt."""
    fields = {}
    for word in wanted:
        name = word.translate(str.maketrans("*<[:=", "     ")).split()[0]
        fields[name] = word.removeprefix(name)
    no = strange(body, fields.keys()) if known else None
    for name, kind in fields.items():
        if name not in body:
            no = no or (say(422, f"{name} is required") if kind.startswith("*") else None)
        elif not _fits(body[name], kind.removeprefix("*")):
            no = no or say(422, f"{name} is not within the range of allowed options")
    return no


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
