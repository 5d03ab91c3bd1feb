"""The generated files of the SDK match the gateway's document."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.openapi.document import document
from shared.ops.settings import ROOT
from tests.harness.factories import load_shipped_catalogue

SDK = ROOT / "sdk"
LIMIT_S = 60


def run_node(script: Path, *arguments: str) -> tuple[int, str]:
    """Run a script of the SDK and return its exit status and errors. Fails without Node."""
    assert shutil.which("node"), "the SDK's scripts need Node 20"
    done = subprocess.run(
        ["node", str(script), *arguments],
        env={"PATH": str(Path(str(shutil.which("node"))).parent), "PYTHON": sys.executable},
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT_S,
    )
    return done.returncode, done.stderr


def test_generated_types_are_fresh() -> None:
    """sdk/src/schema.ts matches the gateway's document: if not, run `npm run schema` in sdk."""
    assert (0, "") == run_node(SDK / "scripts" / "schema.mjs", "--check")


def test_single_file_is_fresh() -> None:
    """sdk/wokgen.ts matches the modules of the SDK: if not, run `npm run build` in sdk."""
    assert (0, "") == run_node(SDK / "scripts" / "bundle.mjs", "--check")


def test_stale_types_are_found(tmp_path: Path) -> None:
    """A field that is missing from the types fails the check, and the message names the command to run."""
    catalogue = load_shipped_catalogue()
    changed = json.loads(json.dumps(document(catalogue, "http://127.0.0.1:8080")))
    changed["components"]["schemas"]["Balance"]["properties"]["new"] = {"type": "string", "description": "New."}
    (tmp_path / "openapi.json").write_text(json.dumps(changed))
    code, said = run_node(SDK / "scripts" / "schema.mjs", str(tmp_path / "openapi.json"), "--check")
    assert 1 == code
    assert "schema.ts is stale: run `npm run schema`" in said


@pytest.mark.parametrize("module", ["client.ts", "schema.ts"])
def test_stale_single_file_is_found(tmp_path: Path, module: str) -> None:
    """A change that is missing from the single file fails the check, and the message names the command to run."""
    for name in ("src", "scripts"):
        shutil.copytree(SDK / name, tmp_path / name)
    shutil.copy(SDK / "wokgen.ts", tmp_path)
    assert (0, "") == run_node(tmp_path / "scripts" / "bundle.mjs", "--check")
    with (tmp_path / "src" / module).open("a") as file:
        file.write("\n/** More. */\nexport interface More {\n  more: string;\n}\n")
    code, said = run_node(tmp_path / "scripts" / "bundle.mjs", "--check")
    assert 1 == code
    assert "wokgen.ts is stale: run `npm run build`" in said
