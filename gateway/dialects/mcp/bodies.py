"""Messages of the Model Context Protocol, and the arguments of our tools."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.domain.catalogue import KINDS
from shared.domain.described import doc
from shared.domain.fields import PROMPT_CHARS_MAX
from shared.domain.pricing import PRICE_CENTS_MAX

WAIT_S_MAX = 600  # values above the deployment's own limit count as that
MODELS_MAX, MODELS_DEFAULT = 200, 50
VARIATION_MAX = 1_000_000
ID_MAX = 2**53


class McpMessage(Struct, kw_only=True):
    """A message of JSON-RPC 2.0: a request, or without `id` a notification. A batch is refused."""

    jsonrpc: Annotated[Literal["2.0"], doc("Always `2.0`.")]
    id: Annotated[
        str | Annotated[int, Meta(ge=-ID_MAX, le=ID_MAX)] | UnsetType | None,
        doc("The id of a request, which its response repeats."),
    ] = UNSET
    method: Annotated[str, doc("The method.", examples=["tools/list"])] = ""
    params: Annotated[dict[str, object] | None, doc("The parameters of the method.")] = None


class McpError(Struct, kw_only=True):
    """The error of a response."""

    code: Annotated[int, doc("A code of JSON-RPC.", examples=[-32601])]
    message: Annotated[str, doc("The problem, for people.")]


class McpResponse(Struct, kw_only=True):
    """A response of JSON-RPC 2.0, with a result or an error. A tool that fails has a result with `isError`."""

    jsonrpc: Annotated[Literal["2.0"], doc("Always `2.0`.")] = "2.0"
    id: Annotated[str | int | None, doc("The id of the request.")]
    result: Annotated[dict[str, object] | UnsetType, doc("The result.")] = UNSET
    error: Annotated[McpError | UnsetType, doc("The error.")] = UNSET


class ListModels(Struct, kw_only=True, forbid_unknown_fields=True):
    """List the models on offer with their prices, to choose the `model` of generate."""

    type: Annotated[str | None, doc("Only models of this kind.", enum=[*KINDS, None])] = None
    search: Annotated[
        Annotated[str, Meta(max_length=100)] | None, doc("Only models with this text in their id or name.")
    ] = None
    limit: Annotated[
        Annotated[int, Meta(ge=1, le=MODELS_MAX)], doc(f"The most models to return, {MODELS_DEFAULT} by default.")
    ] = MODELS_DEFAULT


class QuoteArguments(Struct, kw_only=True, forbid_unknown_fields=True):
    """Return the most that a generation can cost. Nothing is charged."""

    model: Annotated[str, doc("The id of a model from list_models.")]
    prompt: Annotated[Annotated[str, Meta(max_length=PROMPT_CHARS_MAX)], doc("A description of the output.")]
    input: Annotated[dict[str, object] | None, doc("More input fields of the model, such as width and height.")] = None


class GenerateArguments(QuoteArguments, kw_only=True, forbid_unknown_fields=True):
    """Generate an image, video, text, voice or music, and charge for it. A failure is refunded.

    The same arguments within 24 hours return the same generation, and cost nothing more. For another result, or to try
    again after a failure, set `variation` to another number.
    """

    max_cost_cents: Annotated[
        Annotated[int, Meta(ge=0, le=PRICE_CENTS_MAX)],
        doc("Refuse a generation that can cost more than this, in US cents. See quote."),
    ]
    variation: Annotated[
        Annotated[int, Meta(ge=1, le=VARIATION_MAX)], doc("Another number orders another generation.")
    ] = 1
    wait_s: Annotated[
        Annotated[int, Meta(ge=0, le=WAIT_S_MAX)],
        doc("How long to wait for the result, in seconds. Call wait for a generation that takes longer."),
    ] = 30


class WaitArguments(Struct, kw_only=True, forbid_unknown_fields=True):
    """Wait until a generation ends, and return it. One that still runs has the status processing: wait again."""

    id: Annotated[str, doc("The id of the generation.")]
    wait_s: Annotated[Annotated[int, Meta(ge=0, le=WAIT_S_MAX)], doc("How long to wait, in seconds.")] = 30


class GetArguments(Struct, kw_only=True, forbid_unknown_fields=True):
    """Return a generation of the account as it is now, whichever API ordered it."""

    id: Annotated[str, doc("The id of the generation.")]


class BalanceArguments(Struct, kw_only=True, forbid_unknown_fields=True):
    """Return the balance of the account, and how much it spent."""
