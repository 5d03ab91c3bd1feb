"""Packages of the extra [local], imported when they are needed."""

from importlib import import_module
from types import ModuleType


class MissingExtra(RuntimeError):
    """A package is not installed; the message is the command that installs it."""


def import_extra(module: str, command: str = "pip install 'wokflow[local]'") -> ModuleType:
    """Import a module now, so that a process loads only the heavy ones it uses. Raises MissingExtra."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(command) from error
