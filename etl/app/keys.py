"""Keys and rules as people write them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from etl.errors import KeyTextError
from etl.mapping.fields import written_paths
from etl.mapping.model import Copy, Mapping, Side
from etl.mapping.parse_fields import did_you_mean
from etl.mapping.paths import format_path
from etl.record import Key
from etl.transfer.conflicts import units


def parse_keys(mapping: Mapping, text: str) -> list[Key]:
    """Return the keys that a text may mean: `7`, or a JSON list such as `["A", "0010"]` for a composite key.

    Raises:
        KeyTextError: when it has another number of parts than the mapping's key.

    """
    count = sum(isinstance(rule, Copy) and rule.key for rule in mapping.rules)
    if count == 1 and not text.startswith("["):
        number = [(int(text),)] if text.removeprefix("-").isdecimal() and text.isascii() else []
        return [*number, (text,)]
    try:
        parts = json.loads(text)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != count or not all(type(part) in (int, str) for part in parts):
        raise KeyTextError(f"{text} is no key of {mapping.name}: write a JSON list of {count} texts or whole numbers")
    return [tuple(parts)]


def parse_take(mapping: Mapping, texts: Iterable[str]) -> dict[str, Side]:
    """Return who wins, by the name of a rule, "" for all: from `client`, or from `title=client`.

    Raises:
        KeyTextError: when a text names no system or no rule.

    """
    sides = {mapping.system(side).name: side for side in Side}
    rules: dict[str, str] = {}
    for unit in units(mapping):
        rules |= {format_path(path): unit.name for path in unit.paths}
    for rule in mapping.rules:
        inside = [format_path(path) for path in written_paths(rule, Side.INSIDE)]
        for path in written_paths(rule, Side.OUTSIDE) if inside and inside[0] in rules else ():
            rules.setdefault(format_path(path), rules[inside[0]])
    taken: dict[str, Side] = {}
    for text in texts:
        name, _, system = text.rpartition("=")
        if system not in sides:
            raise KeyTextError(f"{system} is no system; {did_you_mean(system, sides)}")
        if name and name not in rules:
            raise KeyTextError(f"{name} is no rule of {mapping.name}; {did_you_mean(name, rules)}")
        taken[rules[name] if name else ""] = sides[system]
    return taken
