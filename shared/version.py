"""The version of the API, the package and the SDK. `version` in pyproject.toml is its source."""

from importlib.metadata import version

VERSION = version("wokflow")
