"""The input of a call under the provider's own names: the prompt and URLs of media filled in, all else untouched."""

import msgspec

from shared.domain.native_input import PROMPT
from shared.media.file_type import MediaKind, kind_of_role
from workers.adapters.contract import Call, Setup
from workers.adapters.inputs import styled_prompt
from workers.adapters.media import Upload, publish


async def build_native_input(
    setup: Setup, call: Call, upload: Upload | None = None, *, inline_bytes_max: int = 0
) -> dict[str, object] | None:
    """Return the provider's input of a call whose route has a native schema, None for another one.

    Media are published, as `publish` describes. Fields that the caller wrote are Raw: only msgspec encodes them.
    Raises Rejected, and the errors of `upload`.
    """
    if call.native is None:
        return None

    async def publish_all(value: object, kind: MediaKind, seconds_max: float | None) -> object:
        if isinstance(value, list):
            return [await publish_all(item, kind, seconds_max) for item in value]
        if not isinstance(value, str):
            return value
        return await publish(
            setup, value, kind=kind, upload=upload, inline_bytes_max=inline_bytes_max, seconds_max=seconds_max
        )

    given = call.native.values
    fields = {name: msgspec.Raw(value) if isinstance(value, bytes) else value for name, value in given.items()}
    for name, role in call.native.roles.items():
        if role == PROMPT:
            fields[name] = styled_prompt(call, takes_negative=call.native.has_negative)
        else:
            fields[name] = await publish_all(fields[name], kind_of_role(role), call.native.seconds_max.get(name))
    return fields
