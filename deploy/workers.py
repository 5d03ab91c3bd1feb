"""python -m deploy.workers [--check]: write each provider's worker into the deployments, from the catalogue.

A provider's worker has a Deployment, a ScaledObject, a line in compose.yaml, and a name for its Prometheus.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from shared.ops import catalogue_files
from shared.ops.settings import ROOT, Settings

FOLDER = ROOT / "deploy"
K8S = "k8s/base/workers.yaml", "k8s/components/keda/workers.yaml"
GENERATED = "# Written by `python -m deploy.workers` from the catalogue: one for every provider.\n"
COMPOSE_BEGIN = "  # A worker for each provider of the catalogue, written by `python -m deploy.workers`.\n"
PROMETHEUS_BEGIN = "    dns_sd_configs:\n"
END = "# End of the generated lines.\n"
SHARED_FILES = "compose/defaults.env, { path: wokflow.env, required: false }"
KEYS = "          # KEYS\n"
ALWAYS = "local"  # needs no key, so its worker always runs


def providers() -> list[str]:
    """Return the providers of the shipped catalogue, in its order."""
    return list(catalogue_files.load(Settings().catalogue).providers)


def key_variables(name: str) -> list[str]:
    """Return the variables of a provider's secrets."""
    entry = catalogue_files.load(Settings().catalogue).providers[name]
    return [variable for variable in (entry.key_env, entry.callback_secret_env) if variable]


def with_keys(text: str, name: str) -> str:
    """Return a Deployment whose container gets its provider's secrets, and no other's, from the Secret `providers`."""
    source = "{ secretKeyRef: { name: providers, key: VARIABLE, optional: true } }"
    line = f"            - {{ name: VARIABLE, valueFrom: {source} }}\n"
    lines = [line.replace("VARIABLE", variable) for variable in key_variables(name)]
    return text.replace(KEYS, "          env:\n" + "".join(lines) if lines else "")


def deployments(names: Sequence[str]) -> str:
    """Return the workers' Deployments. Only the local one has a replica."""
    text = (FOLDER / "k8s" / "worker.template.yaml").read_text()
    filled = [(name, text.replace("PROVIDER", name)) for name in names]
    items = [with_keys(one.replace("REPLICAS", str(int(name == ALWAYS))), name) for name, one in filled]
    return GENERATED + "---\n" + "---\n".join(items)


def scaled(names: Sequence[str]) -> str:
    """Return the workers' ScaledObjects."""
    text = (FOLDER / "k8s" / "scaled.template.yaml").read_text()
    items = [text.replace("PROVIDER", name).replace("LEAST", str(int(name == ALWAYS))) for name in names]
    return GENERATED + "---\n" + "---\n".join(items)


def compose(text: str, names: Sequence[str]) -> str:
    """Return compose.yaml with a worker for each provider. All but the local one are profiles."""
    lines = []
    for name in names:
        profile = "" if name == ALWAYS else f"profiles: [{name}], "
        command = f"command: [python, -m, workers, run, {name}]"
        lines.append(f"  worker-{name}: {{ <<: *worker, {profile}{command}{_own_file(name)} }}\n")
    return between(text, COMPOSE_BEGIN, "  " + END, lines)


def _own_file(name: str) -> str:
    """Return the files of a worker's settings, the last of which is for its provider's key; none if it has none."""
    own = f"{{ path: worker-{name}.env, required: false }}"
    return f", env_file: [{SHARED_FILES}, {own}]" if key_variables(name) else ""


def targets(text: str, names: Sequence[str]) -> str:
    """Return Prometheus' configuration with the name of each worker."""
    lines = [f"      - {{ type: A, port: 9100, refresh_interval: 15s, names: [worker-{name}] }}\n" for name in names]
    return between(text, PROMETHEUS_BEGIN, "      " + END, lines)


def between(text: str, begin: str, end: str, lines: Sequence[str]) -> str:
    """Return `text` with these lines between its lines `begin` and `end`."""
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return head + begin + "".join(lines) + end + tail


def render_files(names: Sequence[str]) -> dict[Path, str]:
    """Return every generated file with its text."""
    yaml, scrape = FOLDER / "compose.yaml", FOLDER / "compose" / "prometheus.yaml"
    return {
        FOLDER / K8S[0]: deployments(names),
        FOLDER / K8S[1]: scaled(names),
        yaml: compose(yaml.read_text(), names),
        scrape: targets(scrape.read_text(), names),
    }


def main() -> int:
    """Write every stale file, or only name it with --check; return exit status 1 if --check finds one."""
    stale = {
        path: text for path, text in render_files(providers()).items() if not path.exists() or path.read_text() != text
    }
    check = "--check" in sys.argv[1:]
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is stale: run python -m deploy.workers' if check else 'written'}")
        if not check:
            path.write_text(text)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
