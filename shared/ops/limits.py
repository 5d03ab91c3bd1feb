"""Limits of the operating system for this process."""

import resource


def raise_open_files() -> int:
    """Raise the limit of open files to the hard limit, and return it.

    A connection is a file, and the usual soft limit of 1024 is meant for programs that use select().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def open_files() -> int:
    """Return how many files this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
