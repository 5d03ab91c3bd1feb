"""The JSON of the API: uploads. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An upload: a file that requests name as `asset:<id>`."""

    id: str
    """The upload's id."""

    url: str
    """The URL for `image_url` and other fields of media: `asset:` and the id."""

    status: Literal["pending", "ready"]
    """`ready` once the file is stored and checked."""

    created_at: datetime
    """When it was created. RFC 3339, UTC, milliseconds."""

    expires_at: datetime
    """A pending upload takes a file until then; a ready one is deleted then. RFC 3339, UTC, milliseconds."""

    content_type: str | None = None
    """The media type that the file's bytes have. Absent while pending."""

    size_bytes: int | None = None
    """The size of the file. Absent while pending."""

    size_max_bytes: int | None = None
    """The most bytes that a pending upload takes."""

    upload_method: Literal["PUT"] | None = None
    """The method for `upload_url`."""

    upload_url: str | None = field(default=None, repr=False)
    """Send the file's bytes there, without your API key. Shown once, in the response that creates it."""
