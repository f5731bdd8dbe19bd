"""Outbound files: whole or absent, and never outside their folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from etl import EndpointError
from etl.endpoints.files.atomic import write_atomically
from etl.endpoints.files.marks import TAKEN
from etl.endpoints.files.record_files import RecordFiles
from etl.mapping.entries import Entry
from etl.mapping.files import FilesEndpoint
from etl.transfer.model import Candidate, Item, Outcome


def write(folder: Path, template: str, *records: dict[str, Any]) -> list[tuple[Outcome, str]]:
    sink = RecordFiles(folder, FilesEndpoint("*.json", (Entry(template),)))
    candidates = [Candidate(Item("x", record), (1,), {}, record) for record in records]
    results = sink.apply(sink.compare(candidates))
    return [(result.outcome, str(*result.violations)) for result in results]


@pytest.mark.parametrize("key", ["../escape", "a/b", "a\\b", "..", "/etc/passwd", "x\0y", "a\nb", ".hidden", "CON"])
def test_no_file_name_leaves_the_outbound_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "out"
    assert write(folder, "{id}.json", {"id": key}) == [(Outcome.CREATED, "")]
    (file,) = folder.iterdir()
    assert unquote(file.name) == f"{key}.json"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("key", ["x" * 300, "é" * 130])
def test_a_key_that_is_longer_than_a_file_name_may_be_is_rejected_by_name(tmp_path: Path, key: str) -> None:
    ((outcome, reason),) = write(tmp_path, "{id}.json", {"id": key})
    assert outcome is Outcome.REJECTED
    assert reason.endswith("is longer than a file name may be")


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}])
def test_only_text_and_whole_numbers_stand_in_a_file_name(tmp_path: Path, value: Any) -> None:
    for record in ({"id": value}, {}):
        ((outcome, reason),) = write(tmp_path, "{id}.json", record)
        assert outcome is Outcome.REJECTED
        assert reason.startswith("id ")


def test_two_composite_keys_never_share_a_file_name(tmp_path: Path) -> None:
    outcomes = write(tmp_path, "{a}-{b}.json", {"a": "x", "b": "y-z"}, {"a": "x-y", "b": "z"})
    assert outcomes == [(Outcome.CREATED, ""), (Outcome.CREATED, "")]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x%2Dy-z.json", "x-y-z.json"]


def test_an_unchanged_file_is_not_written_again_and_a_changed_one_is(tmp_path: Path) -> None:
    assert write(tmp_path, "{id}.json", {"id": 1}) == [(Outcome.CREATED, "")]
    inode = (tmp_path / "1.json").stat().st_ino
    assert write(tmp_path, "{id}.json", {"id": 1}) == [(Outcome.UNCHANGED, "")]
    assert (tmp_path / "1.json").stat().st_ino == inode
    assert write(tmp_path, "{id}.json", {"id": 1, "a": None}) == [(Outcome.UPDATED, "")]
    assert (tmp_path / "1.json").read_text() == '{\n  "id": 1,\n  "a": null\n}\n'


def test_a_record_that_is_not_json_is_rejected_alone(tmp_path: Path) -> None:
    outcomes = write(tmp_path, "{id}.json", {"id": 1, "bad": object()}, {"id": 2})
    assert [outcome for outcome, _ in outcomes] == [Outcome.REJECTED, Outcome.CREATED]
    assert "cannot be written as JSON" in outcomes[0][1]


def test_a_file_is_readable_as_the_umask_says(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "{id}.json", {"id": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EndpointError, match=r"1\.json cannot be written: No space left on device; .* stays unsynced"):
        write(tmp_path, "{id}.json", {"id": 1, "a": 2})
    assert [file.name for file in tmp_path.iterdir()] == ["1.json"]
    assert (tmp_path / "1.json").read_text() == '{\n  "id": 1\n}\n'


def test_what_a_killed_run_left_is_swept_up_and_what_a_running_one_writes_is_not(tmp_path: Path) -> None:
    old, new = tmp_path / ".etl-old", tmp_path / ".etl-new"
    for file in (old, new):
        file.touch()
    os.utime(old, (0, 0))
    write(tmp_path, "{id}.json", {"id": 1})
    assert {file.name for file in tmp_path.iterdir()} == {".etl-new", "1.json"}


def test_what_came_and_was_taken_aside_is_not_swept_up_where_files_go_out_to_the_same_folder(tmp_path: Path) -> None:
    aside = tmp_path / f"{TAKEN}a.jsonl"
    aside.touch()
    os.utime(aside, (0, 0))
    write(tmp_path, "{id}.json", {"id": 1})
    assert {file.name for file in tmp_path.iterdir()} == {aside.name, "1.json"}


def test_a_pipe_in_the_outbound_folder_is_replaced_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.json")
    assert write(tmp_path, "{id}.json", {"id": 1}) == [(Outcome.UPDATED, "")]
    assert (tmp_path / "1.json").is_file()


def test_a_separator_cannot_be_made_up_of_two_values(tmp_path: Path) -> None:
    outcomes = write(tmp_path, "{a}--{b}.json", {"a": "x-", "b": 1}, {"a": "x", "b": -1})
    assert [outcome for outcome, _ in outcomes] == [Outcome.CREATED, Outcome.CREATED]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x%2D--1.json", "x---1.json"]
