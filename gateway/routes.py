"""Every operation of the gateway, as the router and the OpenAPI document use it."""

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import structs

from gateway.api.account import operations as account
from gateway.api.admin import operations as admin
from gateway.api.billing import handlers as billing_handlers
from gateway.api.billing import operations as billing
from gateway.api.events import operations as events
from gateway.api.receipts import operations as receipts
from gateway.api.service import operations as service
from gateway.api.uploads import operations as uploads
from gateway.api.usage import operations as usage
from gateway.api.vouchers import operations as vouchers
from gateway.api.webhooks import operations as webhooks
from gateway.dialects.mcp import operations as mcp
from gateway.dialects.openai import operations as openai
from gateway.dialects.openai.order import SECOND_ROOT
from gateway.dialects.replicate import operations as replicate
from gateway.dialects.wokgen import operations as wokgen
from gateway.dialects.wokgen_v1 import operations as wokgen_v1
from gateway.dialects.wowflow import operations as wowflow
from gateway.operation import Operation, Scope
from gateway.people import operations as people
from gateway.people import pages
from shared.domain.catalogue import Catalogue


def operations(catalogue: Catalogue) -> tuple[Operation, ...]:
    """Return every operation, in the order of the document. Raises OSError if a page is missing."""
    return (
        *wowflow.operations(catalogue),
        *wokgen.OPERATIONS,
        *wokgen_v1.OPERATIONS,
        *openai.OPERATIONS,
        *replicate.OPERATIONS,
        *mcp.OPERATIONS,
        *events.OPERATIONS,
        *uploads.OPERATIONS,
        *usage.OPERATIONS,
        *vouchers.OPERATIONS,
        *billing.OPERATIONS,
        *account.OPERATIONS,
        *people.OPERATIONS,
        *receipts.OPERATIONS,
        *webhooks.OPERATIONS,
        *service.operations(),
    )


def admin_operations() -> tuple[Operation, ...]:
    """Return every operation of the admin API, which has its own address. Raises OSError if a page is missing."""
    return (*admin.OPERATIONS, *service.admin_operations())


def routes(table: Iterable[Operation]) -> list[web.RouteDef]:
    """Return the router's entries. A GET answers HEAD too."""
    methods = {"get": web.get, "post": web.post, "patch": web.patch, "delete": web.delete}
    return [methods[operation.method](operation.pattern or operation.path, operation.handler) for operation in table]


def scopes(table: Iterable[Operation]) -> dict[Handler, tuple[Scope, ...]]:
    """Return the scopes of each call, by its handler: a key with limits needs one of them."""
    listed = {operation.handler: operation.scopes for operation in table}
    return listed | dict.fromkeys(openai.FORMS.values(), ("generate",))


def unlisted_routes() -> list[web.RouteDef]:
    """Return the routes whose URLs the API hands out, the second one of OpenAI's API, Stripe's events, and forms."""
    second = [structs.replace(one, **_behind(SECOND_ROOT, one)) for one in openai.OPERATIONS]
    forms = [web.post(root + path, handler) for path, handler in openai.FORMS.items() for root in ("", SECOND_ROOT)]
    return [
        web.put("/api/v1/uploads/{id}/content", uploads.put_content),
        web.post("/stripe/events", billing_handlers.receive_event),
        *routes(second),
        *forms,
        *pages.routes(),
    ]


def _behind(root: str, operation: Operation) -> dict[str, str]:
    return {name: root + path for name in ("path", "pattern") if (path := getattr(operation, name))}
