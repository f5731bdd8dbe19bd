"""How `as` of the outside is drawn: a form of texts, with the schema and the tables mostly such that they have it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from tests.generated.case import NAMES, NESTED, Case
from tests.generated.schemas import Schema, at, types
from tests.generated.selectors import Selector
from tests.generated.values import any_element, parse_path, with_selecting
from tests.generated.words.column import NAME, Column, with_length

_FORMS: Final[tuple[Any, ...]] = (
    {"text": {"trim": "right"}},
    {"text": {"trim": "right"}},
    {"text": {"trim": "both"}},
    {"text": {"trim": "left"}},
    {"text": {"pad": 6}},
    {"text": {"pad": {"left": 8}}},
    {"text": {"pad": 6, "trim": "right"}},
    {"text": {"case": "upper"}},
    {"text": {"case": "lower"}},
    {"text": {"before": "u:"}},
    {"text": {"before": "<", "after": ">"}},
    {"text": {"zeros": 4}},
    {"text": {"cut": 3}},
    [{"text": {"trim": "right"}}, {"text": {"case": "upper"}}],
)
_BY_LENGTH: Final[tuple[Any, ...]] = (
    {"text": {"pad": True}},
    {"text": {"pad": True}},
    {"text": {"pad": True, "trim": "right"}},
    {"text": {"pad": {"left": True}}},
    {"text": {"cut": True}},
    [{"text": {"pad": True}}, {"text": {"case": "upper"}}],
)
"""Forms by the length of each field."""

_LOSSY: Final = ("all is padded", {"W165": "all is padded"}, {"W165": "all is padded", "W180": "nobody enters nothing"})
_BOUNDS: Final = ("minLength", "maxLength", "pattern")


def add(case: Case, rng: Random) -> None:
    """Give all texts of the outside a form."""
    word = rng.choice(_BY_LENGTH) if (by_length := rng.random() < 0.15) else rng.choice(_FORMS)
    length = rng.choice([4, 6, 8])
    column = Column.of(with_length(word, length), {})
    if by_length:
        _in_form(case.outside, column, [], bounded=False)
        _with_length(case.outside, rng, length)
    elif rng.random() < 0.85:
        asked = [node for path in _selecting(case) for node in at(case.outside, path)]
        _in_form(case.outside, column, asked, bounded=rng.random() < 0.2)
    if rng.random() < 0.8:
        for rule in case.mapping["rules"]:
            for one in (rule, *rule.get(NESTED, ())):
                if "as" not in one:
                    _settle_lines(one, column)
    if rng.random() < 0.5:
        lossy = {"lossy": rng.choice(_LOSSY)} if rng.random() < 0.6 else {}
        case.mapping.setdefault("codecs", {})[NAME] = {"as": word, **lossy}
        word = NAME
    case.system("outside")["as"] = word


def _in_form(node: Any, column: Column, asked: list[Schema], *, bounded: bool) -> None:
    """Put the texts that a schema lists in a form, and take away what it says of others; bounded: that stays."""
    if not isinstance(node, dict) or any(node is other for other in asked):
        return
    for word in _BOUNDS if not bounded else ():
        node.pop(word, None)
    for word in ("const", "enum"):
        if word in node:
            node[word] = _sent(node[word], column)
    for word in ("properties", "$defs"):
        for below in node.get(word, {}).values():
            _in_form(below, column, asked, bounded=bounded)
    for word in ("items", "additionalProperties"):
        _in_form(node.get(word), column, asked, bounded=bounded)
    for word in ("anyOf", "oneOf"):
        for below in node.get(word, ()):
            _in_form(below, column, asked, bounded=bounded)


def _with_length(node: Any, rng: Random, length: int) -> None:
    """Say of all texts how long they may be; seldom not of one."""
    if isinstance(node, list):
        for below in node:
            _with_length(below, rng, length)
    if not isinstance(node, dict):
        return
    if "string" in types(node) and rng.random() < 0.99:
        node["maxLength"] = length
    for word, below in node.items():
        if word in {"properties", "$defs"}:
            _with_length([*below.values()], rng, length)
        elif word in {"items", "additionalProperties", "anyOf", "oneOf"}:
            _with_length(below, rng, length)


def _sent(value: Any, column: Column) -> Any:
    if isinstance(value, list):
        made = [_sent(item, column) for item in value]
        return [item for index, item in enumerate(made) if not any(item is one or item == one for one in made[:index])]
    return column.write(value) if column.writes(value) else value


def _settle_lines(rule: dict[str, Any], column: Column) -> None:
    """Let the lines of a table have the texts that the form makes."""
    name = NAMES["outside"]
    for word in ("values", "cases", "flags"):
        for line in rule.get(word, ()):
            if name in line and (word != "flags" or name in rule):
                line[name] = column.settled(line[name])
    if isinstance(rule.get("otherwise"), dict) and name in rule["otherwise"]:
        rule["otherwise"][name] = column.settled(rule["otherwise"][name])


def _selecting(case: Case) -> Iterator[Any]:
    """Yield the paths of what selectors ask."""
    for text in _texts(case.mapping["rules"]):
        path = parse_path(text) if "=" in text and "[" in text else ()
        if any(isinstance(step, Selector) for step in path):
            yield from (any_element(one) for one in with_selecting(path)[1:])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for below in (*value, *(value.values() if isinstance(value, dict) else ())):
            yield from _texts(below)
    elif isinstance(value, str):
        yield value
