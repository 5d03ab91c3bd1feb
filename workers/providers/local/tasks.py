"""Sandbox tasks: each takes a Call and a seed as plain values, and returns a Done as plain values."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import structs

from offline.extras import MissingExtra
from workers.adapters.contract import Call, Done
from workers.providers.local import craft


def task(make: Callable[..., Done]) -> Callable[..., dict[str, Any]]:
    """Wrap a function of craft. A seed has any number of digits and MessagePack has not, so it travels as text."""

    def run(call: dict[str, Any], argument: Any) -> dict[str, Any]:
        given = msgspec.convert(call, Call)
        try:
            done = make(given, int(argument) if isinstance(argument, str) else argument)
        except MissingExtra as missing:
            raise ModuleNotFoundError(str(missing)) from missing
        if "seed" in done.facts:
            done = structs.replace(done, facts=done.facts | {"seed": str(done.facts["seed"])})
        plain: dict[str, Any] = msgspec.to_builtins(done, builtin_types=(bytes,))
        return plain

    return run


TASKS = {
    "image": task(craft.make_images),
    "video": task(craft.make_video),
    "music": task(craft.make_music),
    "voice": task(craft.make_speech),
    "text": task(craft.make_text),
    "enhance": task(craft.make_prompts),
    "upscale": task(craft.make_upscaled),
    "interrogate": task(craft.make_description),
}
