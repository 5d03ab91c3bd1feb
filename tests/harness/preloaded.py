"""Import all modules of our programs but the programs themselves, which a forked process runs itself."""

import os
import sys
from importlib import import_module

from tests.harness.fork_server import AS_PRELOADED, CLOCK, PROGRAMS

os.environ.update(AS_PRELOADED)
import_module(CLOCK)  # before any module takes a function of `time`

for name in PROGRAMS:
    import_module(name)
    del sys.modules[name]
