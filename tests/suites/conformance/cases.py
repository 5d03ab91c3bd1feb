"""The registry of the conformance suite: every adapter's cases, gathered from `tests/suites/conformance/adapters/*.py`.

To put an adapter under test, write two files and touch none:

1. `tests/harness/doubles/<name>.py`: `class Double(double.Double)`, see `tests/harness/doubles/double.py`. It lists its
   routes as (role, method, path, handler); a handler takes an `Asked` and returns a `Say`. In a look's handler, call
   `self.take_state("<the provider's word for done>")` to learn which state to show. Link outputs with `self.link()`.
   Count nothing and break nothing yourself: the base class records, counts and misbehaves.
2. `tests/suites/conformance/adapters/<name>.py`: `CASES: tuple[Case, ...]` (see case.py), one per request that
   differs on the wire (`stability-image`, `stability-upscale`, ...). The tests run over all of them.

What the suite then does with a case, each over real HTTP:

- success, and `states` = `working` + a word that nobody knows: every look is Pending with the same reference;
- each of `refusals` (documented answers to a submit) raises what it says, and nothing was accepted;
- `busy` with `Retry-After: 7` is Retry(7), without it some Retry;
- a lost connection, 500, garbage, an endless or cut answer: Unknown after one submit; nobody listening: Down;
- the same troubles on a look, and 400, 401, 403, 404, 422, 429, 503: anything but Rejected, and the next look finds the
  result (`looks` names the roles of its requests, where a look makes several);
- each of `endings` (documented ends of accepted work) is Rejected with its code;
- outputs behind links: gone, redirected, of a wrong type, cut, empty: CopyFailed or BadOutput, no second submit;
- cancel: if `canceled` is given, a running task stops and its next look is that, and a finished one keeps its result;
  else cancel() asks nothing;
- `callback`: a fresh one names the reference; stale, unsigned or signed with another secret it names nothing.
"""

from importlib import import_module
from pathlib import Path

from tests.suites.conformance.case import Case

FOLDER = Path(__file__).parent / "adapters"
MODULES = [import_module(f"tests.suites.conformance.adapters.{path.stem}") for path in sorted(FOLDER.glob("*.py"))]
CASES: tuple[Case, ...] = tuple(case for module in MODULES for case in module.CASES)
