"""OpenAI's API as many providers speak it: the images in a response, and the errors."""

from workers.adapters.contract import Blob, Done, Down, Link, ProviderError, Rejected, Retry, Unknown
from workers.adapters.outputs import decode_blob
from workers.adapters.refusals import content_policy, invalid_input, no_result
from workers.adapters.responses import ProviderResponse

NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "Some resource has been exhausted")
REFUSED = ("moderation_blocked", "content_policy_violation", "content_filter")
BUSY_STATUSES = (498, 529)  # Groq's flex tier, and overload at several others


def read_images(response: ProviderResponse) -> Done:
    """Return the images in a response: GPT image models always send bytes, others may send links.

    Raises Rejected for an error or an empty list, Unknown without a list.
    """
    body = response.fields  # parsed once: it may hold tens of megabytes
    items = body.get("data")
    if body.get("error"):
        raise Rejected("provider_failed", response.reason)
    if not isinstance(items, list):
        raise Unknown(f"the response has no images: {response.reason}")
    media_type = f"image/{body.get('output_format') or 'png'}"
    outputs: list[Blob | Link] = []
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("b64_json"), str):
            outputs.append(decode_blob(item["b64_json"], media_type))
        elif isinstance(item, dict) and isinstance(item.get("url"), str):
            outputs.append(Link(item["url"]))
    if not outputs:
        raise no_result()
    return Done(tuple(outputs))


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read an error body. No credit may be a 429, a content policy a 400 or 403, and overload a 402."""
    if response.status < 400:
        return None
    fields = response.fields
    error = fields["error"] if isinstance(fields.get("error"), dict) else fields
    names = [str(error.get(name) or "") for name in ("code", "type")]
    if any(name.startswith(NO_CREDIT) for name in names):
        return Down(f"no credit: {response.reason}", cause="account")
    metadata = error.get("metadata")
    flagged = isinstance(metadata, dict) and ("reasons" in metadata or "flagged_input" in metadata)
    if flagged or any(name in REFUSED for name in names):
        return content_policy(response)
    if response.status in (400, 413, 422):
        about_model = error.get("param") == "model"  # perhaps only with this input: the caller did not choose the model
        return Down(f"refused the model: {response.reason}", cause="call") if about_model else invalid_input(response)
    postponed = response.status == 402 and "Retry-After" in response.headers
    loading = response.status == 503 and "loading" in response.reason.lower()
    if postponed or loading or response.status in BUSY_STATUSES:
        return Retry(response.reason, after_s=response.retry_after_s)
    return None
