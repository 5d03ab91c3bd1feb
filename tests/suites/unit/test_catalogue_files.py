"""The catalogue's files and its configured providers."""

from pathlib import Path

import pytest

from shared.domain.catalogue_file import CatalogueError
from shared.ops import catalogue_files

MAIN = """\
include = ["more/a.toml", "b.toml"]
[plans.guest]
daily_quota = 10
concurrency = 2
backlog_max = 5
[providers.near]
[[models]]
id = "near/one"
name = "One"
kind = "image"
price_cents = 1
routes = [{ provider = "near", model = "one" }]
"""
A = """\
[[models]]
id = "far/two"
name = "Two"
kind = "image"
price_cents = 1
routes = [{ provider = "far", model = "two" }, { provider = "near", model = "two" }]
"""
B = """\
[providers.far]
key_env = "FAR_KEY"
[[models]]
id = "far/three"
name = "Three"
kind = "image"
price_cents = 1
routes = [{ provider = "far", model = "three" }]
"""


def write_catalogue(folder: Path, *, main: str = MAIN, a: str = A, b: str = B) -> str:
    """Write a catalogue of three files and return its path."""
    (folder / "more").mkdir()
    for name, text in (("catalogue.toml", main), ("more/a.toml", a), ("b.toml", b)):
        (folder / name).write_text(text)
    return str(folder / "catalogue.toml")


def test_included_files_add_models_and_providers(tmp_path: Path) -> None:
    """Models come in the order of the files, and a provider of a later file may serve them."""
    found = catalogue_files.load(write_catalogue(tmp_path))
    assert ["near/one", "far/two", "far/three"] == list(found.models)
    assert ["near", "far"] == list(found.providers)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("a", 'kind = "image"', 'kind = "smell"', "more/a.toml, line 4: model 'far/two': unknown kind 'smell'"),
        ("a", "[[models]]", "[[models", "more/a.toml, line 1: this is not valid TOML"),
        (
            "b",
            "far/three",
            "near/one",
            "b.toml, line 4: model 'near/one': another model has this id: rename one of them",
        ),
        ("b", "providers.far", "providers.near", "b.toml, line 1: provider 'near': another provider has this name"),
        ("b", "[providers.far]", "markup_percent = 1\n[providers.far]", "b.toml, line 1: b.toml: unknown key"),
        ("main", "b.toml", "c.toml", "include: cannot read c.toml (No such file or directory); correct"),
        ("main", "more/a.toml", "b.toml", "line 1: the catalogue: include must name files, each once, not 'b.toml'"),
        ("main", '"b.toml"', "1", "line 1: the catalogue: include must name files, each once, not 1"),
        ("main", '["more/a.toml", "b.toml"]', '"b.toml"', "line 1: the catalogue: include must be a list"),
    ],
)
def test_mistake_is_reported_with_its_file(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    """A mistake in an included file is reported with the file and the line."""
    text = {"main": MAIN, "a": A, "b": B}[file]
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        catalogue_files.load(write_catalogue(tmp_path, **{file: text.replace(old, new)}))
    assert str(caught.value).startswith(message)


def test_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """A file that is not UTF-8 is named in the error."""
    path = write_catalogue(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(CatalogueError, match="not UTF-8 text"):
        catalogue_files.load(path)


def test_provider_is_configured_when_its_key_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider is configured if it needs no key or its variable is set; missing variables are listed."""
    found = catalogue_files.load(write_catalogue(tmp_path))
    monkeypatch.setenv("FAR_KEY", "")
    assert {"near"} == catalogue_files.configured(found)
    assert {"near", "far"} == catalogue_files.configured(found, {"far", "unknown"})
    assert ["FAR_KEY"] == catalogue_files.missing_keys(found, found.models.values(), {"near"})
    monkeypatch.setenv("FAR_KEY", "a-key")
    assert {"near", "far"} == catalogue_files.configured(found)
    assert [] == catalogue_files.missing_keys(found, found.models.values(), {"near", "far"})
