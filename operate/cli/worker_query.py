"""A question to a provider by a worker process of its own, because commands do not import adapters."""

import subprocess
import sys

import msgspec

from operate.cli.command import Failure

ANSWER_S = 60.0


def query_worker(verb: str, name: str, **env: str) -> dict[str, object]:
    """Run `python -m workers VERB NAME` with changes of the environment, and return its JSON. Raises Failure."""
    changes = [f"{variable}={value}" for variable, value in env.items()]
    command = ["/usr/bin/env", *changes, sys.executable, "-m", "workers", verb, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False)  # noqa: S603 - ours
        return msgspec.json.decode(done.stdout, type=dict[str, object])
    except subprocess.TimeoutExpired:
        raise Failure("no_answer", f"{name} did not respond within {ANSWER_S:.0f} s: try again later.") from None
    except msgspec.DecodeError:
        said = [line for line in done.stderr.split("\n") if line.strip()]
        reason = said[-1:] or [f"exit status {done.returncode}"]
        raise Failure("worker_failed", f"A worker of {name} cannot start: {reason[0]}") from None
