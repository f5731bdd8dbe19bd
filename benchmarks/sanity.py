"""Engine and script must do the same work, or comparing their times says nothing."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.lab import Lab, Place
from benchmarks.runs import by_hand, engine

UPDATED = re.compile(rb'"lastUpdateDate": "[^"]*"')
TIMES = ("updatedAt", "syncedAt")


def check_same_work(lab: Lab) -> None:
    """Assert that both leave the same documents, but for ids and times of the run, and the same files to the byte."""
    with lab.place() as one, lab.place() as other:
        engine(one)
        by_hand(other)
        documents = _documents(lab, one)
        assert len(documents) == lab.files, f"{len(documents)} documents of {lab.files} files"
        for ours, theirs in zip(documents, _documents(lab, other), strict=True):
            assert ours == theirs, f"the engine has {ours}, the script {theirs}"
        files, by_script = _files(one.outbound), _files(other.outbound)
        assert len(files) == lab.files, f"{len(files)} outbound files of {lab.files}"
        assert files == by_script, "the outbound files differ"


def _documents(lab: Lab, place: Place) -> list[dict[str, Any]]:
    found = lab.client[place.database]["workorders"].find({}, {"_id": False}).sort("number")
    return [{**document, **{name: isinstance(document.get(name), datetime) for name in TIMES}} for document in found]


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: UPDATED.sub(b'"lastUpdateDate": now', file.read_bytes()) for file in folder.iterdir()}
