"""What the fields of the WokGen API mean, by schema and field; see notes.py."""

from gateway.openapi.note import SAID, Note, moment, note
from shared.domain.catalogue import KINDS
from shared.domain.kind import kind_of
from shared.domain.kinds.image import SIDE_PX_MAX, SIDE_PX_MIN

_link = {"format": "uri"}
_count = {"minimum": 0}
_texts = {"type": "string"}
JOB_ID = "^job_[0-9a-f]{32}$"
ANY_JOB = {"oneOf": [{"$ref": f"#/components/schemas/{kind.capitalize()}Job"} for kind in KINDS]}

JOB = {
    "jobId": note("The job's id: `job_` and the generation's id without dashes.", pattern=JOB_ID),
    "status": note("Only ever one of the three.", enum=["processing", "completed", "failed"]),
    "kind": note("What is made."),
    "prompt": note("As it was sent."),
    "provider": note("Who makes it, which may be another than was preferred."),
    "model": note("Id of the model that makes it."),
    "createdAt": moment("When it was accepted."),
    "queuePosition": note("How many are before it, while it waits.", **_count),
    "completedAt": moment("When it ended, either way."),
    "error": note("Why it failed, for people."),
    "code": note("Why it failed, for programs.", examples=["CONTENT_POLICY"]),
    "lateUrls": note("What the provider finished after it had failed here.", items=_texts | _link),
    "resultExpiresAt": moment("When its provider deletes a result that could not be copied here. Absent otherwise."),
}
_size = {"width": note("Pixels; null: not known."), "height": note("Pixels; null: not known.")}
_duration_ms = {"durationMs": note("How long it is, in milliseconds; null: not known.", **_count)}
_sound = {"audioUrl": note("The sound.", **_link), "format": note("Of the file.", examples=["wav", "mp3"])}

ANSWERS: dict[str, dict[str, Note]] = {
    "Job": JOB,
    "Jobs": {"jobs": Note("Newest first.", {"type": "array", "items": ANY_JOB}, True)},
    "ImageJob": {
        **JOB,
        **_size,
        "imageUrl": note("The first picture.", **_link),
        "imageUrls": note("All pictures.", items=_texts | _link),
        "seed": note("What it was drawn with; sent again with the same prompt and size, it draws the same."),
    },
    "VideoJob": {**JOB, **_duration_ms, "videoUrl": note("The film.", **_link)},
    "TextJob": {
        **JOB,
        "content": note("The text."),
        "wordCount": note("How many words it has.", **_count),
        "charCount": note("How many characters it has.", **_count),
    },
    "VoiceJob": {**JOB, **_sound, **_duration_ms, "voiceId": note("The voice that was asked for.")},
    "MusicJob": {**JOB, **_sound, "duration": note("How long it is, in seconds; null: not known.", **_count)},
    "UpscaleJob": {
        **JOB,
        **_size,
        "imageUrl": note("The larger picture.", **_link),
        "originalWidth": note("Of the picture that was sent, in pixels; null: not known."),
        "originalHeight": note("Of the picture that was sent, in pixels; null: not known."),
        "scale": note("How many times larger; null: not known."),
    },
    "InterrogateJob": {
        **JOB,
        "prompt": note("Words that could have made the picture; empty until it is completed."),
        "caption": note("The picture in a sentence."),
        "tags": note("The picture in single words."),
    },
    "EnhanceJob": {
        **JOB,
        "enhanced": note("The better prompt: the first of `variations`."),
        "variations": note("All better prompts."),
    },
    "WokGenError": {
        "error": note("What to do about it, for people."),
        "code": note("Stable, for programs: a code of the table of errors in capitals.", examples=["QUOTA_EXCEEDED"]),
        "jobId": note("The job that failed, where there is one: `code` is its own.", pattern=JOB_ID),
    },
}


def _needed(text: str, kind: str) -> Note:
    """A text that has to be there; the struct reads it as None, to refuse that under a code of its own."""
    most = kind_of(kind).prompt_chars_max
    return Note(text, {"type": "string", "minLength": 1, "maxLength": most, "pattern": SAID}, True)


_image_url = Note(
    "The picture: an https URL, a data: URL with PNG, JPEG, WebP or GIF in base64, or the URL of one of our own.",
    {"type": "string", "minLength": 1},
    True,
)
_asked = {
    "provider": note("A preference: `auto`, or the name of a provider. One that cannot serve is replaced."),
    "async": note("Answer at once, without waiting for the result."),
}
_seed = {"seed": note("Any integer. The same seed, prompt and size give the same result where the provider can.")}
_side = r"(6[4-9]|[7-9][0-9]|[1-9][0-9]{2}|1[0-9]{3}|20[0-3][0-9]|204[0-8])"  # from 64 to 2048
_size_v1: dict[str, object] = {
    "anyOf": [
        {"type": "integer", "minimum": SIDE_PX_MIN, "maximum": SIDE_PX_MAX},
        {"type": "string", "pattern": f"^{_side}(x{_side})?$"},
        {"type": "null"},
    ]
}
_mode = {"mode": note("What it is for, such as `pixel`; a known mode styles the prompt.")}

REQUESTS: dict[str, dict[str, Note]] = {
    "ImageRequest": {
        **_asked,
        **_seed,
        **_mode,
        "prompt": _needed("What to draw.", "image"),
        "tool": note("A tool by its name."),
        "width": note("Pixels."),
        "height": note("Pixels."),
        "quality": note("How much effort to take."),
        "negativePrompt": note("What should not be there."),
    },
    "TextRequest": {
        **_asked,
        **_seed,
        "prompt": _needed("What to write.", "text"),
        "type": note("What kind of text, such as `product-desc`."),
        "tone": note("How it sounds, such as `professional`."),
        "length": note("How long it is."),
        "model": note("A preference for a model."),
    },
    "VoiceRequest": {
        **_asked,
        "text": _needed("What is said.", "voice"),
        "voiceId": note("A voice by its name."),
        "speed": note("1 is the voice's own."),
        "format": note("Of the file."),
        "language": note("Such as `en` or `de`."),
    },
    "MusicRequest": {
        **_asked,
        **_seed,
        "prompt": _needed("What to play.", "music"),
        "duration": note("Seconds."),
        "guidance": note("How closely the words are followed."),
        "format": note("Of the file."),
    },
    "UpscaleRequest": {
        **_asked,
        "imageUrl": _image_url,
        "scale": note("How many times larger."),
        "model": note("A preference for how it is done, such as `real-esrgan`."),
    },
    "InterrogateRequest": {**_asked, "imageUrl": _image_url},
    "EnhanceRequest": {
        **_asked,
        **_seed,
        **_mode,
        "prompt": _needed("What to make better.", "enhance"),
        "count": note("How many to give."),
    },
    "GenerateV1": {
        **_asked,
        **_seed,
        **_mode,
        "prompt": _needed("What to draw.", "image"),
        "size": Note("A side in pixels such as 512, or both such as `512x768`.", _size_v1, True),
        "count": note("How many pictures."),
        "negativePrompt": note("What should not be there."),
        "projectId": note("Taken, and without effect."),
        "isPublic": note("Taken, and without effect."),
    },
    "ProcessV1": {
        "operation": note("What to do with the picture."),
        "scale": note("How many times larger."),
        "provider": _asked["provider"],
    },
}

_V1 = {
    "status": note("How it stands.", enum=["pending", "processing", "succeeded", "failed"]),
    "resultUrl": note("The first result; null: none yet, or none that is a file.", **_link),
    "resultUrls": note("All results.", items=_texts | _link),
    "prompt": JOB["prompt"],
    "mode": note("The mode that was asked for."),
    "error": JOB["error"],
    "code": JOB["code"],
}
_JOB_V1 = {
    **_V1,
    "id": JOB["jobId"],
    "createdAt": JOB["createdAt"],
    "updatedAt": moment("When it last changed."),
}

V1: dict[str, dict[str, Note]] = {
    "JobV1": _JOB_V1,
    "ResultV1": {
        **_V1,
        "status": note("How it stands.", enum=["pending", "succeeded", "failed"]),
        "jobId": JOB["jobId"],
        "provider": JOB["provider"],
        "seed": note("What it was drawn with; null: not known yet."),
        "durationMs": note("How long it took, in milliseconds; null: it has not ended.", **_count),
        "creditsUsed": note("Places of the day that it took.", **_count),
    },
    "AssetV1": {
        **_JOB_V1,
        "url": note("The same as `resultUrl`.", **_link),
        "imageUrl": note("The same as `resultUrl`.", **_link),
    },
    "AssetPageV1": {
        "items": note("The assets of this page."),
        "total": note("How many there are on all pages.", **_count),
        "page": note("Which page this is, from 1.", minimum=1),
        "limit": note("How many fit on a page.", minimum=1),
        "hasMore": note("Whether there is another page."),
    },
    "AccountV1": {
        "id": note("The account's id."),
        "name": note("The account's name."),
        "email": note("Not kept: always null."),
        "plan": note("The plan's name; `guest` without a key."),
        "quotaUsed": note("Places of today that are used.", **_count),
        "quotaLimit": note("Places that a day has; null: unlimited.", **_count),
    },
}

WOKGEN_REQUIRED = {
    **{f"{kind}Request": ["prompt"] for kind in ("Image", "Text", "Music", "Enhance")},
    "VoiceRequest": ["text"],
    "UpscaleRequest": ["imageUrl"],
    "InterrogateRequest": ["imageUrl"],
    "GenerateV1": ["prompt"],
}
WOKGEN_NOTES = ANSWERS | REQUESTS | V1
