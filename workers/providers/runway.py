"""Runway: videos, images, speech, sounds and upscaled images. Each is a task, polled until it is finished.

Runway sends no callbacks and lists no tasks, so a submit whose response was lost stays unknown. It advises to repeat a
request that failed with 502 or 504. Whether work has started by then is not documented, so that is Unknown here.

"No credit" is a 400, and only its text distinguishes it from other faults. After a DELETE a task may be CANCELLED or
gone: either way it was stopped.
"""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from workers.adapters.contract import Blob, Call, Done, Down, ModelGone, Pending, ProviderError, Rejected, Retry, Setup
from workers.adapters.http import UPLOAD_RETRY_S, Http, HttpAdapter
from workers.adapters.inputs import aspect_ratio, drop_none, model_row, nearest_size, publish_image_urls, styled_prompt
from workers.adapters.media import file_name
from workers.adapters.outputs import read_outputs
from workers.adapters.refusals import canceled, invalid_input, require_credit, unsupported_kind
from workers.adapters.responses import REASON_CHARS_MAX, ErrorReader, ProviderResponse, read_ref, read_task

BASE_URL = "https://api.dev.runwayml.com/v1"
API_VERSION = "2024-11-06"
POLL_S = 6.0  # Runway requires at least 5 s between two polls of a task
CREDIT_MICROS = 10_000  # a credit is one cent
CREDITS_MAX = 1_000_000  # of one task; a larger number is not credible
INLINE_BYTES_MAX = 3_500_000  # as a data: URI it stays below their 5 MB
CANCELED_MAX = 10_000  # an instance remembers this many tasks that it cancelled
SEEDS = 2**32
VOICE = "Maya"
QUALITY = {"standard": "medium", "hd": "high"}
WAITING = ("PENDING", "THROTTLED")
NO_CREDIT = re.compile(r"You do not have enough credits\b")  # at the beginning: the rest may quote a prompt

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

# Fields that are left out for a model that does not take them: a seed applies only where the provider supports it.
OPTIONAL = ("seed", "quality", "negativePrompt", "speed", "languageCode", "outputFormat")

# `sizes`: the model's output sizes, the cheapest first. () if it takes none; not listed if it takes any.
# `sizes_with_image`: the same with an input image. `takes`: its fields of OPTIONAL; a model without a row takes all.
# `seconds`: a length that it requires. `scene`: it takes only a prompt, without a voice or a length.
MODELS: dict[str, dict[str, Any]] = {
    "gen4.5": {"sizes": WIDE, "sizes_with_image": GEN4, "seconds": 5, "takes": ("seed",)},
    "gen4_turbo": {"sizes": GEN4, "takes": ("seed",)},
    "veo3.1": {"sizes": (*WIDE, "1920:1080", "1080:1920"), "takes": ("seed", "negativePrompt")},
    "seedance2": {"sizes": (*SQUARE, "1112:834", "834:1112", "1470:630"), "takes": ("seed",)},
    "kling3.0_standard": {"sizes": SQUARE},
    "klingO3_standard": {"sizes": SQUARE},
    "kling3.0_pro": {"sizes": FULL},
    "klingO3_pro": {"sizes": FULL},
    "kling3.0_4k": {"sizes": ("3840:2160", "2160:3840", "2880:2880")},
    "klingO3_4k": {"sizes": ("3840:2160", "2160:3840", "2880:2880")},
    "kling2.5_turbo_pro": {"sizes": (*WIDE, "720:720", *FULL), "sizes_with_image": ()},
    "kling_4": {"sizes": (*WIDE, "940:940", "1460:624"), "sizes_with_image": ()},
    "wan3": {"sizes": (*SQUARE, "1104:832", "832:1104", *FULL)},
    "happyhorse_1_0": {"sizes": (*SQUARE, "1108:832", "832:1108", *FULL), "sizes_with_image": ()},
    "gemini_omni_flash": {"sizes": WIDE},
    "hailuo3": {"sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")},
    "h3_max": {"sizes": (), "takes": ("seed",)},
    "grok_imagine_1_5": {"sizes": ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"), "sizes_with_image": ()},
    "grok_imagine_1_5_lite": {"sizes": ("848:480", "480:848", "480:480", *WIDE, "720:720"), "sizes_with_image": ()},
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
    "ideogram_4_5": {"sizes": GROK, "sizes_with_image": IDEOGRAM_EDIT, "takes": ("quality",)},
    "recraft_v4_1_flash": {"sizes": RECRAFT, "takes": ("seed",)},
    "recraft_v4_1_vector": {"sizes": RECRAFT[:5]},
    "eleven_v": {"takes": ("speed", "languageCode")},
    "eleven_multilingual_v2": {"takes": ()},
    "eleven_text_to_sound_v2": {"takes": ()},
    "seed_audio": {"scene": True, "takes": ("outputFormat",)},
    "mirelo_sfx": {"seconds": 10, "takes": ("seed",)},
}


class Adapter(HttpAdapter):
    """Tasks: submitted, polled, cancelled while they wait."""

    keeps_s: ClassVar[float] = 86_400.0

    def __init__(self, setup: Setup) -> None:
        headers = {"Authorization": f"Bearer {setup.key}", "X-Runway-Version": API_VERSION}
        super().__init__(setup, BASE_URL, headers=headers)
        self._bucket = Http("", headers={})  # Runway's storage, which must not receive the key
        self._canceled: deque[str] = deque(maxlen=CANCELED_MAX)

    async def submit(self, call: Call) -> Pending | Done:
        """POST to the endpoint that starts the task."""
        path, body = await self._build_request(call)
        response = await self._http.submit("POST", path, read_error=read_error, json=body)
        return Pending(read_ref(response, response.fields.get("id")), POLL_S)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the task."""

        def read_gone(response: ProviderResponse) -> Rejected | None:
            return canceled() if response.status == 404 and ref in self._canceled else None

        return read_state(ref, await self._get_task(ref, read_gone))

    async def cancel(self, call: Call, ref: str) -> None:
        """DELETE the task if it waits. A running one is billed in full, and a finished one would lose its output."""
        if (await self._get_task(ref)).get("status") in WAITING:
            await self._http.cancel("DELETE", _task_path(ref))
            self._canceled.append(ref)

    async def probe(self) -> str | None:
        """GET the key's organization."""
        organization = await self._http.probe("/organization", read_error=read_error)
        require_credit(organization.get("creditBalance"))
        return f"credits left: {organization.get('creditBalance')}"

    async def close(self) -> None:
        """Close the sessions."""
        await super().close()
        await self._bucket.close()

    async def _get_task(self, ref: str, read_error: ErrorReader | None = None) -> Mapping[str, Any]:
        return read_task(await self._http.poll("GET", _task_path(ref), read_error=read_error), ref)

    async def _build_request(self, call: Call) -> tuple[str, dict[str, object]]:
        """Return path and body. Raises Rejected if an image is unreachable, Down for an unsupported kind."""
        row, requested = model_row(MODELS, call.model), call.input.get
        urls = await publish_image_urls(self.setup, call, self._upload, inline_bytes_max=INLINE_BYTES_MAX)
        url, seed = (urls[0] if urls else None), requested("seed")
        sizes = row.get("sizes_with_image", row.get("sizes")) if urls else row.get("sizes")
        seconds = None if row.get("scene") else requested("seconds") or row.get("seconds")
        body: dict[str, object] = {"model": call.model, "promptText": styled_prompt(call) or None}
        body["seed"] = seed % SEEDS if isinstance(seed, int) else None
        match call.kind:
            case "video":
                path = "/image_to_video" if urls else "/text_to_video"
                body |= {"promptImage": url, "ratio": _ratio(call, sizes), "duration": seconds}
                body |= {"negativePrompt": requested("negative_prompt")}
            case "image":
                path, count = "/text_to_image", requested("count")  # every model makes one by default
                body |= {"ratio": _ratio(call, sizes), "outputCount": None if count == 1 else count}
                body |= {"referenceImages": [{"uri": url} for url in urls] or None}
                body |= {"quality": QUALITY.get(str(requested("quality")))}
            case "voice":
                path, voice = "/text_to_speech", requested("voice_id")
                voice = VOICE if voice in (None, "default") else voice
                body |= {"voice": None if row.get("scene") else {"type": "runway-preset", "presetId": voice}}
                body |= {"speed": requested("speed"), "languageCode": requested("language")}
                body |= {"outputFormat": requested("format")}
            case "music":
                path = "/sound_effect"
                body |= {"duration": seconds, "outputFormat": requested("format")}
            case "upscale":
                path = "/image_upscale"
                body = {"model": call.model, "imageUri": url, "scaleFactor": requested("scale")}
            case _:
                raise unsupported_kind(self.setup, call)
        left_out = set(OPTIONAL).difference(row.get("takes", ())) if row else ()
        return path, drop_none(**{name: value for name, value in body.items() if name not in left_out})

    async def _upload(self, image: Blob) -> str:
        """Upload an image that is too large to be sent inline, and return its URI at Runway."""
        filename = file_name(image)
        upload = (await self._http.upload("/uploads", json={"filename": filename, "type": "ephemeral"})).fields
        url, fields, uri = (upload.get(name) for name in ("uploadUrl", "fields", "runwayUri"))
        if not (isinstance(url, str) and isinstance(fields, dict) and isinstance(uri, str)):
            raise Retry("the provider did not store the image: it returned no upload URL", after_s=UPLOAD_RETRY_S)
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        form.add_field("file", BytesIO(image.data), filename=filename, content_type=image.media_type)
        await self._bucket.upload(url, data=form)
        return uri


def read_state(ref: str, task: Mapping[str, Any]) -> Pending | Done:
    """Read a task's status; an unknown one means that it still runs. Raises Rejected if it failed."""
    match task.get("status"):
        case "SUCCEEDED":
            return Done(read_outputs(task.get("output")), cost_micros=_cost_micros(task))
        case "FAILED":
            raise failure(task)
        case "CANCELLED":
            raise canceled(cost_micros=_cost_micros(task))
    progress = task.get("progress")
    return Pending(ref, POLL_S, progress if isinstance(progress, int | float) and 0 <= progress <= 1 else None)


def failure(task: Mapping[str, Any]) -> Rejected:
    """Return the error of a failed task. Its message omits the code, which may name a wrong input, as Runway warns."""
    parts = str(task.get("failureCode") or "").split(".")
    message = f"The provider says: {task.get('failure') or 'the model failed.'}"[:REASON_CHARS_MAX]
    code = "invalid_input" if parts[0] == "ASSET" or "INPUT_VALIDATION" in parts else "provider_failed"
    return Rejected("content_policy" if "SAFETY" in parts else code, message, cost_micros=_cost_micros(task))


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read a 400 or 422. It is about credit, or lists every fault of the input with its path."""
    if response.status not in (400, 422):
        return None
    if NO_CREDIT.match(response.reason):
        return Down(f"no credit: {response.reason}", cause="account")
    refusal, issues = invalid_input(response), response.fields.get("issues")
    faults = [_fault(issue) for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    if not faults or isinstance(refusal, ModelGone):
        return refusal
    return Rejected("invalid_input", "; ".join(faults)[:REASON_CHARS_MAX])


def _fault(issue: Mapping[str, Any]) -> str:
    parts = issue.get("path")
    path = ".".join(map(str, parts)) if isinstance(parts, list) else ""
    return f"{path}: {issue.get('message')}" if path else str(issue.get("message"))


def _ratio(call: Call, sizes: Sequence[str] | None) -> str | None:
    if sizes:
        return nearest_size(call, sizes)
    ratio = aspect_ratio(call) if sizes is None else None
    return None if ratio == "auto" else ratio


def _cost_micros(task: Mapping[str, Any]) -> int | None:
    cost = task.get("cost")
    credit = cost.get("credits") if isinstance(cost, dict) else None
    return round(credit * CREDIT_MICROS) if isinstance(credit, int | float) and 0 <= credit < CREDITS_MAX else None


def _task_path(ref: str) -> str:
    return f"/tasks/{quote(ref, safe='')}"
