"""Runway: films, pictures, speech, sounds and larger pictures. Each is a task, looked at until it is done.

It calls nobody back and lists no tasks, so a submit whose answer was lost stays unknown. It advises to repeat what was
answered with 502 or 504; nobody says whether work has begun by then, so that is Unknown here. "No credit" is a 400, and
only its words tell it from other faults. After a DELETE a task may be CANCELLED or gone: either way it was stopped.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Down, Pending, ProviderError, Rejected, Retry, Setup, Unknown
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, data_url, given, of_model, ratio, size, words
from workers.adapters.outputs import file, urls

BASE_URL = "https://api.dev.runwayml.com/v1"
VERSION = "2024-11-06"
PACE_S = 6.0  # they ask for at least 5 s between two looks at a task
CREDIT_MICROS = 10_000  # a credit is one cent
CREDITS_MAX = 1_000_000  # that one task can cost; more is no number to believe
INLINE_BYTES_MAX = 3_500_000  # as a data: URI it stays below their 5 MB
STOPPED_MAX = 10_000  # tasks of which an instance remembers that it stopped them
SEEDS = 2**32
VOICE = "Maya"
QUALITY = {"standard": "medium", "hd": "high"}
WAITING = ("PENDING", "THROTTLED")
NO_CREDIT = re.compile(r"You do not have enough credits\b")  # at the start: the rest may quote a prompt

WIDE = ("1280:720", "720:1280")
SQUARE = (*WIDE, "960:960")
FULL = ("1920:1080", "1080:1920", "1440:1440")
GEN4 = (*SQUARE, "1104:832", "832:1104", "1584:672")
GEN4_IMAGE = (
    *("1280:720", "720:1280", "720:720", "960:720", "720:960", "1680:720", "1024:1024", "1360:768", "1168:880"),
    *("1808:768", "1920:1080", "1080:1920", "1080:1080", "1440:1080", "1080:1440", "2112:912"),
)
GEMINI = (
    *("1024:1024", "1344:768", "768:1344", "1184:864", "864:1184", "1248:832", "832:1248", "1152:896", "896:1152"),
    "1536:672",
)
BANANA = (
    *("1024:1024", "1376:768", "768:1376", "1200:896", "896:1200", "1264:848", "848:1264", "1152:928", "928:1152"),
    "1584:672",
)
GPT = (
    *("1920:1920", "1920:1088", "1088:1920", "1920:1440", "1440:1920", "1920:1280", "1280:1920", "1920:1536"),
    *("1536:1920", "2048:880"),
)
LARGE = ("2048:2048", "2304:1728", "1728:2304", "2496:1664", "1664:2496")
SEEDREAM = ("1024:1024", "1376:768", "768:1376", "1184:896", "896:1184")
BRIA = ("1024:1024", "1024:576", "576:1024", "1024:768", "768:1024", "1152:768", "768:1152", "960:768", "768:960")
MUSE = ("1600:1600", "2016:1152", "1152:2016", "1792:1344", "1344:1792", "1920:1280", "1280:1920", "2352:1008")
RECRAFT = ("1024:1024", "1344:768", "768:1344", "1216:896", "896:1216", "1280:832", "832:1280", "1536:768", "768:1536")
GROK = ("1024:1024", "1280:720", "720:1280", "1152:864", "864:1152", "1248:832", "832:1248")
IDEOGRAM_EDIT = ("1024:1024", "1024:576", "576:1024", "1152:864", "864:1152")

# What may be left out where a model does not take it: the seed is used where the provider can.
OPTIONAL = ("seed", "quality", "negativePrompt", "speed", "languageCode", "outputFormat")

# What a model wants: `sizes` it makes, the cheapest first, and those if it is `shown` a picture; () if it may not be
# told one, none listed if it is told what was asked for. `takes` of OPTIONAL; a model that is not here is told all.
# `seconds` where it must be told some; a `scene` is told by the prompt alone, without a voice or a length.
MODELS: dict[str, dict[str, Any]] = {
    "gen4.5": {"sizes": WIDE, "shown": GEN4, "seconds": 5, "takes": ("seed",)},
    "gen4_turbo": {"sizes": GEN4, "takes": ("seed",)},
    "veo3.1": {"sizes": (*WIDE, "1920:1080", "1080:1920"), "takes": ("seed", "negativePrompt")},
    "seedance2": {"sizes": (*SQUARE, "1112:834", "834:1112", "1470:630"), "takes": ("seed",)},
    "kling3.0_standard": {"sizes": SQUARE},
    "klingO3_standard": {"sizes": SQUARE},
    "kling3.0_pro": {"sizes": FULL},
    "klingO3_pro": {"sizes": FULL},
    "kling3.0_4k": {"sizes": ("3840:2160", "2160:3840", "2880:2880")},
    "klingO3_4k": {"sizes": ("3840:2160", "2160:3840", "2880:2880")},
    "kling2.5_turbo_pro": {"sizes": (*WIDE, "720:720", *FULL), "shown": ()},
    "kling_4": {"sizes": (*WIDE, "940:940", "1460:624"), "shown": ()},
    "wan3": {"sizes": (*SQUARE, "1104:832", "832:1104", *FULL)},
    "happyhorse_1_0": {"sizes": (*SQUARE, "1108:832", "832:1108", *FULL), "shown": ()},
    "gemini_omni_flash": {"sizes": WIDE},
    "hailuo3": {"sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")},
    "h3_max": {"sizes": (), "takes": ("seed",)},
    "grok_imagine_1_5": {"sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"), "shown": ()},
    "grok_imagine_1_5_lite": {"sizes": ("848:480", "480:848", "480:480", *WIDE, "720:720"), "shown": ()},
    "gen4_image": {"sizes": GEN4_IMAGE, "takes": ("seed",)},
    "gemini_2.5_flash": {"sizes": GEMINI},
    "gemini_image3": {"sizes": GEMINI},
    "gemini_image3.1_flash_lite": {"sizes": BANANA},
    "nano_banana_2.1": {"sizes": BANANA},
    "gpt_image_2": {"sizes": GPT, "takes": ("quality",)},
    "muse_image": {"sizes": MUSE},
    "seedream5_": {"sizes": SEEDREAM},
    "seedream5_lite": {"sizes": (*LARGE, "2848:1600", "1600:2848", "3136:1344")},
    "grok_imagine_image_2": {"sizes": GROK},
    "bria_fibo_1_5": {"sizes": BRIA, "takes": ("seed",)},
    "bria_fibo_edit_1_5": {"sizes": (), "takes": ("seed",)},
    "ideogram_4_0": {"sizes": (*LARGE, "2560:1440", "1440:2560", "3072:1280", "1280:3072"), "takes": ("quality",)},
    "ideogram_4_5": {"sizes": GROK, "shown": IDEOGRAM_EDIT, "takes": ("quality",)},
    "recraft_v4_1_flash": {"sizes": RECRAFT, "takes": ("seed",)},
    "recraft_v4_1_vector": {"sizes": RECRAFT[:5]},
    "eleven_v": {"takes": ("speed", "languageCode")},
    "eleven_multilingual_v2": {"takes": ()},
    "eleven_text_to_sound_v2": {"takes": ()},
    "seed_audio": {"scene": True, "takes": ("outputFormat",)},
    "mirelo_sfx": {"seconds": 10, "takes": ("seed",)},
}


class Adapter(contract.Adapter):
    """Tasks: submitted, looked at, stopped while they wait."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 150.0
    keeps_s: ClassVar[float] = 86_400.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        headers = {"Authorization": f"Bearer {setup.key}", "X-Runway-Version": VERSION}
        self._http = Http(setup.base_url or BASE_URL, connect_s=setup.connect_s, headers=headers)
        self._bucket = Http("", headers={})  # their storage: the key must not go there
        self._stopped: deque[str] = deque(maxlen=STOPPED_MAX)

    async def submit(self, call: Call) -> Pending | Done:
        """POST what begins the task."""
        path, body = await self._request(call)
        answer = await self._http.submit("POST", path, reading=refusal, json=body)
        ref = answer.fields.get("id")
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"the answer names no task: {reason(answer)}")
        return Pending(ref, PACE_S)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the task."""

        def gone(answer: Answer) -> Rejected | None:
            return _stopped() if answer.status == 404 and ref in self._stopped else None

        return outcome(ref, await self._task(ref, gone))

    async def cancel(self, call: Call, ref: str) -> None:
        """DELETE the task if it waits. A running one would be charged in full, and a finished one lose its output."""
        if (await self._task(ref)).get("status") in WAITING:
            await self._http.cancel("DELETE", _path(ref))
            self._stopped.append(ref)

    async def probe(self) -> str | None:
        """GET the organization the key is of."""
        told = await self._http.probe("/organization", reading=refusal)
        return f"credits left: {told.get('creditBalance')}"

    async def close(self) -> None:
        """End the sessions."""
        await self._http.close()
        await self._bucket.close()

    async def _task(self, ref: str, reading: Any = None) -> Mapping[str, Any]:
        task = (await self._http.poll("GET", _path(ref), reading=reading)).fields
        if task.get("id") != ref:
            raise PollFailed(f"this is not task {ref}")
        return task

    async def _request(self, call: Call) -> tuple[str, dict[str, object]]:
        """Path and body. Raises Rejected for a picture that cannot be had, Down for a kind that is not served."""
        row, asked = of_model(MODELS, call.model), call.input.get
        uris = [await self._uri(url) for url in asked_for(call)]
        uri, seed = (uris[0] if uris else None), asked("seed")
        sizes = row.get("shown", row.get("sizes")) if uris else row.get("sizes")
        seconds = None if row.get("scene") else asked("seconds") or row.get("seconds")
        said: dict[str, object] = {"model": call.model, "promptText": words(call) or None}
        said["seed"] = seed % SEEDS if isinstance(seed, int) else None
        match call.kind:
            case "video":
                path = "/image_to_video" if uris else "/text_to_video"
                said |= {"promptImage": uri, "ratio": _ratio(call, sizes), "duration": seconds}
                said |= {"negativePrompt": asked("negative_prompt")}
            case "image":
                path, count = "/text_to_image", asked("count")  # every model makes one by itself
                said |= {"ratio": _ratio(call, sizes), "outputCount": None if count == 1 else count}
                said |= {"referenceImages": [{"uri": uri} for uri in uris] or None}
                said |= {"quality": QUALITY.get(str(asked("quality")))}
            case "voice":
                path, name = "/text_to_speech", asked("voice_id")
                name = VOICE if name in (None, "default") else name
                said |= {"voice": None if row.get("scene") else {"type": "runway-preset", "presetId": name}}
                said |= {"speed": asked("speed"), "languageCode": asked("language"), "outputFormat": asked("format")}
            case "music":
                path = "/sound_effect"
                said |= {"duration": seconds, "outputFormat": asked("format")}
            case "upscale":
                path, said = "/image_upscale", {"model": call.model, "imageUri": uri, "scaleFactor": asked("scale")}
            case _:
                raise Down(f"{self.setup.name} does not serve {call.kind}")
        left_out = set(OPTIONAL).difference(row.get("takes", ())) if row else ()
        return path, given(**{name: value for name, value in said.items() if name not in left_out})

    async def _uri(self, url: str) -> str:
        """A picture's address: an upload for one of ours that is too large to be sent along."""
        if not url.startswith(("asset:", "data:")):
            return url
        picture = await self.setup.fetch(url)
        if len(picture.data) <= INLINE_BYTES_MAX:
            return data_url(picture)
        filename = f"picture.{picture.media_type.removeprefix('image/')}"
        try:
            begun = (await self._http.poll("POST", "/uploads", json={"filename": filename, "type": "ephemeral"})).fields
            target, fields, uri = (begun.get(name) for name in ("uploadUrl", "fields", "runwayUri"))
            if not (isinstance(target, str) and isinstance(fields, dict) and isinstance(uri, str)):
                raise PollFailed("the answer names no upload")
            form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
            form.add_field("file", BytesIO(picture.data), filename=filename, content_type=picture.media_type)
            await self._bucket.poll("POST", target, data=form)
        except PollFailed as error:
            raise Retry(f"the picture was not taken: {error}", after_s=PACE_S) from error
        return uri


def outcome(ref: str, task: Mapping[str, Any]) -> Pending | Done:
    """What a task's state means; one that we do not know means "still at it"."""
    match task.get("status"):
        case "SUCCEEDED":
            outputs = tuple(file(url) for url in urls(task.get("output")))
            if not outputs:
                raise Rejected("provider_failed", "The model finished without a result.")
            return Done(outputs, cost_micros=_cost_micros(task))
        case "FAILED":
            raise failure(task)
        case "CANCELLED":
            raise _stopped(_cost_micros(task))
    progress = task.get("progress")
    return Pending(ref, PACE_S, progress if isinstance(progress, int | float) and 0 <= progress <= 1 else None)


def failure(task: Mapping[str, Any]) -> Rejected:
    """Why a task failed. Its code is for us: they warn that it may name another input than the one at fault."""
    parts = str(task.get("failureCode") or "").split(".")
    told = f"The provider says: {task.get('failure') or 'the model failed.'}"[:300]
    code = "invalid_input" if parts[0] == "ASSET" or "INPUT_VALIDATION" in parts else "provider_failed"
    return Rejected("content_policy" if "SAFETY" in parts else code, told, cost_micros=_cost_micros(task))


def refusal(answer: Answer) -> ProviderError | None:
    """A 400 is about credit or about the input; of the latter it lists every fault with its place."""
    if answer.status not in (400, 422):
        return None
    if NO_CREDIT.match(reason(answer)):
        return Down(f"no credit: {reason(answer)}")
    issues = answer.fields.get("issues")
    told = [_issue(issue) for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    return Rejected("invalid_input", ("; ".join(told) or reason(answer) or "The provider cannot do this.")[:300])


def _issue(issue: Mapping[str, Any]) -> str:
    path = issue.get("path")
    place = ".".join(map(str, path)) if isinstance(path, list) else ""
    return f"{place}: {issue.get('message')}" if place else str(issue.get("message"))


def _ratio(call: Call, sizes: Sequence[str] | None) -> str | None:
    if sizes:
        return size(call, sizes)
    asked = ratio(call) if sizes is None else None
    return None if asked == "auto" else asked


def _cost_micros(task: Mapping[str, Any]) -> int | None:
    cost = task.get("cost")
    credit = cost.get("credits") if isinstance(cost, dict) else None
    return round(credit * CREDIT_MICROS) if isinstance(credit, int | float) and 0 <= credit < CREDITS_MAX else None


def _path(ref: str) -> str:
    return f"/tasks/{quote(ref, safe='')}"


def _stopped(cost_micros: int | None = None) -> Rejected:
    return Rejected("canceled", "The generation was cancelled.", cost_micros=cost_micros)
