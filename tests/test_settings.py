"""Settings: an exported variable beats the .env file, which beats the mapping and the defaults; empty is a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl import Settings, SettingsError, load_settings

NAMES = {
    "MONGO_URI": "uri",
    "MONGO_DATABASE": "database",
    "MONGO_COLLECTION": "collection",
    "DATA_INBOUND_DIR": "inbound",
    "DATA_OUTBOUND_DIR": "outbound",
}


def env_file(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text)
    return file


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path / ".env")
    assert settings == Settings(
        uri=None,
        database="tractian",
        collection=None,
        inbound=Path("./data/inbound"),
        outbound=Path("./data/outbound"),
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_variable_beats_the_env_file_which_beats_the_default(name: str, tmp_path: Path) -> None:
    file = env_file(tmp_path, f"{name}=from-file\n")
    assert str(getattr(load_settings({}, file), NAMES[name])) == "from-file"
    assert str(getattr(load_settings({name: "exported"}, file), NAMES[name])) == "exported"


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_value_counts_and_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    file = env_file(tmp_path, f"{name}=from-file\n")
    with pytest.raises(SettingsError, match=f"{name} is empty"):
        load_settings({name: value}, file)
    with pytest.raises(SettingsError, match=f"{name} is empty"):
        load_settings({}, env_file(tmp_path, f"{name}='{value}'\n"))


def test_the_env_file_may_have_comments_quotes_and_dollars(tmp_path: Path) -> None:
    file = env_file(tmp_path, "# ours\nexport MONGO_URI='mongodb://u:p$x@h'  # why\nMONGO_DATABASE=\"a\"\n")
    settings = load_settings({}, file)
    assert (settings.uri, settings.database) == ("mongodb://u:p$x@h", "a")


def test_an_env_file_that_cannot_be_read_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, tmp_path / ".env")
    file = tmp_path / "latin"
    file.write_bytes(b"MONGO_DATABASE=caf\xe9\n")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, file)


def test_settings_do_not_show_the_uri() -> None:
    assert "s3cret" not in repr(Settings(uri="mongodb://ana:s3cret@host"))


def test_the_committed_example_names_every_setting() -> None:
    text = (Path(__file__).parent.parent / ".env.example").read_text()
    assert all(f"#{name}=" in text for name in NAMES)


def test_an_env_file_with_an_open_quote_is_refused_with_its_line(tmp_path: Path) -> None:
    file = env_file(tmp_path, "MONGO_DATABASE=a\nMONGO_URI='mongodb://ana:s3cret@host\nDATA_OUTBOUND_DIR=x\n")
    with pytest.raises(SettingsError, match=r"\.env:2: not NAME=VALUE, or a quote is not closed") as caught:
        load_settings({}, file)
    assert "s3cret" not in str(caught.value)
