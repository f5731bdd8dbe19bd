"""Changes of a mapping or a schema in one place, such that it may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from tests.generated.builder import scalar
from tests.generated.case import NAMES, NESTED, SIDES, STAMP, Case, table_of
from tests.generated.values import parse_path, path_text


def change(case: Case, rng: Random) -> None:
    """Change a mapping or a schema in one place, such that it may be wrong."""
    for _ in range(5):
        if rng.choice(CHANGES)(case, rng):
            return


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema within a schema, but for the key's, which is left alone by most changes."""
    if not isinstance(schema, dict):
        return
    yield schema
    for word in ("properties", "$defs"):
        for below in schema.get(word, {}).values():
            yield from _nodes(below)
    yield from _nodes(schema.get("items"))
    for below in schema.get("anyOf", ()):
        yield from _nodes(below)


def _some(case: Case, rng: Random, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    found = [node for side in SIDES for node in _nodes(case.schema(side)) if fits(node)]
    return rng.choice(found) if found else None


def _toggle_required(case: Case, rng: Random) -> bool:
    node = _some(case, rng, lambda node: bool(node.get("properties")))
    if node is None:
        return False
    name = rng.choice(sorted(node["properties"]))
    required = node.setdefault("required", [])
    if name in required:
        required.remove(name)
    elif name != STAMP:
        required.append(name)
    return True


def _toggle_null(case: Case, rng: Random) -> bool:
    node = _some(case, rng, lambda node: "type" in node or "enum" in node)
    if node is None or node.get("type") == "object":
        return False
    if "enum" in node and "type" not in node:
        node["enum"] = (
            [item for item in node["enum"] if item is not None] or [1]
            if None in node["enum"]
            else [*node["enum"], None]
        )
        return True
    named = [node["type"]] if isinstance(node["type"], str) else node["type"]
    node["type"] = [name for name in named if name != "null"] or "string" if "null" in named else [*named, "null"]
    return True


def _change_enum(case: Case, rng: Random) -> bool:
    node = _some(case, rng, lambda node: "enum" in node)
    if node is None:
        return False
    if len(node["enum"]) > 1 and rng.random() < 0.5:
        node["enum"] = node["enum"][1:]
    else:
        node["enum"] = [*node["enum"], rng.choice([item for item in ("new", 77, "N/A") if item not in node["enum"]])]
    return True


def _change_bound(case: Case, rng: Random) -> bool:
    node = _some(
        case,
        rng,
        lambda node: bool(
            {"string", "integer", "number"} & {node.get("type")}
            if isinstance(node.get("type"), str) and node.get("format") != "date-time"
            else set()
        ),
    )
    if node is None:
        return False
    bounds = {
        "string": ["minLength", "maxLength", "pattern"],
        "integer": ["minimum", "maximum"],
        "number": ["minimum", "maximum"],
    }
    word = rng.choice(bounds[node["type"]])
    if node.pop(word, None) is None:
        node[word] = {"minLength": 2, "maxLength": 6, "pattern": "^x", "minimum": 1, "maximum": 5}[word]
    return True


def _change_type(case: Case, rng: Random) -> bool:
    node = _some(case, rng, lambda node: node.get("type") in ("string", "integer", "number", "boolean"))
    if node is None:
        return False
    node["type"] = rng.choice(["string", "integer", "number", "boolean", ["string", "integer"]])
    for word in ("minLength", "maxLength", "pattern", "minimum", "maximum", "format"):
        if rng.random() < 0.8:
            node.pop(word, None)
    return True


def _close(case: Case, rng: Random) -> bool:
    node = _some(case, rng, lambda node: "properties" in node)
    if node is None:
        return False
    node["additionalProperties"] = rng.choice([False, False, {"type": "string"}, {"type": "integer"}])
    return True


def _describe(case: Case, rng: Random) -> bool:
    """Add a property that no rule maps, or take a mapped one away."""
    node = _some(case, rng, lambda node: bool(node.get("properties")))
    if node is None:
        return False
    if rng.random() < 0.5:
        node["properties"]["spare"] = scalar(rng)
        if rng.random() < 0.4:
            node.setdefault("required", []).append("spare")
    else:
        name = rng.choice([name for name in node["properties"] if name != STAMP] or [""])
        node["properties"].pop(name, None)
        node["required"] = [item for item in node.get("required", ()) if item != name]
    return True


def _rules(case: Case) -> Iterator[dict[str, Any]]:
    for rule in case.mapping["rules"]:
        yield rule
        yield from rule.get(NESTED, ())


def _change_table(case: Case, rng: Random) -> bool:
    found = [(rule, word) for rule in _rules(case) if (word := table_of(rule)) and word != NESTED]
    if not found:
        return False
    rule, word = rng.choice(found)
    lines = rule[word]
    form = rng.randrange(5)
    if form == 0 and len(lines) > 1:
        lines.pop(rng.randrange(len(lines)))
    elif form == 1:
        rng.shuffle(lines)
    elif form == 2 and "otherwise" in rule:
        del rule["otherwise"]
    else:
        line, name = dict(rng.choice(lines)), NAMES[rng.choice(SIDES)]
        line[name] = rng.choice(lines).get(name, line.get(name))
        lines.insert(rng.randint(0, len(lines)), line)
    return True


def _change_words(case: Case, rng: Random) -> bool:
    rule = rng.choice(list(_rules(case)))
    name = NAMES[rng.choice(SIDES)]
    form = rng.randrange(5)
    if form == 0:
        return rule.pop("lossy", None) is not None
    if form == 1:
        rule.setdefault("nulls", {})[name] = rng.choice([["", "N/A"], [0], [1], ["a"], [False]])
    elif form == 2:
        rule.setdefault("when_absent", {})[name] = rng.choice([None, "", 0, "omit", "none", False])
    elif form == 3:
        case.system(rng.choice(SIDES))["when_absent"] = rng.choice([None, "", 0, "omit"])
    else:
        case.system(rng.choice(SIDES))["nulls"] = rng.choice([[""], [0], ["a"], ["N/A", "0"], [1]])
    return True


def _change_rules(case: Case, rng: Random) -> bool:
    rules = case.mapping["rules"]
    index = rng.randrange(len(rules))
    form = rng.randrange(3)
    if form == 0 and not rules[index].get("key"):
        rules.pop(index)
    elif form == 1 and len(rules) > 1:
        other = rng.choice(rules)
        name = NAMES[rng.choice(SIDES)]
        plain = all(isinstance(rule.get(name), str) for rule in (other, rules[index]))
        if not plain or other is rules[index] or rules[index].get("key"):
            return False
        rules[index][name] = other[name]
    else:
        name = NAMES[rng.choice(SIDES)]
        if not isinstance(rules[index].get(name), str) or rules[index].get("key"):
            return False
        path = parse_path(rules[index][name])
        rules[index][name] = path_text((*path[:-1], f"{path[-1]}Typo"))
    return True


CHANGES: Final = (
    _toggle_required,
    _toggle_required,
    _toggle_null,
    _toggle_null,
    _change_enum,
    _change_enum,
    _change_bound,
    _change_bound,
    _change_type,
    _close,
    _describe,
    _change_table,
    _change_table,
    _change_words,
    _change_words,
    _change_rules,
)
