"""The bodies of the uploads API."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.domain.described import count, doc, timestamp
from shared.ops.settings import Settings

MB = 1_000_000
SIZE_BYTES_MAX = Settings().upload_mb_max * MB  # by default


class CreateUpload(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of POST /api/v1/uploads."""

    content_type: Annotated[
        Annotated[str, Meta(max_length=100, pattern=r"\A(image|video|audio)/[a-z0-9.+-]{1,80}\Z")] | None,
        doc("The media type of the file. A file of another type is refused.", examples=["image/jpeg"]),
    ] = None
    size_bytes: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        doc(
            f"The size of the file, at most {SIZE_BYTES_MAX} by default. A file of another size is refused. Without "
            "it, the upload counts with the largest size until the file is there.",
            format="int64",
        ),
    ] = None


class UploadEntry(Struct, kw_only=True, omit_defaults=True):
    """An upload: a file that requests name as `asset:<id>`."""

    id: Annotated[str, doc("The upload's id.")]
    url: Annotated[str, doc("The URL for `image_url` and other fields of media: `asset:` and the id.")]
    status: Annotated[str, doc("`ready` once the file is stored and checked.", enum=["pending", "ready"])]
    created_at: Annotated[str, timestamp("When it was created.")]
    expires_at: Annotated[str, timestamp("A pending upload takes a file until then; a ready one is deleted then.")]
    content_type: Annotated[
        str | UnsetType, doc("The media type that the file's bytes have. Absent while pending.")
    ] = UNSET
    size_bytes: Annotated[int | UnsetType, count("The size of the file. Absent while pending.")] = UNSET
    size_max_bytes: Annotated[int | UnsetType, count("The most bytes that a pending upload takes.")] = UNSET
    upload_method: Annotated[str | UnsetType, doc("The method for `upload_url`.", enum=["PUT"])] = UNSET
    upload_url: Annotated[
        str | UnsetType,
        doc("Send the file's bytes there, without your API key. Shown once, in the response that creates it."),
    ] = UNSET
