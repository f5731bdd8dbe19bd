"""Golden files: *.jsonl with one case a line, read, and rewritten with what the mapping does now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from etl.errors import ConfigurationError
from etl.mapping.model import Mapping
from etl.strict_json import loads
from etl.testing.cases import BACK, Golden, Judge


def read_goldens(folder: FilePath, mapping: Mapping) -> list[Golden]:
    """Read the cases of all *.jsonl files of a folder.

    Raises:
        ConfigurationError: when there is none, or a line is no case of this mapping.

    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ConfigurationError(f"{folder} has no *.jsonl files; name a folder with golden records")
    return [golden for file in files for golden in _read_golden(file, mapping)]


def _read_golden(file: FilePath, mapping: Mapping) -> Iterator[Golden]:
    outside, inside = mapping.outside.name, mapping.inside.name
    known = {"name", outside, inside, BACK}
    try:
        lines = file.read_bytes().decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = loads(line.encode())
        except ValueError as error:
            raise ConfigurationError(f"{file}:{number}: {error}") from None
        if (
            not isinstance(case, dict)
            or not {"name", outside} <= set(case) <= known
            or not isinstance(case["name"], str)
        ):
            raise ConfigurationError(f"{file}:{number}: a golden case has name, {outside}, {inside} and {BACK}")
        objects = all(isinstance(case.get(name, {}), dict) for name in (outside, inside, BACK))
        if not objects or not isinstance(case["name"], str):
            raise ConfigurationError(f"{file}:{number}: name is text; {outside}, {inside} and {BACK} are objects")
        yield Golden(file, number, case)


def update_goldens(judge: Judge, goldens: Sequence[Golden]) -> list[Golden]:
    """Rewrite the inside and back records of golden files; return the cases that changed, as they are now.

    A case that the mapping rejects stays as it is, and so does every other line.

    Raises:
        ConfigurationError: when a file cannot be written.

    """
    changed: dict[FilePath, dict[int, Golden]] = {}
    for golden in goldens:
        case = judge.updated(golden)
        if case is not None and json.dumps(case) != json.dumps(golden.case):
            changed.setdefault(golden.file, {})[golden.line] = Golden(golden.file, golden.line, case)
    for file, cases in changed.items():
        _rewrite(file, cases)
    return [golden for cases in changed.values() for golden in cases.values()]


def _rewrite(file: FilePath, cases: dict[int, Golden]) -> None:
    lines = file.read_bytes().decode().split("\n")
    for number, golden in cases.items():
        lines[number - 1] = json.dumps(golden.case, ensure_ascii=False)
    try:
        file.write_bytes("\n".join(lines).encode())
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None
