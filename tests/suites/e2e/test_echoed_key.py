"""A provider repeats our key in everything that it sends. The key stays out of logs, store, backup and commands."""

from base64 import b64encode
from pathlib import Path

from tests.harness.doubles.echoing import EchoingProvider
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import deploy

KEY = "sk-echo-0123456789abcdefghij"
MODEL = """
[providers.echo]
adapter = "openai"
base_url = "URL"
key_env = "ECHO_API_KEY"

[[models]]
id = "echo/writer"
name = "Writer"
kind = "text"
price_cents = 1
timeout_s = 3
routes = [{ provider = "echo", model = "echo" }]
"""
WORDS = ("fine", "refused", "broken", "malformed", "chunked", "denied")
COMMANDS = (("provider", "list"), ("queue", "list"))


def read_folder(folder: Path) -> bytes:
    """Return the bytes of all files below a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_echoed_key_is_kept_nowhere() -> None:
    """After an answer, refusals and broken responses with the key, it is in no log, record, backup or output."""
    async with EchoingProvider() as provider:
        env = {"ADAPTERS": "workers.providers", "ECHO_API_KEY": KEY, "LOG_LEVEL": "debug"}
        models = MODEL.replace("URL", provider.url)
        async with deploy(models=models, env=env, workers=("echo",), deliver=0) as place:
            caller = await place.create_caller()
            names = [await caller.create(f"{word} please", "echo/writer") for word in WORDS[:1]]
            shown = await caller.wait_for_end(names[0])
            assert "completed" == shown["status"], shown
            assert KEY not in str(shown)
            names += [await caller.create(f"{word} please", "echo/writer") for word in WORDS[1:]]
            for name in names:
                assert KEY not in str(await caller.wait_for_end(name))
            assert provider.requests >= len(WORDS)
            backup = make_folder("backup") / "copy"
            await place.stack.run_cli("store", "backup", str(backup))
            commands = (*COMMANDS, *(("generation", "show", name) for name in names[:2]))
            printed = [str(await place.stack.run_cli(*command)) for command in commands]
            logs = [process.log.read_text(errors="replace") for process in place.stack.processes.values()]
            kept = read_folder(place.stack.data_dir) + read_folder(backup) + "".join((*logs, *printed)).encode()
            assert KEY.encode() not in kept
            assert b64encode(f"user:{KEY}".encode())[8:-4] not in kept
