"""What WokGen's calls answer, and its jobs: the same flat object, with the fields of its kind once it is completed."""

from collections.abc import Callable

from gateway.desk import Desk
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.ids import job_id
from shared.domain.times import rfc3339

Fields = dict[str, object]


def answer(desk: Desk, generation: Generation) -> Fields:
    """A job: always jobId, status, prompt, provider, createdAt; then what its kind adds."""
    shown: Fields = {
        "jobId": job_id(generation.id),
        "status": "processing" if generation.open else generation.state,
        "kind": generation.spec.kind,
        "prompt": generation.spec.prompt,
        "provider": generation.provider,
        "model": generation.spec.model,
        "createdAt": rfc3339(generation.created_ms),
    }
    if generation.position is not None:
        shown["queuePosition"] = generation.position
    if generation.closed_ms is not None:
        shown["completedAt"] = rfc3339(generation.closed_ms)
    outcome = generation.outcome
    if generation.state == FAILED and outcome is not None:
        shown |= {"error": outcome.error or "failed", "code": (outcome.error_code or "failed").upper()}
    if generation.state == COMPLETED and outcome is not None:
        urls = [output.url(desk.settings.base_url) for output in outcome.outputs]
        shown |= COMPLETED_FIELDS[generation.spec.kind](generation, outcome, urls)
    return shown


def _image(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    first = outcome.outputs[0] if outcome.outputs else None
    size: Fields = {"width": first.width, "height": first.height} if first else {}
    return {"imageUrl": urls[0] if urls else None, "imageUrls": urls, **size, "seed": outcome.facts.get("seed")}


def _video(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    return {"videoUrl": urls[0] if urls else None, "durationMs": outcome.facts.get("duration_ms")}


def _text(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    text = outcome.text or ""
    return {"content": text, "wordCount": len(text.split()), "charCount": len(text)}


def _voice(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    return {
        "audioUrl": urls[0] if urls else None,
        "format": _format(outcome),
        "durationMs": outcome.facts.get("duration_ms"),
        "voiceId": generation.spec.input.get("voice_id", "default"),
    }


def _music(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    duration_ms = outcome.facts.get("duration_ms")
    seconds = duration_ms / 1000 if isinstance(duration_ms, int | float) else generation.spec.input.get("seconds")
    return {"audioUrl": urls[0] if urls else None, "format": _format(outcome), "duration": seconds}


def _upscale(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    facts = outcome.facts
    return {
        **_image(generation, outcome, urls),
        "originalWidth": facts.get("original_width"),
        "originalHeight": facts.get("original_height"),
        "scale": generation.spec.input.get("scale"),
    }


def _interrogate(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    facts = outcome.facts
    text = outcome.text or ""
    return {"prompt": text, "caption": facts.get("caption", text), "tags": facts.get("tags", [])}


def _enhance(generation: Generation, outcome: Outcome, urls: list[str]) -> Fields:
    variations = outcome.facts.get("variations") or [outcome.text or ""]
    return {"enhanced": outcome.text or "", "variations": variations}


def _format(outcome: Outcome) -> str | None:
    return outcome.outputs[0].place.rpartition(".")[2] if outcome.outputs else None


COMPLETED_FIELDS: dict[str, Callable[[Generation, Outcome, list[str]], Fields]] = {
    "image": _image,
    "video": _video,
    "text": _text,
    "voice": _voice,
    "music": _music,
    "upscale": _upscale,
    "interrogate": _interrogate,
    "enhance": _enhance,
}
