"""The parts that request handlers work with. `app.py` creates them, handlers find them in the application."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct

from gateway.addresses import url_of
from gateway.admission.bounds import Admission
from gateway.admission.lists import Lists
from gateway.admission.slots import Slots
from gateway.callback_secrets import CallbackSecrets
from gateway.exchange import EXCHANGE
from gateway.guests import Network
from gateway.live_catalogue import LiveCatalogue
from gateway.people.mail import Mailer
from gateway.people.passwords import Passwords
from gateway.speeds import Speeds
from gateway.watch import Watch
from shared.domain.catalogue import Catalogue
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.records.history import History
from shared.store.connect import Store

if TYPE_CHECKING:
    from gateway.billing.stripe_api import StripeApi
    from gateway.edge.rates import RateLimits


class GatewayContext(Struct, frozen=True, kw_only=True):
    """The parts of one gateway process."""

    settings: Settings
    live: LiveCatalogue
    follower: CatalogueFollower
    store: Store
    storage: Storage
    watch: Watch
    feeds: Watch
    event_slots: Slots
    speeds: Speeds
    trusted: tuple[Network, ...]  # proxies whose X-Forwarded-For is believed
    secret: bytes  # keys the names of guests
    callback_secrets: CallbackSecrets
    lists: Lists
    history: History
    mailer: Mailer
    passwords: Passwords
    upload_slots: Slots
    large_bodies: Slots
    export_slots: Slots
    rates: "RateLimits"
    stripe: "StripeApi | None"  # None: payments are off
    standing_headers: dict[str, str]  # of every response

    @property
    def catalogue(self) -> Catalogue:
        """Return the catalogue that the current request began with."""
        return self.live.current.catalogue

    @property
    def configured(self) -> frozenset[str]:
        """Return the providers whose key is set, or that need none."""
        return self.live.current.configured

    @property
    def admission(self) -> Admission:
        """Return the bounds of orders."""
        return self.live.current.admission

    @property
    def base_url(self) -> str:
        """Return the gateway's URL for links in the current response, without a trailing slash."""
        return url_of(EXCHANGE.get().host, self.settings)


SCOPES: web.AppKey[Mapping[Handler, tuple[str, ...]]] = web.AppKey("scopes")  # of calls: a key needs one of them
SDK: web.AppKey[Handler] = web.AppKey("sdk")  # answers the TypeScript SDK
DOCUMENT: web.AppKey[Handler] = web.AppKey("document")  # answers the OpenAPI document
FOLLOWER = web.AppKey("follower", CatalogueFollower)
CONTEXT = web.AppKey("context", GatewayContext)
