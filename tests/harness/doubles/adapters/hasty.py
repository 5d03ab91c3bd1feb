"""Luma with a short submit limit: a lost submit is searched for after a second instead of minutes."""

from typing import ClassVar

from workers.providers import luma


class Adapter(luma.Adapter):
    """Luma's adapter with a submit limit of one second."""

    submit_limit_s: ClassVar[float] = 1.0
