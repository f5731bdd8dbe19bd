"""Metrics of the last run, as a file in the Prometheus text format: the textfile collector of node_exporter reads it.

One file may be of several mappings: each run replaces what it has of its own one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from etl.alarms.told import Ending
from etl.endpoints.files.atomic import write_atomically

_HELP: Final = {
    "etl_run_end_timestamp_seconds": "When the last run ended.",
    "etl_run_success_timestamp_seconds": "When the last run ended that had exit code 0.",
    "etl_run_duration_seconds": "How long the last run took.",
    "etl_run_exit_code": "How the last run ended.",
    "etl_run_records": "What became of the records of the last run.",
    "etl_run_waiting": "Records that the last run rejected, or left in conflict: new, known or acknowledged ones.",
}
_SUCCESS: Final = "etl_run_success_timestamp_seconds"
_SAMPLE: Final = re.compile(r'(?P<name>\w+)\{mapping="(?P<mapping>(?:[^"\\]|\\.)*)"')


def write_metrics(file: Path, ending: Ending) -> None:
    """Write the metrics of a run, whole or not at all.

    Raises:
        OSError: when that fails.

    """
    ours = _escaped(ending.mapping)
    others: dict[str, list[str]] = {name: [] for name in _HELP}
    success = None
    for line in _lines(file):
        found = _SAMPLE.match(line)
        if found is None or found["name"] not in _HELP:
            continue
        if found["mapping"] != ours:
            others[found["name"]].append(line)
        elif found["name"] == _SUCCESS:
            success = line.rpartition(" ")[2]
    for name, labels, value in _samples(ending, success):
        label = "".join(f',{key}="{_escaped(text)}"' for key, text in labels.items())
        others[name].append(f'{name}{{mapping="{ours}"{label}}} {value}')
    text = "".join(
        f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n" + "".join(f"{line}\n" for line in lines)
        for name, lines in others.items()
        if lines
    )
    write_atomically(file, text.encode())


def _samples(ending: Ending, success: str | None) -> Iterator[tuple[str, dict[str, str], str]]:
    record, end = ending.record, f"{ending.at.timestamp():.3f}"
    yield "etl_run_end_timestamp_seconds", {}, end
    success = end if ending.exit_code == 0 else success
    if success is not None:
        yield _SUCCESS, {}, success
    yield "etl_run_exit_code", {}, str(ending.exit_code)
    if record is None:
        return
    yield "etl_run_duration_seconds", {}, f"{record.seconds:.3f}"
    for direction, way in record.directions.items():
        for outcome, count in way["counts"].items():
            if outcome != "read":
                yield "etl_run_records", {"direction": direction, "outcome": outcome}, str(count)
        for outcome, novelties in way.get("novelty", {}).items():
            for novelty, count in novelties.items():
                labels = {"direction": direction, "outcome": outcome, "novelty": novelty}
                yield "etl_run_waiting", labels, str(count)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
