"""The Kubernetes manifests, built by kubectl and validated as a cluster would."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.workers import FOLDER, providers, render_files
from gateway.app import build_app
from shared.ops.metrics import SEEN_JOBS, SEEN_OLDEST
from shared.ops.settings import ROOT, Settings
from tests.harness.factories import load_shipped_catalogue

OVERLAYS = sorted(path.name for path in (FOLDER / "k8s" / "overlays").iterdir())
OLDEST, NEWEST = "1.30", "1.37"  # the versions we support
TRIGGER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "metadata"],
    "properties": {
        "type": {"const": "prometheus"},
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["serverAddress", "query", "threshold"],
            "properties": {
                "serverAddress": {"type": "string", "pattern": r"^http://prometheus\.monitoring:9090$"},
                "query": {"type": "string"},
                "threshold": {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
                "activationThreshold": {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            },
        },
    },
}
SCALED_OBJECT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["scaleTargetRef", "triggers"],
            "properties": {
                "scaleTargetRef": {"type": "object", "required": ["name"]},
                "minReplicaCount": {"type": "integer", "minimum": 0},
                "maxReplicaCount": {"type": "integer", "minimum": 1},
                "pollingInterval": {"type": "integer", "minimum": 1},
                "cooldownPeriod": {"type": "integer", "minimum": 0},
                "advanced": {"type": "object"},
                "triggers": {"type": "array", "minItems": 1, "items": TRIGGER},
            },
        },
    },
}


@cache
def build(overlay: str) -> tuple[dict[str, Any], ...]:
    """Return the documents that kubectl builds from an overlay."""
    kubectl = shutil.which("kubectl")
    assert kubectl is not None, "these tests need kubectl 1.27 or later on the PATH"
    folder = FOLDER / "k8s" / "overlays" / overlay
    run = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, timeout=60, check=False)
    assert (0, "") == (run.returncode, run.stderr)
    return tuple(yaml.safe_load_all(run.stdout))


def documents_of(overlay: str, kind: str) -> dict[str, Any]:
    """Return an overlay's documents of a kind, by name."""
    return {one["metadata"]["name"]: one for one in build(overlay) if one["kind"] == kind}


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    """Return a Deployment's only container."""
    (one,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(one)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_documents_fit_the_oldest_and_newest_kubernetes(overlay: str, version: str) -> None:
    """Each document fits the schema of its kind, in the oldest and the newest Kubernetes."""
    others = [f"worker-{name}" for name in providers()[2:]]  # generated from the same template
    for one in (document for document in build(overlay) if document["metadata"]["name"] not in others):
        if one["kind"] == "ScaledObject":
            jsonschema.validate(one, SCALED_OBJECT)
        else:
            kubernetes_validate.validate(one, version, strict=True)


def test_schemas_reject_a_misspelt_field() -> None:
    """A misspelt field is rejected in a Deployment and in a ScaledObject."""
    gateway = documents_of("single", "Deployment")["gateway"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**gateway, "spec": {**gateway["spec"], "replcas": 1}}, "1.37", strict=True)
    worker = documents_of("production", "ScaledObject")["worker-local"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**worker, "spec": {**worker["spec"], "pollInterval": 1}}, SCALED_OBJECT)


def test_generated_manifests_are_fresh() -> None:
    """`python -m deploy.workers` has nothing to write."""
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in render_files(providers()).items()
        if path.read_text() != text
    ]
    assert [] == stale, "run python -m deploy.workers"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_gateways_and_archivers_get_the_database(overlay: str) -> None:
    """No other pod has its URL."""
    found = {name: container(one) for name, one in documents_of(overlay, "Deployment").items()}
    named = {name for name, one in found.items() if any("DATABASE_URL" == env["name"] for env in one.get("env", ()))}
    assert {"gateway", "archive"} == named


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_role_and_provider_has_a_deployment(overlay: str) -> None:
    """Each role and each provider has one Deployment with its command."""
    roles = {"gateway": ["gateway"], "deliver": ["workers", "deliver"], "sweep": ["workers", "sweep"]}
    roles["archive"] = ["workers", "archive"]
    workers = {f"worker-{name}": ["workers", "run", name] for name in providers()}
    found = {name: container(one)["args"] for name, one in documents_of(overlay, "Deployment").items()}
    assert {name: ["python", "-m", *words] for name, words in {**roles, **workers}.items()} == found
    assert [] == [name for name in found if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_probed_on_their_port(overlay: str) -> None:
    """Gateways are probed on /readyz and /healthz of PORT, the others on /healthz of METRICS_PORT."""
    for name, deployment in documents_of(overlay, "Deployment").items():
        one = container(deployment)
        environment = {variable["name"]: variable.get("value") for variable in one["env"]}
        (port,) = one["ports"]
        assert str(port["containerPort"]) == environment["PORT" if name == "gateway" else "METRICS_PORT"]
        probes = {kind: one[kind]["httpGet"] for kind in one if kind.endswith("Probe")}
        assert {probe["port"] for probe in probes.values()} == {port["name"]}
        assert "/healthz" == probes["livenessProbe"]["path"]
        assert ("/readyz" if name == "gateway" else None) == probes.get("readinessProbe", {}).get("path")
        scraped = deployment["spec"]["template"]["metadata"].get("annotations", {})
        assert str(port["containerPort"]) == scraped["prometheus.io/port"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_have_time_to_drain_and_no_rights(overlay: str) -> None:
    """The grace period is longer than the pause before SIGTERM and DRAIN_S; no pod is root or writes to its image."""
    (config,) = [one for one in documents_of(overlay, "ConfigMap").values() if "DRAIN_S" in one["data"]]
    for name, deployment in documents_of(overlay, "Deployment").items():
        pod, one = deployment["spec"]["template"]["spec"], container(deployment)
        pause = int(
            one.get("lifecycle", {"preStop": {"exec": {"command": ["sleep", "0"]}}})["preStop"]["exec"]["command"][1]
        )
        assert pod["terminationGracePeriodSeconds"] > pause + float(config["data"]["DRAIN_S"]) + 5, name
        assert {"runAsNonRoot": True, "runAsUser": 10001}.items() <= pod["securityContext"].items()
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert {"drop": ["ALL"]} == one["securityContext"]["capabilities"]
        assert {"cpu", "memory"} == one["resources"]["requests"].keys()
        assert pod["automountServiceAccountToken"] is False


def test_trial_gives_each_role_its_own_user_of_the_store() -> None:
    """Each Deployment of the trial reads one password, that of its role's user; the store starts with all of them."""
    users = {"deliver": "dispatcher", "sweep": "sweeper", "archive": "sweeper", "gateway": "gateway"}
    for name, deployment in documents_of("single", "Deployment").items():
        user = users.get(name, "worker")
        environment = {variable["name"]: variable for variable in container(deployment)["env"]}
        source = environment["STORE_PASSWORD"]["valueFrom"]["secretKeyRef"]
        assert {"name": "store", "key": f"STORE_PASSWORD_{user.upper()}"} == source, name
        assert f"redis://{user}:$(STORE_PASSWORD)@store" == environment["REDIS_URL"]["value"]
    store = container(documents_of("single", "StatefulSet")["store"])
    assert [{"secretRef": {"name": "store"}}] == store["envFrom"]
    files = [one["data"] for name, one in documents_of("single", "ConfigMap").items() if name.startswith("store")]
    assert [{"users.acl", "start-store.sh"}] == [set(one) for one in files]


def test_no_network_is_trusted_by_default() -> None:
    """Only the operator knows the addresses of the Ingress controller, so no overlay trusts a whole network."""
    for overlay in OVERLAYS:
        for config in documents_of(overlay, "ConfigMap").values():
            assert "TRUSTED_PROXIES" not in config["data"]


def test_client_facing_roles_survive_an_eviction() -> None:
    """Gateways, dispatchers and sweepers have a PodDisruptionBudget, and production runs two of each at least."""
    budgets = documents_of("production", "PodDisruptionBudget")
    assert {"gateway", "deliver", "sweep"} == budgets.keys()
    deployments = documents_of("production", "Deployment")
    for name, budget in budgets.items():
        selector = budget["spec"]["selector"]["matchLabels"]
        assert selector.items() <= deployments[name]["spec"]["template"]["metadata"]["labels"].items()
    assert 2 == documents_of("production", "HorizontalPodAutoscaler")["gateway"]["spec"]["minReplicas"]
    assert [2, 2] == [deployments[name]["spec"]["replicas"] for name in ("deliver", "sweep")]


def test_ingress_exposes_every_public_route(tmp_path: Path) -> None:
    """The Ingress has a path for each of the gateway's routes, and none for its metrics and probes."""
    (rule,) = documents_of("production", "Ingress")["gateway"]["spec"]["rules"]
    app = build_app(Settings(data_dir=str(tmp_path)))
    routes = {resource.canonical.split("/")[1] for resource in app.router.resources()}
    let_in = [path["path"].removeprefix("/") for path in rule["http"]["paths"]]
    assert sorted(routes - {"healthz", "readyz", "metrics"}) == sorted(let_in)


def test_keda_scales_by_exported_metrics() -> None:
    """Each provider's ScaledObject scales its own Deployment by the age and depth of its queue."""
    scaled = documents_of("production", "ScaledObject")
    assert {f"worker-{name}" for name in providers()} == scaled.keys()
    for name, one in scaled.items():
        spec, queue = one["spec"], name.removeprefix("worker-")
        assert name == spec["scaleTargetRef"]["name"]
        assert "replicas" not in documents_of("production", "Deployment")[name]["spec"]
        age, depth = (trigger["metadata"] for trigger in spec["triggers"])
        assert {SEEN_OLDEST.name, SEEN_JOBS.name} == set(re.findall(r"wokflow_\w+", age["query"] + depth["query"]))
        assert f'queue="{queue}"' in age["query"]
        assert f'queue="{queue}"' in depth["query"]
        assert int(depth["threshold"]) < Settings().worker_slots


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_worker_gets_the_keys_of_its_provider_alone(overlay: str) -> None:
    """A worker reads the variables that its provider's entry names, from one Secret, and no other role reads any."""
    known = load_shipped_catalogue().providers
    for name, deployment in documents_of(overlay, "Deployment").items():
        entry = known.get(name.removeprefix("worker-"))
        own = {entry.key_env, entry.callback_secret_env} - {None} if entry else set()
        sources = [one["valueFrom"]["secretKeyRef"] for one in container(deployment)["env"] if "valueFrom" in one]
        assert own == {one["key"] for one in sources if one["name"] == "providers"}, name
