"""What the system lets a process have."""

import resource


def raise_open_files() -> int:
    """Let this process have as many open files as it may; how many that is.

    A connection is a file, and the usual limit of 1024 is for programs that wait with select().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
