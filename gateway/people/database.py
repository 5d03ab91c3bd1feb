"""Read and change people in the database, which may be off or away."""

from shared.domain.errors import Refused
from shared.records.errors import RecordsDown, RecordsRefused, RecordsUnfit
from shared.records.history import History, Query, Result

RETRY_AFTER_S = 2
OFF = Refused("unavailable", "This deployment has no accounts for people: its operator has set up no database.")
AWAY = Refused("unavailable", "Sign-in is not possible at the moment. Try again.", retry_after_s=RETRY_AFTER_S)
TAKEN = Refused("conflict", "Somebody did the same at the same time. Try again.")


async def read_people(history: History, query: Query[Result]) -> Result:
    """Return the result of a query. Raises Refused if there is no database, or it is away."""
    try:
        return await history.read(query)
    except RecordsUnfit:
        raise OFF from None
    except RecordsDown:
        raise AWAY from None


async def change_people(history: History, query: Query[Result]) -> Result:
    """Return the result of a query that writes, all of it or nothing. Raises Refused like `read_people`."""
    try:
        return await history.change(query)
    except RecordsUnfit:
        raise OFF from None
    except RecordsDown:
        raise AWAY from None
    except RecordsRefused:
        raise TAKEN from None
