"""A short fuzz of every decoder with a fixed seed, and the counts of the program. `make fuzz` runs longer."""

from pathlib import Path
from random import Random

import pytest

from shared.sandbox.pool import Crashed, Sandbox
from tests.programs.fuzz.decoders.__main__ import main
from tests.programs.fuzz.decoders.entries import ENTRIES, LANGUAGES, Batch, feed
from tests.programs.fuzz.decoders.mutation import hostile_base64, hostile_file, hostile_text
from tests.programs.fuzz.decoders.run import Counts, EntryCounts, Feeder, fuzz, load

SEED = 20_261_130
CRASHING = "``````'"  # crashes espeak-ng in Vietnamese


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.in_parent])
def test_entry_in_our_processes_refuses_or_serves_every_input(name: str) -> None:
    """No input of an entry that runs in a process of ours raises an error that its caller does not expect."""
    reply = feed(name, SEED, 0, 500)
    assert [] == reply["findings"]
    assert 500 == reply["inputs"] > reply["refused"]


async def test_entries_in_children_refuse_or_serve_every_input() -> None:
    """No input of a decoder raises an unexpected error, ends its child, or reaches this process."""
    names, counts = [name for name, entry in ENTRIES.items() if not entry.in_parent], Counts(SEED)
    await fuzz(counts, names=names, inputs_max=4_000, seconds_max=60, children=1)
    assert {name: [] for name in names} == {name: entry.notes for name, entry in counts.entries.items()}
    assert (4_000, 0) == (counts.inputs, counts.reached_parent)
    assert all(entry.inputs for entry in counts.entries.values())


@pytest.mark.parametrize("make", [hostile_file, hostile_text, hostile_base64])
def test_inputs_differ_and_repeat(make: object) -> None:
    """A seed gives many different inputs, and the same ones again."""
    once, again = ([make(Random(f"{SEED}:{number}")) for number in range(300)] for _ in range(2))  # type: ignore[operator]
    assert once == again
    assert 200 < len(set(once))


async def test_crash_is_counted_and_neighbours_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that crashes a decoder ends its child alone, and the number of its input is found."""
    sandbox = Sandbox("tests.harness.sandbox_tasks", children=2)
    counts = Counts(SEED, entries={"voice": EntryCounts()})
    feeder = Feeder(counts, counts.entries, sandbox)

    async def run(task: str, name: str, seed: int, first: int, size: int, **options: object) -> object:
        if first <= 5 < first + size:
            return await Sandbox.run(sandbox, "segfault", limit_s=30)
        return {"inputs": size, "refused": 0, "findings": []}

    monkeypatch.setattr(sandbox, "run", run)
    await feeder.feed("voice", 0, 16)
    assert EntryCounts(0, 16, 0, 0, 1, 0, [(5, "the child died")]) == counts.entries["voice"]
    await sandbox.close()


async def test_crash_of_the_synthesizer_stays_in_its_child() -> None:
    """A text that overwrites the synthesizer's memory raises Crashed, and the next text is spoken by another child."""
    assert "vi" in LANGUAGES
    sandbox = Sandbox("workers.providers.local.tasks", children=1)
    call = {"generation_id": "g", "kind": "voice", "model": "m", "deadline_ms": 0}
    with pytest.raises(Crashed):
        await sandbox.run(
            "voice", call | {"prompt": CRASHING, "input": {"language": "vi", "voice_id": "whisper"}}, "1", limit_s=30
        )
    assert await sandbox.run("voice", call | {"prompt": "Hello.", "input": {}}, "1", limit_s=30)
    await sandbox.close()


def test_counts_add_up_over_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run goes on where the first one stopped."""
    path = tmp_path / "counts.json"
    arguments = ["--counts", str(path), "--entries", "header", "data-url", "--inputs", "400", "--seed", str(SEED)]
    main(arguments)
    main(arguments)
    counts = load(path, 0)
    assert (SEED, 800, 0) == (counts.seed, counts.inputs, counts.reached_parent)
    assert {800} == {sum(entry.next for entry in counts.entries.values())}
    assert "800 inputs, 0 reached a parent" in capsys.readouterr().out


def test_batch_reports_unexpected_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no caller expects is reported with the number of its input."""
    broken = ENTRIES["header"]
    monkeypatch.setitem(ENTRIES, "header", type(broken)(broken.make, lambda data, chance: {}["x"], 1))
    assert Batch(2, 0, [(7, "KeyError: 'x'"), (8, "KeyError: 'x'")]) == Batch(**feed("header", SEED, 7, 2))
