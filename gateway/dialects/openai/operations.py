"""The operations of the OpenAI API."""

from typing import Any

from aiohttp.typedefs import Handler
from msgspec import structs

from gateway.dialects.openai import chat, images, models, responses, speech
from gateway.dialects.openai.chat_bodies import (
    CompletionChoice,
    CompletionMessage,
    CompletionUsage,
    CreateCompletion,
    OpenaiCompletion,
    OpenaiMessage,
)
from gateway.dialects.openai.image_bodies import CreateImages, OpenaiImage, OpenaiImages
from gateway.dialects.openai.models import OpenaiModel, OpenaiModels
from gateway.dialects.openai.order import OpenaiPending
from gateway.dialects.openai.response_bodies import (
    CreateResponse,
    InputTokensDetails,
    OpenaiResponse,
    OutputMessage,
    OutputText,
    OutputTokensDetails,
    ResponseUsage,
)
from gateway.dialects.openai.speech_bodies import CreateSpeech
from gateway.event_stream import MEDIA_TYPE
from gateway.examples import ASSET_URL, GENERATION_ID, IDEMPOTENCY_KEY, PROMPT
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, Parameter, path_parameter

TAG = "OpenAI"
CREATED_S = 1_778_250_191
ALIAS, SERVING = "gpt-image-1", "openai/gpt-image-1.5"
WAIT_S = 120  # of the samples: a client waits longer than we do
ID = path_parameter("id", "The generation's id.", GENERATION_ID)
PREFER = Parameter(
    name="Prefer",
    place="header",
    text="`respond-async` answers 202 and the generation's id at once; `wait=N` does so after N seconds. Without it "
    "the response is held as long as this deployment allows, and a generation that runs longer is an error 504.",
    schema={"type": "string", "examples": ["respond-async", "wait=5"]},
)
RESPONSE_FORMAT = Parameter(
    name="response_format",
    place="query",
    text="`url` or `b64_json`.",
    schema={"type": "string", "enum": ["url", "b64_json"], "default": "url"},
)
TOLD = (
    *("X-Wokflow-Generation", "X-Wokflow-Model", "X-Wokflow-Provider", "X-Wokflow-Cost-Usd"),
    *("X-Wokflow-Simulated", "X-Wokflow-Notices"),
)
ORDERING = ("missing_model", "unknown_model", "invalid_input", *BODIED, *KEYED)
CHARGED = (
    *("insufficient_balance", "key_budget_exceeded", "spend_cap_exceeded", "account_suspended"),
    *("idempotency_key_reuse", "rate_limited", "limit_exceeded", "capacity_exceeded"),
    *("content_policy", "upstream_error", "still_processing"),
)
SHARED: dict[str, Any] = {"tag": TAG, "timeout_s": WAIT_S}
MODEL = OpenaiModel(id=ALIAS, owned_by="openai", name="GPT Image 1.5", type="image", alias_of=SERVING)
IMAGES = OpenaiImages(
    created=CREATED_S,
    data=(OpenaiImage(url=f"{ASSET_URL}.png"),),
    output_format="png",
    size="1024x1024",
    model=SERVING,
)
COMPLETION = OpenaiCompletion(
    id=f"chatcmpl-{GENERATION_ID}",
    created=CREATED_S,
    model="openai/gpt-5.4-mini",
    choices=(CompletionChoice(message=CompletionMessage(content="Mist rises."), finish_reason="stop"),),
    usage=CompletionUsage(prompt_tokens=12, completion_tokens=4, total_tokens=16),
)
COMPLETED = OperationResponse(
    text="The message.", shapes=(OpenaiCompletion,), examples={"message": COMPLETION}, headers=TOLD
)
RESPONSE = OpenaiResponse(
    id=f"resp_{GENERATION_ID}",
    created_at=CREATED_S,
    status="completed",
    model="openai/gpt-5.4-mini",
    output=(OutputMessage(id=f"msg_{GENERATION_ID}", status="completed", content=(OutputText(text="Mist rises."),)),),
    usage=ResponseUsage(
        input_tokens=12,
        input_tokens_details=InputTokensDetails(),
        output_tokens=4,
        output_tokens_details=OutputTokensDetails(),
        total_tokens=16,
    ),
)
RESPONDED = OperationResponse(text="The text.", shapes=(OpenaiResponse,), examples={"text": RESPONSE}, headers=TOLD)
SPOKEN = OperationResponse(text="The audio.", media_type="*/*", headers=TOLD)
REPLAYED = ("Idempotent-Replayed", "Preference-Applied")
READING = ("not_found", "content_policy", "invalid_input", "upstream_error", *KEYED)
RUNNING = OperationResponse(
    status=202,
    text="The generation still runs, and the caller sent `Prefer`. Read it at the `Location` of the response.",
    shapes=(OpenaiPending,),
    examples={"processing": OpenaiPending(id=GENERATION_ID, created=CREATED_S, model=SERVING)},
    headers=("Location", "Preference-Applied", *TOLD),
)
OPERATIONS = (
    Operation(
        method="get",
        path="/v1/models",
        handler=models.list_models,
        id="openaiListModels",
        scopes=("generate", "read"),
        summary="List the models",
        text="Every model on offer, and the aliases of this deployment: names that clients have built in.",
        responses=(
            OperationResponse(
                text="The models.", shapes=(OpenaiModels,), examples={"models": OpenaiModels(data=(MODEL,))}
            ),
        ),
        refusals=KEYED,
        **SHARED,
    ),
    Operation(
        method="get",
        path="/v1/models/{model}",
        pattern="/v1/models/{model:.+}",
        handler=models.read_model,
        id="openaiReadModel",
        scopes=("generate", "read"),
        summary="Read a model",
        parameters=(path_parameter("model", "The id of a model, or an alias.", ALIAS),),
        responses=(OperationResponse(text="The model.", shapes=(OpenaiModel,), examples={"alias": MODEL}),),
        refusals=("unknown_model", *KEYED),
        **SHARED,
    ),
    Operation(
        method="post",
        path="/v1/images/generations",
        handler=images.create_images,
        id="openaiCreateImages",
        scopes=("generate",),
        summary="Create images",
        text="Orders images from a prompt, and responds with them. The balance pays, and a failure is refunded.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateImages,
        bodies={
            "an alias": CreateImages(model=ALIAS, prompt=PROMPT, size="1024x1024"),
            "URLs": CreateImages(model=ALIAS, prompt=PROMPT, response_format="url"),
        },
        responses=(
            OperationResponse(
                text="The images.",
                shapes=(OpenaiImages,),
                examples={"images": IMAGES},
                headers=(*REPLAYED, *TOLD),
            ),
            RUNNING,
        ),
        refusals=("missing_prompt", *ORDERING, *CHARGED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/v1/images/generations/{id}",
        handler=images.read_images,
        id="openaiReadImages",
        scopes=("generate", "read"),
        summary="Read images",
        text="The images of a call that did not wait for them. OpenAI has no such call.",
        parameters=(ID, RESPONSE_FORMAT),
        responses=(
            OperationResponse(text="The images.", shapes=(OpenaiImages,), examples={"images": IMAGES}, headers=TOLD),
            RUNNING,
        ),
        refusals=("invalid_request", *READING),
        **SHARED,
    ),
    Operation(
        method="post",
        path="/v1/chat/completions",
        handler=chat.create_completion,
        id="openaiCreateCompletion",
        scopes=("generate",),
        summary="Continue a conversation",
        text="Orders the next message of a conversation. `max_tokens` bounds the reservation, and the reported tokens "
        "are charged. With `stream` the text comes as server-sent events, each with a `chat.completion.chunk`.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateCompletion,
        bodies={
            "one message": CreateCompletion(
                model="gpt-5.4-mini", messages=[OpenaiMessage(role="user", content=PROMPT)], max_tokens=200
            )
        },
        responses=(structs.replace(COMPLETED, headers=(*REPLAYED, *TOLD), also=(MEDIA_TYPE,)), RUNNING),
        refusals=("missing_prompt", *ORDERING, *CHARGED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/v1/chat/completions/{id}",
        handler=chat.read_completion,
        id="openaiReadCompletion",
        scopes=("generate", "read"),
        summary="Read a message",
        parameters=(ID,),
        responses=(COMPLETED, RUNNING),
        refusals=READING,
        **SHARED,
    ),
    Operation(
        method="post",
        path="/v1/responses",
        handler=responses.create_response,
        id="openaiCreateResponse",
        scopes=("generate",),
        summary="Create a response",
        text="Orders a text for an input. Conversations are not stored here: send the messages before with each call.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateResponse,
        bodies={"a text": CreateResponse(model="gpt-5.4-mini", input=PROMPT, max_output_tokens=200)},
        responses=(structs.replace(RESPONDED, headers=(*REPLAYED, *TOLD)), RUNNING),
        refusals=("missing_prompt", *ORDERING, *CHARGED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/v1/responses/{id}",
        handler=responses.read_response,
        id="openaiReadResponse",
        scopes=("generate", "read"),
        summary="Read a response",
        parameters=(ID,),
        responses=(RESPONDED, RUNNING),
        refusals=READING,
        **SHARED,
    ),
    Operation(
        method="post",
        path="/v1/audio/speech",
        handler=speech.create_speech,
        id="openaiCreateSpeech",
        scopes=("generate",),
        summary="Speak a text",
        text="Orders speech, and responds with the audio itself.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreateSpeech,
        bodies={"a text": CreateSpeech(model="tts-1", input="Mist rises.", voice="alloy")},
        responses=(structs.replace(SPOKEN, headers=(*REPLAYED, *TOLD)), RUNNING),
        refusals=("missing_prompt", *ORDERING, *CHARGED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/v1/audio/speech/{id}",
        handler=speech.read_speech,
        id="openaiReadSpeech",
        scopes=("generate", "read"),
        summary="Read speech",
        text="The audio of a call that did not wait for it. OpenAI has no such call.",
        parameters=(ID,),
        responses=(SPOKEN, RUNNING),
        refusals=READING,
        **SHARED,
    ),
)
# The document describes bodies in JSON alone: docs/clients.md describes these.
FORMS: dict[str, Handler] = {"/v1/images/edits": images.edit_images}
