"""A native input as a generation carries it: values under the provider's own names, ready for its adapter."""

from typing import Literal

import msgspec
from msgspec import Struct

NATIVE = "native."  # prefix of a provider's field in the conditions of a price
PROMPT: Literal["prompt"] = "prompt"


class NativeInput(Struct, frozen=True, array_like=True):
    """The input of one route under the provider's names. Stored as a MessagePack array, as Spec is.

    A value of `bytes` is JSON, which the provider gets exactly as the caller wrote it.
    `roles` names the fields that the worker fills or publishes: "prompt", or a kind of media. `costs` has the fields
    that change the price, as `native.<field>`, with the provider's defaults. `seconds_max` is the length that the order
    pays for, of the fields whose media the worker measures.
    """

    values: dict[str, object]
    roles: dict[str, str] = msgspec.field(default_factory=dict)
    costs: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    has_negative: bool = False  # whether one of the values is the negative prompt, which is in the prompt otherwise
    seconds_max: dict[str, float] = msgspec.field(default_factory=dict)
