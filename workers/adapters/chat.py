"""The kinds that any chat model serves: text, prompt enhancement and image description.

Builds a request in OpenAI's chat completion format, and reads the result from a completion or from plain text.
"""

import json
import re
from itertools import islice
from typing import Any

from shared.domain.quantities import MESSAGES, completion_tokens_max, words_max
from workers.adapters.contract import Call, Done, Rejected, Setup, Unknown
from workers.adapters.inputs import drop_none, fetch_images
from workers.adapters.media import data_url
from workers.adapters.responses import ProviderResponse

KINDS = ("text", "enhance", "interrogate")
VARIATIONS = 3  # default of `count`
TAGS_MAX, TAG_CHARS_MAX = 30, 60
ANSWER_CHARS_MAX = 200_000  # of a text that is read; TOKENS_MAX allows about a tenth
JSON_STARTS_MAX = 50  # positions in a text to try as the beginning of JSON
JSON_START = re.compile(r"[\[{]")
LIST_ITEM = re.compile(r"(?:[-*•]|\d{1,4}[.)])\s+(.+)")
SENTENCE_END = re.compile(r"(?<=[.!?])\s")

ENHANCE = (
    "You improve prompts for generative {mode} models. Keep the subject and intent of the user's prompt; add concrete "
    "detail of composition, light, material and mood. Answer with JSON only: "
    '{{"variations": [{count} different improved prompts as strings]}}.'
)
INTERROGATE = (
    "Describe this image so that an image model could draw it again. Answer with JSON only: "
    '{"prompt": "one detailed prompt", "caption": "one sentence", "tags": ["short", "words"]}.'
)


async def build_request(setup: Setup, call: Call) -> dict[str, object]:
    """Return the body of a chat completion for a call of one of KINDS. Raises Rejected if an image is unreachable."""
    if call.kind == "text":
        return await _build_text_request(setup, call)
    system = system_prompt(call)
    content: object = call.prompt
    if call.kind == "interrogate":
        # By value: our own storage has no public URL, and a model server near us must not fetch on a caller's behalf.
        image = data_url(await setup.fetch(str(call.input.get("image_url"))))
        content = [
            {"type": "text", "text": interrogation_prompt(call)},
            {"type": "image_url", "image_url": {"url": image}},
        ]
    messages = [{"role": "system", "content": system}] if system else []
    return {
        "model": call.model,
        "messages": [*messages, {"role": "user", "content": content}],
        "max_tokens": completion_tokens_max(call.input),
        **drop_none(seed=call.input.get("seed")),
    }


async def _build_text_request(setup: Setup, call: Call) -> dict[str, object]:
    """Return the body for a conversation or a prompt. Images go with the last message."""
    messages = list_messages(call)
    images = await fetch_images(setup, call)
    if images:
        parts = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in images]
        messages[-1] = messages[-1] | {"content": [{"type": "text", "text": messages[-1]["content"]}, *parts]}
    options = {name: call.input.get(name) for name in ("seed", "temperature", "top_p", "stop")}
    return {
        "model": call.model,
        "messages": messages,
        "max_tokens": completion_tokens_max(call.input),
        **drop_none(**options),
    }


def list_messages(call: Call) -> list[dict[str, object]]:
    """Return the conversation of a call, or its prompt as one."""
    given = call.input.get(MESSAGES)
    if isinstance(given, list) and given:
        return [dict(message) for message in given]
    system = system_prompt(call)
    own: dict[str, object] = {"role": "user", "content": call.prompt}
    return [{"role": "system", "content": system}, own] if system else [own]


def system_prompt(call: Call) -> str:
    """Return the system prompt, or "" if the user's prompt is enough."""
    if call.kind == "enhance":
        return ENHANCE.format(mode=call.input.get("mode") or "image", count=call.input.get("count") or VARIATIONS)
    if call.kind != "text":
        return ""
    wishes = [f"{name}: {call.input[name]}." for name in ("type", "tone") if call.input.get(name)]
    wishes += [f"About {words_max(call.input)} words at most."] if words_max(call.input) else []
    return " ".join(["Write exactly the requested text, and nothing else.", *wishes]) if wishes else ""


def interrogation_prompt(call: Call) -> str:
    """Return the prompt that requests the description of an image."""
    return f"{INTERROGATE} {call.prompt}".strip()


def read_completion(call: Call, response: ProviderResponse) -> Done:
    """Return the result in a chat completion.

    Raises Rejected for a refusal or a failure, and Unknown if the response is not a completion.
    """
    body = response.fields
    choices, error = body.get("choices"), body.get("error")
    if error:  # some providers send an error with status 200 once they have begun
        moderated = isinstance(error, dict) and error.get("code") == 403
        raise Rejected("content_policy" if moderated else "provider_failed", response.reason)
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Unknown(f"the response has no chat completion: {response.reason}")
    message, finish = choices[0].get("message"), choices[0].get("finish_reason")
    message = message if isinstance(message, dict) else {}
    if message.get("refusal") or finish == "content_filter":
        raise Rejected("content_policy", str(message.get("refusal") or "The model refused this prompt."))
    if choices[0].get("error") or finish == "error":
        raise Rejected("provider_failed", "The model failed before its text was complete.")
    done = read_text(call, _message_text(message.get("content")))
    usage = body.get("usage")
    names = ("prompt_tokens", "completion_tokens")
    tokens = {name: usage.get(name) for name in names} if isinstance(usage, dict) else {}
    done.facts.update(drop_none(**tokens, truncated=True if finish == "length" else None))
    return done


def read_text(call: Call, content: str) -> Done:
    """Return the result in a model's text, by the call's kind. Raises Rejected if the text is empty."""
    text = without_reasoning(content[:ANSWER_CHARS_MAX])
    if not text:
        raise Rejected("provider_failed", "The model returned an empty text.")
    if call.kind == "enhance":
        variations = _read_variations(text)[: int(str(call.input.get("count") or VARIATIONS))]
        return Done(text=variations[0], facts={"variations": variations})
    return _read_description(text) if call.kind == "interrogate" else Done(text=text)


def without_reasoning(content: str) -> str:
    """Return a model's text without what it thought before."""
    text = content.strip()
    return text.partition("</think>")[2].strip() if text.startswith("<think>") else text


def _message_text(content: object) -> str:
    """Return the text of a message, which some models send in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _find_json(text: str) -> Any:
    """Return the first JSON object or list in a text, or None. Models surround it with words or a fence."""
    for found in islice(JSON_START.finditer(text), JSON_STARTS_MAX):
        try:
            return json.JSONDecoder().raw_decode(text, found.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def _read_variations(text: str) -> list[str]:
    """Return the prompts in a text: from its JSON, else its list items, else the whole text as one."""
    found = _find_json(text)
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [*found.values()])
    values = [next(iter(item.values()), "") if isinstance(item, dict) else item for item in found or ()]
    prompts = [item.strip() for item in values if isinstance(item, str) and item.strip()]
    items = [LIST_ITEM.match(line.strip()) for line in text.split("\n")]
    return prompts or [item[1].strip("\"'") for item in items if item] or [text]


def _read_description(text: str) -> Done:
    """Return prompt, caption and tags in a text: from its JSON, else the text, its first sentence, its commas."""
    found = _find_json(text)
    found = found if isinstance(found, dict) else {}
    prompt = found.get("prompt") if isinstance(found.get("prompt"), str) else None
    caption = found.get("caption") if isinstance(found.get("caption"), str) else None
    tags = found.get("tags")
    if not isinstance(tags, list):
        listed = tags if isinstance(tags, str) else text if not found and text.count(",") >= 3 else ""
        tags = listed.split(",")
    short = [str(tag).strip() for tag in tags if isinstance(tag, str) and 0 < len(tag.strip()) <= TAG_CHARS_MAX]
    description = prompt or caption or text
    first_sentence = SENTENCE_END.split(description, maxsplit=1)[0]
    return Done(text=description, facts={"caption": caption or first_sentence, "tags": short[:TAGS_MAX]})
