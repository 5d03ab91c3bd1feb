"""The priority of this process on its machine."""

import os
import time
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
TRIES, WAIT_S = 5, 0.11  # Linux accepts one such change a tenth of a second, of all processes together


def yield_processor(nice: int) -> None:
    """Leave the processor to processes with a lower nice value, in other sessions too.

    Linux with autogroups first shares the processor between sessions, and a nice value counts inside of one only. So
    the leader of a session gives the session the same value.
    """
    os.nice(nice)
    if os.getsid(0) != os.getpid():
        return
    for _ in range(TRIES):
        try:
            AUTOGROUP.write_text(str(nice))
        except BlockingIOError:
            time.sleep(WAIT_S)
        except OSError:
            return
        else:
            return
