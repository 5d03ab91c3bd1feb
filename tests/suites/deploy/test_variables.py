"""Every variable that a deployment sets is read by the program."""

import re
from collections.abc import Iterator

import msgspec
import pytest
import yaml

from deploy.workers import FOLDER
from shared.ops.settings import ROOT, SECRETS_KEY, Settings, load
from tests.harness.factories import load_shipped_catalogue

PYTHONS_OWN = {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
PIPS_OWN = {"PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"}


def known() -> set[str]:
    """Return the settings, and the variables of keys that the catalogue names."""
    fields = {field.name.upper() for field in msgspec.structs.fields(Settings)}
    providers = load_shipped_catalogue().providers.values()
    secrets = {name for one in providers for name in (one.key_env, one.callback_secret_env) if name}
    return fields | secrets | {SECRETS_KEY}


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield the assignments of an environment file, also commented ones."""
    yield from re.findall(r"(?m)^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", text)


def settings() -> Iterator[tuple[str, str, str]]:
    """Yield file, variable and value of every assignment in the deployments."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    for block in re.findall(r"(?m)^ENV ((?:.*\\\n)*.*)$", dockerfile):
        yield from (("Dockerfile", *pair) for pair in re.findall(r"([A-Z][A-Z0-9_]*)=(\S+)", block))
    for path in sorted([*FOLDER.rglob("*.env"), FOLDER / "wokflow.env.example"]):
        yield from ((path.name, *pair) for pair in lines(path.read_text()))
    for path in sorted((FOLDER / "systemd").glob("*.service")):
        for line in re.findall(r"(?m)^Environment=(.*)$", path.read_text()):
            yield from ((path.name, *word.split("=", 1)) for word in line.split())
    for path in sorted((FOLDER / "k8s").rglob("kustomization.yaml")):
        for generated in yaml.safe_load(path.read_text()).get("configMapGenerator", ()):
            yield from ((path.parent.name, *word.split("=", 1)) for word in generated.get("literals", ()))


ALL = sorted(set(settings()))


def test_every_deployment_sets_variables() -> None:
    """The image, Compose, Kubernetes and systemd all set something."""
    assert {"Dockerfile", "defaults.env", "wokflow.env", "production", "single", "wokflow-sweep.service"} <= {
        file for file, _, _ in ALL
    }


@pytest.mark.parametrize(("file", "name", "value"), ALL)
def test_variable_is_read_by_the_program(file: str, name: str, value: str) -> None:
    """A variable is in shared/ops/settings.py or names a key in the catalogue, and its value is valid."""
    assert name in known() | PYTHONS_OWN | PIPS_OWN, f"{file} sets {name}"
    if "%" not in value:
        load({name: value})
