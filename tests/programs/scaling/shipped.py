"""The ScaledObject that we ship, as the simulation takes it, and the burst that was recorded."""

from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from deploy.workers import FOLDER
from tests.programs.scaling.keda import Moment, Policy, simulated
from tests.programs.scaling.record import PATH, Burst

SCRAPE_S = 15  # deploy/compose/prometheus.yaml, and Prometheus' usual
DECIDE_S = 15  # the HorizontalPodAutoscaler's own period
START_S = 20  # a pod on a machine that has the image: scheduled, started, connected
ALONE = Policy(
    age_threshold_s=1, depth_threshold=1, least=1, most=1, grow_pods=1, grow_period_s=1, shrink_pods=1,
    shrink_period_s=1, stabilise_s=1, scrape_s=1, decide_s=1, start_s=0,
)  # fmt: skip


def shipped(slots: int) -> Policy:
    """The policy of the ScaledObject template, its depth for workers of so many slots instead of WORKER_SLOTS."""
    spec: dict[str, Any] = yaml.safe_load((FOLDER / "k8s" / "scaled.template.yaml").read_text())["spec"]
    age, depth = (trigger["metadata"] for trigger in spec["triggers"])
    behaviour = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    (grow,), (shrink,) = behaviour["scaleUp"]["policies"], behaviour["scaleDown"]["policies"]
    return Policy(
        age_threshold_s=float(age["threshold"]),
        depth_threshold=float(depth["threshold"]) / 100 * slots,
        least=1,
        most=spec["maxReplicaCount"],
        grow_pods=grow["value"],
        grow_period_s=grow["periodSeconds"],
        shrink_pods=shrink["value"],
        shrink_period_s=shrink["periodSeconds"],
        stabilise_s=behaviour["scaleDown"]["stabilizationWindowSeconds"],
        scrape_s=SCRAPE_S,
        decide_s=DECIDE_S,
        start_s=START_S,
    )


def the_burst() -> Burst:
    """The recording."""
    return msgspec.json.decode(PATH.read_bytes(), type=Burst)


def per_s(burst: Burst) -> float:
    """What the recorded worker did in a second while it had enough to do."""
    busy = [(before, after) for before, after in zip(burst.seconds, burst.seconds[1:], strict=False) if after.due > 0]
    done = sum(before.due + after.arrived - after.due for before, after in busy)
    return done / len(busy)


def times(arrivals: Sequence[int], factor: float) -> list[float]:
    """The same burst, so many times as high."""
    return [count * factor for count in arrivals]


def answered(burst: Burst, policy: Policy, factor: float = 1) -> list[Moment]:
    """The recorded arrivals, times `factor`, on workers like the recorded one.

    The burst may begin at any second of the autoscaler's period; of all of them this is the one with the oldest job.
    """
    arrived = [second.arrived for second in burst.seconds]
    runs = [
        simulated(policy, times(arrived[:phase] + arrived, factor), per_s=per_s(burst), step_s=burst.step_s)
        for phase in range(policy.decide_s)
    ]
    return max(runs, key=lambda moments: max(moment.age_s for moment in moments))
