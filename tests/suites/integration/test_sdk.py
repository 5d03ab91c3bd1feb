"""What is generated into the SDK is as fresh as the gateway it was made from."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.openapi.document import document
from shared.ops import catalogue_files
from shared.ops.settings import ROOT

SDK = ROOT / "sdk"
LIMIT_S = 60


def node(script: Path, *arguments: str) -> tuple[int, str]:
    """The exit status and complaints of a script of the SDK's; fails without Node."""
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
    """sdk/src/schema.ts is what the gateway's document gives: if not, run `npm run schema` in sdk."""
    assert (0, "") == node(SDK / "scripts" / "schema.mjs", "--check")


def test_the_single_file_is_fresh() -> None:
    """sdk/wokgen.ts is what the modules of the SDK give: if not, run `npm run build` in sdk."""
    assert (0, "") == node(SDK / "scripts" / "bundle.mjs", "--check")


def test_stale_types_are_found(tmp_path: Path) -> None:
    """A field that the document has and the types have not fails the check, which says what to do."""
    catalogue = catalogue_files.load(str(ROOT / "deploy" / "catalogue.toml"))
    changed = json.loads(json.dumps(document(catalogue, "http://127.0.0.1:8080")))
    changed["components"]["schemas"]["Balance"]["properties"]["new"] = {"type": "string", "description": "New."}
    (tmp_path / "openapi.json").write_text(json.dumps(changed))
    code, said = node(SDK / "scripts" / "schema.mjs", str(tmp_path / "openapi.json"), "--check")
    assert 1 == code
    assert "schema.ts is stale: run `npm run schema`" in said


@pytest.mark.parametrize("module", ["client.ts", "schema.ts"])
def test_a_stale_single_file_is_found(tmp_path: Path, module: str) -> None:
    """A change of a module that is not in the single file fails the check, which says what to do."""
    for name in ("src", "scripts"):
        shutil.copytree(SDK / name, tmp_path / name)
    shutil.copy(SDK / "wokgen.ts", tmp_path)
    assert (0, "") == node(tmp_path / "scripts" / "bundle.mjs", "--check")
    with (tmp_path / "src" / module).open("a") as file:
        file.write("\n/** More. */\nexport interface More {\n  more: string;\n}\n")
    code, said = node(tmp_path / "scripts" / "bundle.mjs", "--check")
    assert 1 == code
    assert "wokgen.ts is stale: run `npm run build`" in said
