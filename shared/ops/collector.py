"""Python's collector of cycles, at the pace of a process that makes none.

What a request or a step leaves behind is freed as its last reference goes. The collector still counts what is in hand
as new, and went over all of it hundreds of times a second: a third of a busy worker's time.
"""

import gc

YOUNG_MAX = 100_000  # new objects until it looks; they are some tens of megabytes at most
OLDER = (20, 50)  # looks at the young until one at the older, and of those until one at all


def calm() -> None:
    """To be called once, at the end of a process's start: what exists by then stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *OLDER)
