"""Keys and rules as people write them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from etl.errors import KeyTextError
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Side
from etl.record import Key, printable
from etl.transfer.unit import units


def parse_keys(mapping: Mapping, text: str) -> list[Key]:
    """Return the keys that a text may mean: `7`, or a JSON list such as `["A", "0010"]` for a composite key.

    Raises:
        KeyTextError: when it has another number of parts than the mapping's key, or no record could have such a key.

    """
    count = len(mapping.keys)
    try:
        if count == 1 and not text.startswith("["):
            number = [(int(text),)] if text.removeprefix("-").isdecimal() and text.isascii() else []
            found: list[Any] = [*number, (text,)]
        else:
            parts = json.loads(text)
            found = [tuple(parts)] if isinstance(parts, list) else []
    except (ValueError, RecursionError):
        found = []
    keys = [key for key in found if len(key) == count and all(map(_is_part, key))]
    if not keys:
        wanted = (
            "a text or a whole number" if count == 1 else f"a JSON list of {count} texts or whole numbers, none empty"
        )
        raise KeyTextError(f"{printable(text) or 'an empty text'} is no key of {mapping.name}: write {wanted}")
    return keys


def _is_part(part: Any) -> bool:
    """Return whether a record may have this in its key: a whole number of 64 bits, or text that UTF-8 can hold."""
    if type(part) is int:
        return -(1 << 63) <= part < 1 << 63
    return type(part) is str and part != "" and not any("\ud800" <= character <= "\udfff" for character in part)


def parse_rule(mapping: Mapping, name: str) -> str:
    """Return the name of a rule in conflicts: from any of its paths, on either side.

    Raises:
        KeyTextError: when no rule has such a path.

    """
    rules = _rule_names(mapping)
    if name not in rules and name.partition("[")[0] in rules:
        return name  # an element of a list, or a value of one
    if name not in rules:
        raise KeyTextError(f"{name} is no rule of {mapping.name}; {did_you_mean(name, rules)}")
    return rules[name]


def parse_take(mapping: Mapping, texts: Iterable[str]) -> dict[str, Side]:
    """Return who wins, by the name of a rule, "" for all: from `client`, or from `title=client`.

    Raises:
        KeyTextError: when a text names no system or no rule.

    """
    sides = {mapping.system(side).name: side for side in Side}
    taken: dict[str, Side] = {}
    for text in texts:
        name, _, system = text.rpartition("=")
        if system not in sides:
            raise KeyTextError(f"{system} is no system; {did_you_mean(system, sides)}")
        taken[parse_rule(mapping, name) if name else ""] = sides[system]
    return taken


def _rule_names(mapping: Mapping) -> dict[str, str]:
    """Return what a rule is called in conflicts, by the text of each of its paths."""
    rules: dict[str, str] = {}
    for unit in units(mapping):
        rules |= {format_path(path): unit.name for path in unit.paths}
    for rule in mapping.rules:
        inside = [format_path(path) for path in rule.paths(Side.INSIDE)]
        for path in rule.paths(Side.OUTSIDE) if inside and inside[0] in rules else ():
            rules.setdefault(format_path(path), rules[inside[0]])
    return rules
