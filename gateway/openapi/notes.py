"""What the fields mean, and what their types leave open: formats, bounds, fixed words. By schema and field."""

from gateway.openapi import admin_notes
from gateway.openapi.note import SAID, Note, moment, note
from gateway.openapi.wokgen_notes import WOKGEN_NOTES, WOKGEN_REQUIRED
from shared.domain.catalogue import KINDS
from shared.domain.endpoint_url import URL_CHARS_MAX
from shared.domain.events import EVENT_TYPES
from shared.domain.fields import PROMPT_CHARS_MAX
from shared.domain.generation import TERMINAL


def _usd(field: str) -> Note:
    return note(f"`{field}` in dollars, for display.")


_uuid = {"format": "uuid"}
_link = {"format": "uri"}
_count = {"minimum": 0}
_id = note("The generation's id.", **_uuid)
_kind = note("What is made: one of the kinds of model.", examples=list(KINDS))
_prompt = note("The prompt as it was sent.")

# The struct reads a missing model or prompt as None, to refuse it under a code of its own.
REQUIRED = {"CreateGeneration": ["model", "prompt"], **WOKGEN_REQUIRED}

NOTES: dict[str, dict[str, Note]] = {
    "CreateGeneration": {
        "model": Note("Id of a model, from `GET /api/v1/models`.", {"type": "string", "minLength": 1}, True),
        "prompt": Note(
            "What to make.",
            {
                "type": "string",
                "minLength": 1,
                "maxLength": PROMPT_CHARS_MAX,
                "pattern": SAID,
            },
            True,
        ),
        "input": Note(
            "What the model takes besides: see the fields of each model.",
            {"anyOf": [{"$ref": "#/components/schemas/Input"}, {"type": "null"}]},
            True,
        ),
    },
    "GenerationEntry": {
        "id": _id,
        "status": note("Only ever one of the three.", enum=["processing", *TERMINAL]),
        "model": note("Id of the model that was asked for."),
        "cost_cents": note(
            "The price while it is processing; what was charged once it has ended: 0 after a refund.", **_count
        ),
        "cost_usd": _usd("cost_cents"),
        "created_at": moment("When it was accepted."),
        "type": _kind,
        "provider": note("Who makes it."),
        "stage": note(
            "Where it is, in more detail than `status`; there may be more words for it one day.",
            examples=["backlog", "queued", "submitting", "pending", "uncertain", *TERMINAL],
        ),
        "refunded_cents": note("What was given back.", **_count),
        "queue_position": note("How many are before it, while it waits.", **_count),
        "result_url": note("The first result.", **_link),
        "result_urls": note("All results.", minItems=1, items={"type": "string", **_link}),
        "result_text": note("The result of a kind whose result is text."),
        "expires_at": moment("When the results are deleted here."),
        "result_expires_at": moment(
            "When its provider deletes a result that could not be copied here: fetch it before. Absent otherwise."
        ),
        "completed_at": moment("When it ended, either way."),
        "late_urls": note(
            "What the provider finished after the refund; not charged.", items={"type": "string", **_link}
        ),
        "error": note("Why it failed, for people."),
        "error_code": note("Why it failed, for programs."),
    },
    "ModelEntry": {
        "id": note("What to send as `model`."),
        "name": note("For people."),
        "type": _kind,
        "price_cents": note("What one generation costs.", **_count),
        "price_usd": _usd("price_cents"),
        "resolution": note("Of the output, such as `1K`."),
        "duration_sec": note("Of the output, in seconds."),
    },
    "Balance": {
        "balance_cents": note("What can be spent: always `total_topup_cents - total_spent_cents`.", **_count),
        "balance_usd": _usd("balance_cents"),
        "total_topup_cents": note("All top-ups.", **_count),
        "total_spent_cents": note("All charges less all refunds; a generation counts from its 201 on.", **_count),
        "currency": note("Always USD.", const="USD"),
    },
    "Transaction": {
        "type": note("What kind of movement it is.", enum=["topup", "spend", "refund"]),
        "amount_cents": note("Signed: what a generation costs is negative."),
        "amount_usd": _usd("amount_cents"),
        "created_at": moment("When it was booked."),
        "generation_id": note("The generation of a spend or refund.", **_uuid),
        "reference": note("The reference of a top-up."),
    },
    "AccountEntry": {
        "id": note("The account's id."),
        "name": note("Whose it is."),
        "plan": note("Its plan: how much it may do at once, and in a day."),
        "created_at": moment("When it was created."),
        "low_balance_cents": note("Below which balance it is warned; 0: never.", **_count),
    },
    "ChangeAccount": {"low_balance_cents": note("Below which balance to be warned; 0: never.")},
    "CreateKey": {"kind": note("Whose prefix it gets: `wf_live_` or `wok_`.")},
    "KeyEntry": {
        "id": note("The key's id."),
        "kind": note("Whose prefix it has.", enum=["wowflow", "wokgen"]),
        "hint": note("Its prefix and its last four characters."),
        "created_at": moment("When it was made."),
        "key": note("The key. Shown once, in the answer that makes it."),
    },
    "CreateEndpoint": {
        "url": note(
            "Where to post: public, https, no user name, no fragment, port 80, 443 or from 1024 up.",
            format="uri",
            maxLength=URL_CHARS_MAX,
            pattern="^https://",
        ),
        "events": note(
            "Which events to post; empty or left out: all.", items={"type": "string", "enum": list(EVENT_TYPES)}
        ),
    },
    "EndpointEntry": {
        "id": note("The endpoint's id."),
        "url": note("Where events are posted.", **_link),
        "events": note("Which events are posted.", items={"type": "string", "examples": list(EVENT_TYPES)}),
        "created_at": moment("When it was created."),
        "secret": note("Signs what is posted. Shown once, when it is made.", pattern="^whsec_"),
        "old_secret_until": moment("Until when the secret before signs too."),
        "failing_since": moment("Since when every attempt failed, if they do."),
        "disabled_at": moment("When it was switched off, if it was."),
        "disabled_why": note("Why it was switched off."),
    },
    "AttemptEntry": {
        "at": moment("When it was posted."),
        "duration_ms": note("How long it took, in milliseconds.", **_count),
        "status": note("The HTTP status of the answer; null: there was none.", minimum=100, maximum=999),
        "error": note("Why there was no answer."),
        "answer": note("The first characters of the answer's body."),
    },
    "DeliveryEntry": {
        "id": note("The delivery's id."),
        "event": note("The event's id: what the header `webhook-id` says."),
        "type": note("What happened.", examples=["generation.completed"]),
        "generation_id": note("The generation that ended; null: the event is of something else.", format="uuid"),
        "state": note("`dead` is given up.", enum=["pending", "delivered", "dead"]),
        "created_at": moment("When the event happened."),
        "attempts": note("Every post so far, the first one first."),
    },
    "ReplayEvents": {
        "since": note("What happened from then on."),
        "which": note("`failed`: given up. `missing`: never posted there."),
        "next": note("Where to go on: what the last answer said."),
    },
    "Replayed": {
        "queued": note("How many are on their way.", **_count),
        "next": note("There, if there is more to look at.", **_count),
    },
    "Error": {"error": note("What went wrong.")},
    "ErrorDetail": {
        "code": note("Stable, for programs: see the table of errors.", examples=["insufficient_balance"]),
        "message": note("What to do about it, for people."),
    },
    "Health": {"status": note("The process lives.", const="ok")},
    "Readiness": {
        "status": note("Whether it can serve.", enum=["ok", "unavailable"]),
        "parts": note("Each part by name: `ok`, or what is wrong with it."),
    },
    "GenerationEvent": {
        "event": note("What happened; the same as `type`."),
        "jobId": note("The generation's id as the camelCase API writes it.", pattern="^job_[0-9a-f]{32}$"),
        "imageUrl": note("Of an image: the first result, or null after a failure.", **_link),
        "videoUrl": note("Of a video: the first result, or null after a failure.", **_link),
        "audioUrl": note("Of a voice or music: the first result, or null after a failure.", **_link),
        "text": note("Of a text: the result, or null after a failure."),
        "prompt": _prompt,
        "timestamp": moment("When it ended."),
        "type": note("What happened."),
        "id": _id,
        "status": note("How it ended."),
        "kind": _kind,
        "model": note("Id of the model that was asked for."),
        "provider": note("Who made it; null: nobody did."),
        "urls": note("All results.", items={"type": "string", **_link}),
        "error": note("Why it failed, for people."),
        "errorCode": note("Why it failed, for programs."),
        "costCents": note("What was charged.", **_count),
        "refundedCents": note("What was given back.", **_count),
        "createdAt": moment("When it was accepted."),
        "completedAt": moment("When it ended."),
        "truncated": note("There, and true, when the body would be too long: read the whole by `id`.", const=True),
    },
}
_event = {
    "event": note("What happened; the same as `type`."),
    "timestamp": moment("When it happened."),
    "type": note("What happened."),
    "id": note("The event's id: what the header `webhook-id` says."),
}
NOTES["BalanceLow"] = _event | {
    "balanceCents": note("What is left.", **_count),
    "thresholdCents": note("The threshold that it is below now.", **_count),
}
NOTES["EndpointDisabled"] = _event | {
    "endpointId": note("The endpoint that was switched off."),
    "url": note("Where its events were posted.", **_link),
    "reason": note("Why, for people."),
    "failingSince": moment("Since when nothing was delivered there."),
}
NOTES["GenerationCompleted"] = NOTES["GenerationFailed"] = NOTES.pop("GenerationEvent")
NOTES |= WOKGEN_NOTES
NOTES |= admin_notes.notes()
NOTES |= {
    f"{name}List": {"data": note(text)}
    for name, text in {
        "Model": "In the order of the catalogue.",
        "Generation": "Newest first.",
        "Transaction": "Newest first.",
        "Endpoint": "Oldest first.",
        "Key": "Oldest first.",
        "Delivery": "Newest first.",
    }.items()
}

# Of the kinds' input fields, whichever kind has them; a field that is not here is told by its limits alone.
INPUT_NOTES = {
    "width": note("Pixels."),
    "height": note("Pixels."),
    "seconds": note("How long it is."),
    "fps": note("Frames a second."),
    "seed": note("The same seed, prompt and size give the same result where the provider can.", format="int64"),
    "negative_prompt": note("What should not be there."),
    "aspect_ratio": note("`auto`, or a ratio such as `16:9`."),
    "style": note("A style by its name."),
    "image_url": note("A picture to work from: an https URL, or a data URL as far as the body's limit goes."),
    "image_urls": note("Pictures to work from: https URLs, or data URLs as far as the body's limit goes."),
    "quality": note("How much effort to take."),
    "mode": note("A mode by its name; a known one styles the prompt."),
    "tool": note("A tool by its name."),
    "type": note("What kind of text, such as `product-desc`."),
    "tone": note("How it sounds, such as `professional`."),
    "length": note("How long it is."),
    "words_max": note("How many words at most."),
    "voice_id": note("A voice by its name."),
    "speed": note("1 is the voice's own."),
    "format": note("Of the file."),
    "language": note("Such as `en` or `de`."),
    "scale": note("How many times larger."),
    "engine": note("A preference for how it is done, such as `real-esrgan`."),
    "count": note("How many."),
    "guidance": note("How closely the words are followed."),
}
