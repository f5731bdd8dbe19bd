"""A case as files: its schemas, and its mapping in one file or two, a line for each rule and each line of a table."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Any, Final, TypeAlias

from tests.generated.case import NESTED, SENT, SIDES, Case, Place, table_of
from tests.generated.split import BASE, Laid, Part, parts, whole

MAPPING: Final = "generated.yaml"
WHOLE: Final = "whole.yaml"
_FOLDER: Final = "base"

Places: TypeAlias = dict[tuple[str, int], tuple[Place, int | None]]


def write(case: Case, folder: FilePath) -> FilePath:
    """Write the files of a case; return the mapping's, and remember which line of which file has which rule."""
    for side in SIDES:
        (folder / f"{side}.schema.json").write_text(json.dumps(case.schema(side)), "utf-8")
    if case.sent is not None:
        (folder / SENT).write_text(json.dumps(case.sent), "utf-8")
    case.places = {}
    (folder / _FOLDER).mkdir(exist_ok=True)
    for name, text in files(case).items():
        (folder / name).write_text(text, "utf-8")
    return folder / MAPPING


def files(case: Case) -> dict[str, str]:
    """Return the text of every file of a mapping, by its name; the one to load is the last."""
    found = parts(case)
    if found is None:
        return {MAPPING: _text(whole(case), MAPPING, case)}
    base, own = found
    for side in SIDES:
        if "schema" in (system := base.said[side]):
            named = system["schema"]
            is_one = isinstance(named, str)
            system["schema"] = f"../{named}" if is_one else {way: f"../{file}" for way, file in named.items()}
    below = f"{_FOLDER}/{MAPPING}"
    return {below: _text(base, below, case), MAPPING: _text(own, MAPPING, case)}


def text(case: Case) -> str:
    """Return the mapping as YAML; of two files, one after the other."""
    found = files(case)
    return "".join(f"# {name}\n{one}" for name, one in found.items()) if len(found) > 1 else found[MAPPING]


def write_whole(case: Case, folder: FilePath) -> FilePath:
    """Write a mapping of two files as one, beside these; return it, and remember its lines as well."""
    (folder / WHOLE).write_text(_text(whole(case), WHOLE, case), "utf-8")
    return folder / WHOLE


def _text(part: Part, name: str, case: Case) -> str:
    lines = [f"{key}: {_flow(value)}" for key, value in part.said.items()]
    lines.append("rules:" if part.rules else "rules: []")
    for laid in part.rules:
        _rule(laid, lines, ("  - ", ""), name, case)
    return "\n".join(lines) + "\n"


def _rule(laid: Laid, lines: list[str], around: tuple[str, str], name: str, case: Case) -> None:
    rule, place, (before, after) = laid.rule, laid.place, around
    table = table_of(rule)
    plain = [f"{json.dumps(key)}: {_flow(value)}" for key, value in rule.items() if key != table]
    if place is not None:
        case.places[name, len(lines) + 1] = (place, None)
    if table is None:
        lines.append(f"{before}{{{', '.join(plain)}}}{after}")
        return
    indent = " " * (len(before) + 2)
    lines.append(f"{before}{{{', '.join([*plain, ''])}{json.dumps(table)}: [")
    for index, line in enumerate(rule[table]):
        if table == NESTED:
            below = None if place is None else (*place, index)
            _rule(Laid(line, below), lines, (indent, ","), name, case)
        else:
            if place is not None and line != BASE:
                case.places[name, len(lines) + 1] = (place, index if laid.lines is None else laid.lines[index])
            lines.append(f"{indent}{_flow(line)},")
    lines.append(f"{indent}]}}{after}")


def _flow(value: Any) -> str:
    """Return a value in YAML's flow style; only names of the language and of systems stand without quotes."""
    return json.dumps(value)
