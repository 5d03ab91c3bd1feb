"""The operations of uploads."""

from gateway.api.uploads import handlers
from gateway.api.uploads.bodies import CreateUpload, UploadEntry
from gateway.examples import ACCOUNT_CREATED_AT
from gateway.operation import BODIED, KEYED, Operation, OperationResponse, path_parameter

__all__ = ["OPERATIONS", "put_content"]

put_content = handlers.put_content
TAG = "Uploads"
UPLOAD_ID = "upl_0f3c8a9d5b7e41f2a6c4d8e0b1f29375"
URL = f"asset:{UPLOAD_ID}"
EXPIRES_AT = "2026-07-02T09:00:00.000Z"
PENDING = UploadEntry(
    id=UPLOAD_ID,
    url=URL,
    status="pending",
    created_at=ACCOUNT_CREATED_AT,
    expires_at=EXPIRES_AT,
    size_max_bytes=100_000_000,
    upload_method="PUT",
    upload_url=f"https://api.example.com/api/v1/uploads/{UPLOAD_ID}/content?token=5d0c9a1e7f3b48d26a9c0e4f7b1d8352",
)
READY = UploadEntry(
    id=UPLOAD_ID,
    url=URL,
    status="ready",
    created_at=ACCOUNT_CREATED_AT,
    expires_at=EXPIRES_AT,
    content_type="image/jpeg",
    size_bytes=9_213_004,
)
ID = path_parameter("id", "The upload's id.", UPLOAD_ID)

OPERATIONS = (
    Operation(
        method="post",
        path="/api/v1/uploads",
        handler=handlers.create_upload,
        id="createUpload",
        scopes=("generate",),
        tag=TAG,
        summary="Create an upload",
        text="For files that are too large for a `data:` URL. Send the bytes to `upload_url` with PUT, then use the "
        "upload's `url` wherever an image, video or recording is wanted: `asset:<id>`. The URL may lead to a bucket, "
        "and takes the bytes of the file as they are. The bytes decide the type. The upload belongs to your account, "
        "it is deleted at `expires_at`, and nobody can download it.",
        body=CreateUpload,
        bodies={
            "any file": CreateUpload(),
            "a photo": CreateUpload(content_type="image/jpeg", size_bytes=9_213_004),
        },
        responses=(
            OperationResponse(
                status=201,
                text="The upload, and where its file goes.",
                shapes=(UploadEntry,),
                examples={"upload": PENDING},
                headers=("Location",),
                links=("readUpload", "deleteUpload"),
            ),
        ),
        refusals=("limit_exceeded", "capacity_exceeded", *BODIED, *KEYED),
    ),
    Operation(
        method="get",
        path="/api/v1/uploads/{id}",
        handler=handlers.read_upload,
        id="readUpload",
        scopes=("generate",),
        tag=TAG,
        summary="Read an upload",
        text="It is `ready` once its file is stored. A file in a bucket is checked by this call, or by the first "
        "request that uses it.",
        parameters=(ID,),
        responses=(OperationResponse(text="The upload.", shapes=(UploadEntry,), examples={"ready": READY}),),
        refusals=(
            "invalid_input",
            "not_found",
            "conflict",
            "payload_too_large",
            "limit_exceeded",
            "capacity_exceeded",
            *KEYED,
        ),
    ),
    Operation(
        method="delete",
        path="/api/v1/uploads/{id}",
        handler=handlers.delete_upload,
        id="deleteUpload",
        scopes=("generate",),
        tag=TAG,
        summary="Delete an upload",
        text="Deletes the file at once. Orders that have not read it yet fail, with a refund.",
        parameters=(ID,),
        responses=(OperationResponse(status=204, text="The upload is deleted.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
)
