"""What the local provider says when the packages for its language and voice were not installed."""

from importlib import import_module
from types import ModuleType


class MissingExtra(RuntimeError):
    """A package is not installed; the message is the command that installs it."""


def import_extra(module: str, command: str = "pip install 'wokflow[local]'") -> ModuleType:
    """The module, imported now: heavy ones are paid for by those who use them. Raises MissingExtra."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(command) from error
