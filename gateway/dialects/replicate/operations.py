"""The operations of the Replicate API."""

from typing import Any

from msgspec import structs

from gateway.dialects.replicate import models, predictions
from gateway.dialects.replicate.bodies import (
    CreateModelPrediction,
    CreatePrediction,
    ModelVersion,
    ModelVersions,
    PredictionEntry,
    PredictionPage,
    PredictionUrls,
    ReplicateModel,
    ReplicateModels,
)
from gateway.examples import (
    ASSET_URL,
    COMPLETED_AT,
    CREATED_AT,
    GENERATION_FILTERS,
    GENERATION_ID,
    IDEMPOTENCY_KEY,
    PAGE,
    PROMPT,
)
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, Parameter, path_parameter

TAG = "Replicate"
SHARED: dict[str, Any] = {"tag": TAG, "timeout_s": 120}
MAKER, NAME = "google", "nano-banana-2-pro-1k"
MODEL_ID = f"{MAKER}/{NAME}"
ID = path_parameter("id", "The generation's id.", GENERATION_ID)
OWNER = path_parameter("owner", "The maker: the id of a model before the slash.", MAKER)
MODEL_NAME = path_parameter("name", "The id of a model behind the slash.", NAME)
PREFER = Parameter(
    name="Prefer",
    place="header",
    text="`wait` holds the response until the prediction ends, for as long as this deployment allows, and `wait=N` for "
    "at most N seconds. Without it the response comes at once.",
    schema={"type": "string", "examples": ["wait", "wait=5"]},
)
TOLD = (
    *("X-Wokflow-Generation", "X-Wokflow-Model", "X-Wokflow-Provider", "X-Wokflow-Cost-Usd"),
    *("X-Wokflow-Simulated", "X-Wokflow-Notices"),
)
URL = f"{{base_url}}{predictions.PATH}/{GENERATION_ID}"
STARTING = PredictionEntry(
    id=GENERATION_ID,
    model=MODEL_ID,
    version=MODEL_ID,
    input={"prompt": PROMPT},
    status="starting",
    metrics={},
    created_at=CREATED_AT,
    urls=PredictionUrls(get=URL, cancel=f"{URL}/cancel"),
)
SUCCEEDED = structs.replace(
    STARTING,
    status="succeeded",
    output=f"{ASSET_URL}.png",
    metrics={"predict_time": 20.5},
    started_at=CREATED_AT,
    completed_at=COMPLETED_AT,
)
CANCELED = structs.replace(STARTING, status="canceled", error="Canceled by its owner.", completed_at=COMPLETED_AT)
MODEL = ReplicateModel(
    url="{base_url}/docs", owner=MAKER, name=NAME, description="Nano Banana 2 Pro, image: $0.11 per output"
)
SCHEMA: dict[str, object] = {
    "openapi": models.OPENAPI,
    "info": {"title": "Nano Banana 2 Pro", "version": "1"},
    "paths": {},
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "properties": {"prompt": {"type": "string", "x-order": 0}},
                "required": ["prompt"],
            },
            "Output": {"type": "string", "format": "uri"},
        }
    },
}
VERSION = ModelVersion(
    id=MODEL_ID, created_at="1970-01-01T00:00:00.000Z", cog_version=models.COG, openapi_schema=SCHEMA
)
CREATED = OperationResponse(
    status=201,
    text="The prediction, charged and queued, or as it is after the wait.",
    shapes=(PredictionEntry,),
    examples={"at once": STARTING, "after Prefer: wait": SUCCEEDED},
    headers=("Idempotent-Replayed", "Preference-Applied", *TOLD),
    links=("replicateReadPrediction", "replicateCancelPrediction"),
)
ORDERING = (
    *("missing_prompt", "unknown_model", "invalid_input", *BODIED, *KEYED),
    *("insufficient_balance", "key_budget_exceeded", "spend_cap_exceeded", "account_suspended"),
    *("idempotency_key_reuse", "rate_limited", "limit_exceeded", "capacity_exceeded"),
)
PREDICTIONS = (
    Operation(
        method="post",
        path=predictions.PATH,
        handler=predictions.create_prediction,
        id="replicateCreatePrediction",
        scopes=("generate",),
        summary="Create a prediction",
        text="Orders a generation. The balance pays, and a failure is refunded. An open prediction is `starting` in "
        "this response, even if a worker has it already.",
        parameters=(IDEMPOTENCY_KEY, PREFER),
        body=CreatePrediction,
        bodies={"prompt only": CreatePrediction(version=MODEL_ID, input={"prompt": PROMPT})},
        responses=(CREATED,),
        refusals=("missing_model", *ORDERING),
        **SHARED,
    ),
    Operation(
        method="post",
        path="/replicate/v1/models/{owner}/{name}/predictions",
        handler=predictions.create_model_prediction,
        id="replicateCreateModelPrediction",
        scopes=("generate",),
        summary="Create a prediction of a model",
        text="The same, with the model in the path.",
        parameters=(OWNER, MODEL_NAME, IDEMPOTENCY_KEY, PREFER),
        body=CreateModelPrediction,
        bodies={"prompt only": CreateModelPrediction(input={"prompt": PROMPT})},
        responses=(CREATED,),
        refusals=ORDERING,
        **SHARED,
    ),
    Operation(
        method="get",
        path=predictions.PATH,
        handler=predictions.list_predictions,
        id="replicateListPredictions",
        scopes=("read",),
        summary="List the predictions",
        text="All generations of the account, newest first, page by page, whichever API ordered them.",
        parameters=(*PAGE, *GENERATION_FILTERS),
        responses=(
            OperationResponse(
                text="A page.",
                shapes=(PredictionPage,),
                examples={"page": PredictionPage(results=(SUCCEEDED,))},
                headers=("History-Incomplete",),
            ),
        ),
        refusals=("invalid_request", "rate_limited", *KEYED),
        **SHARED,
    ),
    Operation(
        method="get",
        path=predictions.PATH + "/{id}",
        handler=predictions.read_prediction,
        id="replicateReadPrediction",
        scopes=("generate", "read"),
        summary="Read a prediction",
        parameters=(ID,),
        responses=(
            OperationResponse(
                text="The prediction.",
                shapes=(PredictionEntry,),
                examples={"starting": STARTING, "succeeded": SUCCEEDED},
                headers=TOLD,
            ),
        ),
        refusals=("not_found", *KEYED),
        **SHARED,
    ),
    Operation(
        method="post",
        path=predictions.PATH + "/{id}/cancel",
        handler=predictions.cancel_prediction,
        id="replicateCancelPrediction",
        scopes=("generate",),
        summary="Cancel a prediction",
        text="Refunds a prediction that no provider has yet. Otherwise the provider is requested to stop. A prediction "
        "that has ended is returned as it is.",
        parameters=(ID,),
        responses=(
            OperationResponse(
                text="The prediction as it is now.",
                shapes=(PredictionEntry,),
                examples={"canceled": CANCELED},
                headers=TOLD,
            ),
        ),
        refusals=("not_found", *KEYED),
        **SHARED,
    ),
)
MODELS = (
    Operation(
        method="get",
        path="/replicate/v1/models",
        handler=models.list_models,
        id="replicateListModels",
        scopes=("generate", "read"),
        summary="List the models",
        responses=(
            OperationResponse(
                text="The models, without their schemas.",
                shapes=(ReplicateModels,),
                examples={"models": ReplicateModels(results=(MODEL,))},
            ),
        ),
        refusals=KEYED,
        **SHARED,
    ),
    Operation(
        method="get",
        path="/replicate/v1/models/{owner}/{name}",
        handler=models.read_model,
        id="replicateReadModel",
        scopes=("generate", "read"),
        summary="Read a model",
        text="A model with an OpenAPI schema of its input and output.",
        parameters=(OWNER, MODEL_NAME),
        responses=(
            OperationResponse(
                text="The model.",
                shapes=(ReplicateModel,),
                examples={"model": structs.replace(MODEL, latest_version=VERSION)},
            ),
        ),
        refusals=("unknown_model", *KEYED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/replicate/v1/models/{owner}/{name}/versions",
        handler=models.list_versions,
        id="replicateListVersions",
        scopes=("generate", "read"),
        summary="List the versions of a model",
        parameters=(OWNER, MODEL_NAME),
        responses=(
            OperationResponse(
                text="The version.",
                shapes=(ModelVersions,),
                examples={"version": ModelVersions(results=(VERSION,))},
            ),
        ),
        refusals=("unknown_model", *KEYED),
        **SHARED,
    ),
    Operation(
        method="get",
        path="/replicate/v1/models/{owner}/{name}/versions/{version}",
        pattern="/replicate/v1/models/{owner}/{name}/versions/{version:.+}",
        handler=models.read_version,
        id="replicateReadVersion",
        scopes=("generate", "read"),
        summary="Read a version",
        parameters=(OWNER, MODEL_NAME, path_parameter("version", "The id of a model.", MODEL_ID)),
        responses=(OperationResponse(text="The version.", shapes=(ModelVersion,), examples={"version": VERSION}),),
        refusals=("unknown_model", *KEYED),
        **SHARED,
    ),
)
OPERATIONS = (*PREDICTIONS, *MODELS)
