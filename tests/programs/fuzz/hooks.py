"""What the fuzzer loads into its process."""

import json
import re

import schemathesis

# A URL of neither this machine nor of a name that is reserved for nobody.
FOREIGN = re.compile(r"https?://(?!127\.0\.0\.1[:/])(?![^/?#]*\.invalid([/:?#]|$))", re.IGNORECASE)


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Leave out what would make the deployment reach out to the world."""
    return not FOREIGN.search(json.dumps(case.body, default=str))
