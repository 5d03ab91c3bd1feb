"""The shipped ScaledObject as a policy of the simulation, and the recorded burst."""

from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from deploy.workers import FOLDER
from tests.programs.scaling.keda import Moment, Policy, simulate
from tests.programs.scaling.record import PATH, Burst

SCRAPE_S = 15  # as in deploy/compose/prometheus.yaml; also Prometheus' default
DECIDE_S = 15  # the HorizontalPodAutoscaler's own period
START_S = 20  # until a pod is scheduled, started and connected on a node that has the container image
ALONE = Policy(
    age_threshold_s=1, depth_threshold=1, workers_min=1, workers_max=1, grow_pods=1, grow_period_s=1, shrink_pods=1,
    shrink_period_s=1, stabilise_s=1, scrape_s=1, decide_s=1, start_s=0,
)  # fmt: skip


def shipped_policy(slots: int) -> Policy:
    """Return the policy of the ScaledObject template, with the depth for workers of `slots` instead of WORKER_SLOTS."""
    spec: dict[str, Any] = yaml.safe_load((FOLDER / "k8s" / "scaled.template.yaml").read_text())["spec"]
    age, depth = (trigger["metadata"] for trigger in spec["triggers"])
    behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    (grow,), (shrink,) = behaviour["scaleUp"]["policies"], behaviour["scaleDown"]["policies"]
    return Policy(
        age_threshold_s=float(age["threshold"]),
        depth_threshold=float(depth["threshold"]) / 100 * slots,
        workers_min=1,
        workers_max=spec["maxReplicaCount"],
        grow_pods=grow["value"],
        grow_period_s=grow["periodSeconds"],
        shrink_pods=shrink["value"],
        shrink_period_s=shrink["periodSeconds"],
        stabilise_s=behaviour["scaleDown"]["stabilizationWindowSeconds"],
        scrape_s=SCRAPE_S,
        decide_s=DECIDE_S,
        start_s=START_S,
    )


def load_burst() -> Burst:
    """Load the recorded burst."""
    return msgspec.json.decode(PATH.read_bytes(), type=Burst)


def per_s(burst: Burst) -> float:
    """Return the jobs per second of the recorded worker while it was busy."""
    busy = [(before, after) for before, after in zip(burst.seconds, burst.seconds[1:], strict=False) if after.due > 0]
    done = sum(before.due + after.arrived - after.due for before, after in busy)
    return done / len(busy)


def multiplied(arrivals: Sequence[int], factor: float) -> list[float]:
    """Multiply each second's arrivals."""
    return [count * factor for count in arrivals]


def simulate_burst(burst: Burst, policy: Policy, factor: float = 1) -> list[Moment]:
    """Simulate the recorded arrivals, times `factor`, on workers like the recorded one.

    The burst may begin at any second of the autoscaler's period. Return the run with the oldest job.
    """
    arrived = [second.arrived for second in burst.seconds]
    runs = [
        simulate(policy, multiplied(arrived[:phase] + arrived, factor), per_s=per_s(burst), step_s=burst.step_s)
        for phase in range(policy.decide_s)
    ]
    return max(runs, key=lambda moments: max(moment.age_s for moment in moments))
