"""Settings of Python's cyclic garbage collector for processes that create few reference cycles.

Objects of a request or a step are freed with their last reference. With the default settings, the collector scanned
the live ones hundreds of times a second, which was a third of a busy worker's time.
"""

import gc

YOUNG_MAX = 25_000  # new objects until a collection, which stops the process for some milliseconds
OLDER = (80, 50)  # collections of the young generation until one of the middle, and of the middle until a full one


def tune_collector() -> None:
    """Freeze the objects that exist now and collect less often. Call it once, at the end of a process's start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *OLDER)
