"""python -m deploy.workers [--check]: write what the deployments say about each provider, from the catalogue.

One worker a provider: its Deployment, its ScaledObject, its line in compose.yaml, its name for Prometheus there.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from shared.ops import catalogue_files
from shared.ops.settings import ROOT, Settings

FOLDER = ROOT / "deploy"
K8S = "k8s/base/workers.yaml", "k8s/components/keda/workers.yaml"
MADE_FROM = "# Written by `python -m deploy.workers` from the catalogue: one of each for every provider.\n"
COMPOSE_BEGIN = "  # A worker for each provider of the catalogue, written by `python -m deploy.workers`.\n"
PROMETHEUS_BEGIN = "    dns_sd_configs:\n"
END = "# end of what it wrote\n"
ALWAYS = "local"  # needs no key, so its worker runs from the beginning


def providers() -> list[str]:
    """The providers of the catalogue that we ship, in its order."""
    return list(catalogue_files.load(Settings().catalogue).providers)


def deployments(names: Sequence[str]) -> str:
    """The workers' Deployments, none of them running but the local one."""
    text = (FOLDER / "k8s" / "worker.template.yaml").read_text()
    made = [text.replace("PROVIDER", name).replace("REPLICAS", str(int(name == ALWAYS))) for name in names]
    return MADE_FROM + "---\n" + "---\n".join(made)


def scaled(names: Sequence[str]) -> str:
    """The workers' ScaledObjects."""
    text = (FOLDER / "k8s" / "scaled.template.yaml").read_text()
    made = [text.replace("PROVIDER", name).replace("LEAST", str(int(name == ALWAYS))) for name in names]
    return MADE_FROM + "---\n" + "---\n".join(made)


def compose(text: str, names: Sequence[str]) -> str:
    """compose.yaml with a worker for each provider; all but the local one are profiles."""
    profiles = {name: "" if name == ALWAYS else f"profiles: [{name}], " for name in names}
    lines = [
        f"  worker-{name}: {{ <<: *wokflow, {profiles[name]}command: [python, -m, workers, run, {name}] }}\n"
        for name in names
    ]
    return between(text, COMPOSE_BEGIN, "  " + END, lines)


def targets(text: str, names: Sequence[str]) -> str:
    """Prometheus' configuration with the name of each worker."""
    lines = [f"      - {{ type: A, port: 9100, refresh_interval: 15s, names: [worker-{name}] }}\n" for name in names]
    return between(text, PROMETHEUS_BEGIN, "      " + END, lines)


def between(text: str, begin: str, end: str, lines: Sequence[str]) -> str:
    """`text` with these lines between two of its own."""
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return head + begin + "".join(lines) + end + tail


def made(names: Sequence[str]) -> dict[Path, str]:
    """Every file, and what it should be."""
    yaml, scrape = FOLDER / "compose.yaml", FOLDER / "compose" / "prometheus.yaml"
    return {
        FOLDER / K8S[0]: deployments(names),
        FOLDER / K8S[1]: scaled(names),
        yaml: compose(yaml.read_text(), names),
        scrape: targets(scrape.read_text(), names),
    }


def main() -> int:
    """Write what is stale, or only name it; the exit status is 1 if --check finds something."""
    stale = {path: text for path, text in made(providers()).items() if not path.exists() or path.read_text() != text}
    check = "--check" in sys.argv[1:]
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is stale: run python -m deploy.workers' if check else 'written'}")
        if not check:
            path.write_text(text)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
