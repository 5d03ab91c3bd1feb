"""Failures of copying a provider's outputs to our storage.

OutputError
├── BadOutput     no bytes, a page instead of a file, a damaged one, the wrong kind: fetched a few times, then final
└── CopyFailed    for now: the output was not fetched; copy it again later, without another submit
    └── NotStored the provider has the output, and our storage refused it
"""


class OutputError(Exception):
    """Base of the failures of a copy."""


class BadOutput(OutputError):
    """The provider delivered an output that nobody can use. It is fetched again for a short while, then refused."""


class CopyFailed(OutputError):
    """The output exists but is not in our storage yet. Copy it again later with the same token."""


class NotStored(CopyFailed):
    """The output was fetched, and our storage refused it."""
