"""compose.yaml and its files, as far as tests can check them without an engine."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from deploy import acl
from deploy.workers import providers
from shared.domain.store_url import parse_store_url
from shared.ops.settings import ROOT

FOLDER = ROOT / "deploy"
ROLES = {
    "gateway-1": ["gateway"],
    "gateway-2": ["gateway"],
    "deliver": ["workers", "deliver"],
    "sweep": ["workers", "sweep"],
    "archive": ["workers", "archive"],
}
USERS = {
    "gateway-1": "gateway",
    "gateway-2": "gateway",
    "deliver": "dispatcher",
    "sweep": "sweeper",
    "archive": "sweeper",
}


def load_compose(text: str) -> dict[str, Any]:
    """Return the file with its variables at their defaults."""
    known = re.sub(r"\$\{(\w+):\?[^}]*\}|\$\{(STORE_\w+)\}", lambda found: f"the-{found[1] or found[2]}".lower(), text)
    return dict(yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", known)))


TEXT = (FOLDER / "compose.yaml").read_text()
COMPOSE = load_compose(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
IMAGES = {name: service for name, service in SERVICES.items() if service["image"].startswith("wokflow")}
OURS = {name: service for name, service in IMAGES.items() if name != "operator"}


def test_compose_file_follows_the_specification() -> None:
    """The file follows the Compose specification, and a file with a misspelt word does not."""
    compose_spec.PyCompose.from_json(json.dumps(COMPOSE)).to_spec()
    with pytest.raises(ValueError, match="restrat"):
        compose_spec.PyCompose.from_json(json.dumps(load_compose(TEXT.replace("restart:", "restrat:"))))


def test_compose_runs_every_role_and_every_provider() -> None:
    """Two gateways, a dispatcher, a sweeper and a worker for each provider; workers that need a key are profiles."""
    workers = {f"worker-{name}": ["workers", "run", name] for name in providers()}
    assert {name: ["python", "-m", *words] for name, words in {**ROLES, **workers}.items()} == {
        name: service["command"] for name, service in OURS.items()
    }
    profiles = {name: service["profiles"] for name, service in OURS.items() if "profiles" in service}
    assert {f"worker-{name}": [name] for name in providers() if name != "local"} == profiles


def test_compose_names_only_existing_files_and_services() -> None:
    """Every file, config, volume, network and service that compose.yaml names exists."""
    for config in COMPOSE["configs"].values():
        assert (FOLDER / config["file"]).is_file()
    for service in SERVICES.values():
        assert {one["source"] for one in service.get("configs", [])} <= COMPOSE["configs"].keys()
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        assert set(service.get("depends_on", ())) <= SERVICES.keys()
        sources = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert {name for name in sources if name[0] != "."} <= COMPOSE["volumes"].keys()
    assert (FOLDER / OURS["sweep"]["env_file"][0]).is_file()


def test_containers_have_the_fewest_rights() -> None:
    """Every container has a read-only root, no capabilities beyond a named one, and cannot gain any."""
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert not service["image"].endswith(":latest") or name in IMAGES, name
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert {"proxy", "prometheus", "grafana"} == published.keys()
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_containers_have_time_to_drain() -> None:
    """stop_grace_period is longer than DRAIN_S and the time to close connections and the store."""
    drain_s = int(re.search(r"(?m)^DRAIN_S=(\d+)$", (FOLDER / "compose" / "defaults.env").read_text())[1])  # type: ignore[index]
    assert all(drain_s + 10 < int(service["stop_grace_period"].removesuffix("s")) for service in OURS.values())


def test_proxy_and_prometheus_reach_every_role() -> None:
    """Caddy has both gateways and their probe; Prometheus scrapes every role, and Grafana reads Prometheus."""
    caddy = (FOLDER / "compose" / "Caddyfile").read_text()
    assert "reverse_proxy gateway-1:8080 gateway-2:8080 {" in caddy
    assert "health_uri /readyz" in caddy
    scrapes = yaml.safe_load((FOLDER / "compose" / "prometheus.yaml").read_text())["scrape_configs"]
    fixed = [target for job in scrapes for group in job.get("static_configs", ()) for target in group["targets"]]
    assert {"gateway-1:8080", "gateway-2:8080", "deliver:9100", "sweep:9100", "archive:9100"} == set(fixed)
    found = [
        (name, lookup["port"])
        for job in scrapes
        for lookup in job.get("dns_sd_configs", ())
        for name in lookup["names"]
    ]
    assert [(f"worker-{name}", 9100) for name in providers()] == found
    source = yaml.safe_load((FOLDER / "compose" / "datasource.yaml").read_text())["datasources"][0]
    assert "http://prometheus:9090" == source["url"]


def test_prometheus_accepts_its_configuration(tmp_path: Path) -> None:
    """promtool accepts Prometheus' configuration and its rules."""
    text = (FOLDER / "compose" / "prometheus.yaml").read_text()
    rules = str(FOLDER / "prometheus")
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/rules", rules))
    tool = shutil.which("promtool")
    assert tool is not None, "promtool is missing: apt-get install prometheus"
    command = [tool, "check", "config", str(tmp_path / "prometheus.yml")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == run.returncode, run.stderr
    assert 2 == run.stdout.count("rules found"), run.stdout


def test_store_has_the_settings_of_the_embedded_one() -> None:
    """Valkey in a container has the settings of the embedded store that guarantees depend on."""
    lines = (FOLDER / "compose" / "valkey.conf").read_text().splitlines()
    required = ("appendonly yes", "appendfsync always", "maxmemory-policy noeviction", "hash-max-listpack-value 2048")
    assert set(required) <= set(lines)
    assert "sentinel monitor wokflow valkey-1 6379 2" in (FOLDER / "compose" / "sentinel.conf").read_text()


def test_each_role_has_its_own_user_of_the_store() -> None:
    """REDIS_URL names the role's user and its password, and the Sentinels' password; no URL is shared between roles."""
    workers = {name: "worker" for name in OURS if name.startswith("worker-")}
    for name, user in {**USERS, **workers, "operator": "operator"}.items():
        at = parse_store_url(IMAGES[name]["environment"]["REDIS_URL"])
        assert (user, f"the-store_password_{user}") == (at.username, at.password), name
        assert ("wokflow", 3, "the-store_password_sentinel") == (at.primary, len(at.hosts), at.sentinel_password)


def test_no_password_has_a_default() -> None:
    """Compose refuses to start without the passwords that secrets.sh writes, and says so."""
    assert [] == re.findall(r"\$\{\w*PASSWORD\w*:-[^}]*\}", TEXT)
    demanded = set(re.findall(r"\$\{(\w+):\?run deploy/compose/secrets\.sh\}", TEXT))
    others = {"GRAFANA_PASSWORD", "DATABASE_PASSWORD"}
    assert {f"STORE_PASSWORD_{name.upper()}" for name in (*acl.ROLES, *acl.SERVERS)} | others == demanded


def test_secrets_are_written_once(tmp_path: Path) -> None:
    """The script writes every password that Compose demands, readable by its owner alone, and never replaces one."""
    file = tmp_path / ".env"
    command = ["sh", str(FOLDER / "compose" / "secrets.sh"), str(file)]
    subprocess.run(command, check=True, timeout=10)
    written = dict(re.findall(r"(?m)^(\w+)=([0-9a-f]{48})$", file.read_text()))
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == written.keys()
    assert len(written) == len(set(written.values()))
    assert 0o600 == file.stat().st_mode & 0o777
    before = file.read_text()
    assert 1 == subprocess.run(command, capture_output=True, check=False, timeout=10).returncode
    assert before == file.read_text()


def test_proxy_hides_what_is_not_for_clients() -> None:
    """Metrics, probes and the admin API answer 404 at the proxy; with SITE it serves TLS on the usual ports."""
    caddy = (FOLDER / "compose" / "Caddyfile").read_text()
    assert "@private path /metrics /healthz /readyz /api/admin /api/admin/*" in caddy
    assert "respond @private 404" in caddy
    public = yaml.safe_load((FOLDER / "compose.tls.yaml").read_text())["services"]["proxy"]
    assert {"80:80", "443:443", "443:443/udp"} == set(public["ports"])
    assert "{$SITE::8080} {" in caddy
