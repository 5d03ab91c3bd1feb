"""python -m deploy.acl [--check]: write the store's users, one for each role, from the commands that our code sends.

Scripts run with the rights of their caller, so every role needs the commands of the scripts. No role may empty the
store, read other keys, or change settings; only the operator's user may make a backup.
"""

import re
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from deploy.workers import FOLDER
from shared.ops.settings import ROOT

FILE, SCRIPT = FOLDER / "compose" / "users.acl", FOLDER / "compose" / "start-store.sh"
COPIES = FOLDER / "k8s" / "overlays" / "single"  # kustomize reads no files outside an overlay
HEADER = """\
# Written by `python -m deploy.acl`: the store's users. start-store.sh fills in the hashes of their passwords.
# A client without a password may only send PING, for health checks.
user default on nopass resetkeys resetchannels -@all +ping
"""
OURS = "~gw:* ~arq:* resetchannels &gw:* -@all"
CONNECTION = ("ping", "select", "time", "role", "client|setname", "script|load", "eval", "evalsha")
CHECKS = ("info", "config|get", "wait", "waitaof")  # settings at the start, and DURABILITY
LISTEN = ("subscribe", "unsubscribe", "publish")
QUEUE = ("blpop", "dbsize", "psetex", "multi", "exec", "watch", "unwatch")  # arq's own connection
WALK = ("scan", "sscan", "hscan", "zscan")
ARCHIVE = ("xreadgroup", "xautoclaim")  # the archiver's: it is the sweeper's user
BACKUP = ("config|set", "bgrewriteaof")
SENT = re.compile(
    r'(?:\.(?:call|send)\(\s*|\((?="[A-Z]+", keys\.))"([A-Z]+)"(?:, "([A-Z-]+)")?'
)  # also tuples for `read`
CONTAINERS = {"ACL", "CLIENT", "CONFIG", "SCRIPT", "SENTINEL"}  # commands whose first argument is a subcommand
FOLDERS = ("shared", "gateway", "workers", "operate")
ROLES: Mapping[str, tuple[str, ...]] = {
    "gateway": (*LISTEN, *WALK, "bgrewriteaof"),  # an operator's ledger check and erasures run in a gateway
    "worker": QUEUE,
    "dispatcher": QUEUE,
    "sweeper": (*WALK, *ARCHIVE),
    "operator": (*WALK, *BACKUP),
}
SERVERS = {  # rights that servers need of each other, as their documentation lists them
    "sentinel": "allchannels -@all +multi +exec +slaveof +replicaof +ping +subscribe +publish +role +info "
    "+config|rewrite +client|setname +client|kill +script|kill",
    "replica": "-@all +psync +replconf +ping",
}


def script_commands() -> set[str]:
    """Return the commands that scripts send."""
    scripts = (ROOT / "shared" / "store" / "lua").rglob("*.lua")
    return {name.lower() for path in scripts for name in re.findall(r"redis\.p?call\('(\w+)'", path.read_text())}


def sent_commands() -> set[str]:
    """Return the commands that Python sends outside scripts, with their subcommands."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = [sent for path in paths for sent in SENT.findall(path.read_text())]
    return {(f"{name}|{first}" if name in CONTAINERS else name).lower() for name, first in found}


def commands_of(role: str) -> list[str]:
    """Return every command of a role, in order. Commands with a danger of their own are only in the roles of ROLES."""
    special = {*LISTEN, *QUEUE, *WALK, *BACKUP, "auth", "sentinel|get-master-addr-by-name"}
    usual = script_commands() | (sent_commands() - special)
    return sorted(usual | {*CONNECTION, *CHECKS, "publish", *ROLES[role]})


def render_users() -> str:
    """Return the file of users, with a placeholder for each password's hash."""
    rights = {role: f"{OURS} {' '.join(f'+{name}' for name in commands_of(role))}" for role in ROLES}
    return HEADER + "".join(
        f"user {name} on #{{{name}}} {allowed}\n" for name, allowed in {**rights, **SERVERS}.items()
    )


def with_passwords(text: str, passwords: Mapping[str, str]) -> str:
    """Return the file with the hash of each user's password, without comments, which a server refuses."""
    for name, password in passwords.items():
        text = text.replace(f"{{{name}}}", sha256(password.encode()).hexdigest())
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def render_files() -> dict[Path, str]:
    """Return every written file with its text."""
    users, script = render_users(), SCRIPT.read_text()
    return {FILE: users, COPIES / FILE.name: users, COPIES / SCRIPT.name: script}


def main() -> int:
    """Write every stale file, or only name it with --check; return exit status 1 if --check finds one."""
    check = "--check" in sys.argv[1:]
    stale = {path: text for path, text in render_files().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is stale: run python -m deploy.acl' if check else 'written'}")
        if not check:
            path.write_text(text)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
