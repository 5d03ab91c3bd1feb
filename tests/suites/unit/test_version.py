"""The API, the package, the SDK and everything that names a version name the same one."""

import json
import re
import tomllib
from typing import Any

import pytest

import wokflow
from gateway.openapi.document import document
from operate.cli.main import main
from shared.ops.settings import ROOT
from shared.version import VERSION
from tests.harness.factories import load_shipped_catalogue
from workers import egress
from workers.adapters import http

SOURCE: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def read_json(path: str) -> Any:
    """Return the content of a JSON file below the root of the repository."""
    return json.loads((ROOT / path).read_text())


def test_version_is_that_of_pyproject() -> None:
    """The installed package has the version of pyproject.toml; if not, run `make setup`."""
    assert SOURCE == VERSION


def test_document_names_the_version() -> None:
    """The version of /openapi.json is the package's."""
    catalogue = load_shipped_catalogue()
    info = document(catalogue, "http://127.0.0.1:8080")["info"]
    assert isinstance(info, dict)
    assert SOURCE == info["version"]


def test_command_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`wokflow --version` prints the package's version and succeeds."""
    assert 0 == main(["--version"])
    assert f"wokflow {SOURCE}\n" == capsys.readouterr().out


def test_sdk_has_the_version() -> None:
    """package.json and its lock file have the version; if not, run `npm version` as CONTRIBUTING.md says."""
    lock = read_json("sdk/package-lock.json")
    versions = (read_json("sdk/package.json")["version"], lock["version"], lock["packages"][""]["version"])
    assert (SOURCE,) * 3 == versions


def test_python_sdk_has_the_version() -> None:
    """The Python SDK has the version: if not, change sdk/python/wokflow/version.py."""
    assert SOURCE == wokflow.VERSION


def test_user_agents_name_the_version() -> None:
    """Every User-Agent that the product sends names the package's version."""
    agents = (egress.USER_AGENT, egress.BROWSER_LIKE, http.USER_AGENT)
    assert [SOURCE] * 3 == [found for agent in agents for found in re.findall(r"Wokflow/([\w.]+)", agent)]


def test_deployment_names_the_version() -> None:
    """The production overlay of Kubernetes runs the image of the package's version."""
    overlay = (ROOT / "deploy/k8s/overlays/production/kustomization.yaml").read_text()
    assert [SOURCE] == re.findall(r'newTag: "([^"]+)"', overlay)


def test_changelog_has_an_entry_for_the_version() -> None:
    """CHANGELOG.md names the package's version."""
    assert SOURCE in (ROOT / "CHANGELOG.md").read_text()
