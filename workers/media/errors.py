"""Failures of copying a provider's outputs to our storage.

OutputError
├── BadOutput     final: no bytes, or the wrong kind of file; the generation fails
└── CopyFailed    for now: the output was not fetched; copy it again later, without another submit
    └── NotStored the provider has the output, and our storage refused it
"""


class OutputError(Exception):
    """Base of the failures of a copy."""


class BadOutput(OutputError):
    """The provider delivered an output that nobody can use. Another copy would not help."""


class CopyFailed(OutputError):
    """The output exists but is not in our storage yet. Copy it again later with the same token."""


class NotStored(CopyFailed):
    """The output was fetched, and our storage refused it."""
