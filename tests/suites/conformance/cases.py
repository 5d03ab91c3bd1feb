"""The registry of the conformance suite: every adapter's cases, from `tests/suites/conformance/adapters/*.py`.

To put an adapter under test, write two files and change none:

1. `tests/harness/doubles/<name>.py` with `class Double(double.Double)`; see `tests/harness/doubles/double.py`. It lists
   its routes as (role, method, path, handler). A handler takes a `Request` and returns a `Response`. The handler of a
   poll calls `self.take_state("<the provider's word for done>")` for the state to show. Link outputs with
   `self.link()`. The base class records and counts requests, and injects the failures.
2. `tests/suites/conformance/adapters/<name>.py` with `CASES: tuple[Case, ...]` (see case.py): one case per request that
   differs on the wire (`stability-image`, `stability-upscale`, ...). The tests run over all of them.

The suite then tests this for each case, over real HTTP:

- success;
- each of `working`, and an unknown state: the poll is Pending with the same reference;
- each of `refusals` (documented responses to a submit) raises its error, and nothing was accepted;
- `busy` with `Retry-After: 7` is Retry(7), without it some Retry;
- a lost connection, 500, garbage, an endless or cut response: Unknown after one submit;
- no server: Down;
- the same failures of a poll, and most error statuses: not Rejected, and the next poll finds the result. `poll_roles`
  names the roles of a poll's requests, if it sends several;
- each of `endings` (documented failures of accepted work) is Rejected with its code;
- output links that are gone, redirected, cut, empty or of a wrong type: CopyFailed or BadOutput, no second submit;
- cancel with `canceled`: a running task stops, as its next poll shows, and a finished one keeps its result;
- cancel without `canceled`: no request is sent;
- `callback`: a fresh one names the reference; a stale, unsigned or wrongly signed one does not.
"""

from importlib import import_module
from pathlib import Path

from tests.suites.conformance.case import Case

FOLDER = Path(__file__).parent / "adapters"
MODULES = [import_module(f"tests.suites.conformance.adapters.{path.stem}") for path in sorted(FOLDER.glob("*.py"))]
CASES: tuple[Case, ...] = tuple(case for module in MODULES for case in module.CASES)
