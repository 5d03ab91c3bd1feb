"""The errors of the records."""

from shared.domain.errors import WokflowError


class RecordsDown(WokflowError):
    """The database cannot be reached or cannot serve. Nothing is lost: try again later."""


class RecordsSlow(RecordsDown):
    """A query took longer than its limit, and the database stopped it."""


class RecordsUnfit(WokflowError):
    """The database is of a later version of Wokflow, of another deployment, or not set up yet."""


class RecordsRefused(WokflowError):
    """The database refused a row: a bug of ours."""
