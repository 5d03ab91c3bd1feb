"""What a request handler works with, put together in app.py and found through the application."""

from aiohttp import web
from msgspec import Struct

from gateway.guests import Network
from gateway.speeds import Speeds
from gateway.watch import Watch
from shared.domain.catalogue import Catalogue
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.store.connect import Store


class Desk(Struct, frozen=True, kw_only=True):
    """One per process."""

    settings: Settings
    catalogue: Catalogue
    store: Store
    storage: Storage
    watch: Watch
    speeds: Speeds
    trusted: tuple[Network, ...]  # proxies whose X-Forwarded-For is believed
    secret: bytes  # callback addresses are derived from it
    configured: frozenset[str]  # providers whose key is set, or that need none


DESK = web.AppKey("desk", Desk)
