"""The bodies of the Replicate API. Field names are Replicate's."""

from typing import Annotated, Literal

from msgspec import Struct

from shared.domain.described import Link, doc, link, replaced, timestamp

Status = Literal["starting", "processing", "succeeded", "failed", "canceled"]
VERSION = "The id of a model from `GET /replicate/v1/models`, or an alias. A model has one version, with its id."


class CreateModelPrediction(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /replicate/v1/models/{owner}/{name}/predictions. Any other field is refused."""

    input: Annotated[
        object,
        replaced(
            "The `prompt`, and the other input fields of the model.",
            required=True,
            type="object",
            properties={"prompt": {"type": "string"}},
        ),
    ] = None
    stream: Annotated[bool | None, doc("No effect: the output comes as a whole.")] = None
    webhook: Annotated[str | None, replaced("Refused: webhooks are endpoints of the account.", type="null")] = None
    webhook_completed: Annotated[str | None, replaced("Refused, like `webhook`.", type="null")] = None
    webhook_events_filter: Annotated[list[str] | None, doc("No effect without a webhook.")] = None


class CreatePrediction(CreateModelPrediction, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /replicate/v1/predictions. Any other field is refused, because it would have no effect."""

    version: Annotated[str | None, replaced(VERSION, required=True, type="string", minLength=1)] = None


class PredictionUrls(Struct, kw_only=True):
    """The URLs of a prediction."""

    get: Annotated[str, link("Answers the prediction as it is then.")]
    cancel: Annotated[str, link("Cancels it, with POST.")]


class PredictionEntry(Struct, kw_only=True):
    """A prediction: a generation of the account, whichever API ordered it."""

    id: Annotated[str, doc("The generation's id.", format="uuid")]
    model: Annotated[str, doc("The id of the model.")]
    version: Annotated[str, doc("The same as `model`.")]
    input: Annotated[dict[str, object], doc("The prompt and the input, without images.")]
    output: Annotated[
        object,
        doc("A URL, a list of URLs for models with `count`, or a text. Null until it succeeded."),
    ] = None
    logs: Annotated[str, doc("Sentences about changes of the input.")] = ""
    error: Annotated[str | None, doc("The reason for the failure. It was refunded.")] = None
    status: Annotated[Status, doc("`starting` until a worker takes it.")]
    metrics: Annotated[dict[str, float], doc("`predict_time` in seconds, once it ended.")]
    source: Annotated[Literal["api"], doc("Always `api`.")] = "api"
    data_removed: Annotated[bool, doc("Always false.")] = False
    created_at: Annotated[str, timestamp("When it was accepted.")]
    started_at: Annotated[str | None, doc("When a worker took it. Null before.")] = None
    completed_at: Annotated[str | None, doc("When it ended. Null before.")] = None
    urls: Annotated[PredictionUrls, doc("Its URLs.")]


class PredictionPage(Struct, kw_only=True):
    """A page of predictions, newest first."""

    previous: Annotated[Link | None, doc("The URL of the page before. Null on the first one.")] = None
    next: Annotated[Link | None, doc("The URL of the page behind. Null on the last one.")] = None
    results: Annotated[tuple[PredictionEntry, ...], doc("The predictions.")]


class ModelVersion(Struct, kw_only=True):
    """The only version of a model."""

    id: Annotated[str, doc("The model's id.")]
    created_at: Annotated[str, timestamp("Always 1970: the release is not known.")]
    cog_version: Annotated[str, doc("The version of the schema's form.")]
    openapi_schema: Annotated[
        dict[str, object], doc("An OpenAPI document: `components.schemas` has `Input` and `Output`.")
    ]


class ReplicateModel(Struct, kw_only=True):
    """A model on offer."""

    url: Annotated[str, link("The page with the models.")]
    owner: Annotated[str, doc("The maker: the id before the slash.")]
    name: Annotated[str, doc("The id behind the slash.")]
    description: Annotated[str, doc("The name for people, the kind and the price.")]
    visibility: Annotated[Literal["public"], doc("Always `public`.")] = "public"
    github_url: Annotated[None, doc("Always null.")] = None
    paper_url: Annotated[None, doc("Always null.")] = None
    license_url: Annotated[None, doc("Always null.")] = None
    run_count: Annotated[int, doc("Always 0: it is not counted.", minimum=0)] = 0
    cover_image_url: Annotated[None, doc("Always null.")] = None
    default_example: Annotated[None, doc("Always null.")] = None
    latest_version: Annotated[ModelVersion | None, doc("The version. Null in the list of models.")] = None


class ReplicateModels(Struct, kw_only=True):
    """The models on offer, on one page."""

    previous: Annotated[None, doc("Always null.")] = None
    next: Annotated[None, doc("Always null.")] = None
    results: Annotated[tuple[ReplicateModel, ...], doc("The models.")]


class ModelVersions(Struct, kw_only=True):
    """The versions of a model: one."""

    previous: Annotated[None, doc("Always null.")] = None
    next: Annotated[None, doc("Always null.")] = None
    results: Annotated[tuple[ModelVersion, ...], doc("The version.")]
