"""The schema of what is sent: drawn such that it has what rules and `written` send; mostly."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.generated.builder import BOUNDS, Builder, nullable, scalar
from tests.generated.case import SENT, Case
from tests.generated.schemas import Schema, at, deref, whole
from tests.generated.smaller import forget
from tests.generated.values import Path
from tests.generated.words.base import Word
from tests.generated.words.codecs import codec_of
from tests.generated.words.copied import Copied
from tests.generated.words.every import word_of
from tests.generated.words.scene import Scene
from tests.generated.words.sent import entries_of
from tests.generated.words.shared import share


def add(case: Case, rng: Random) -> None:
    """Give what is sent a schema of its own."""
    words = [word_of(rule, (index,), Scene.of(case)) for index, rule in enumerate(case.mapping["rules"])]
    share(words)
    builder = Builder(rng)
    builder.schema = _plain(case.outside, case.outside)
    builder.schema.pop("$defs", None)
    entries = [(word, path, entry) for word, path, entry in entries_of(words) if "=" not in str(path)]
    places: list[tuple[Path, Schema, bool]] = []
    for word, path, entry in entries:
        if (place := entry.place(path)) is not None:
            required = all(_is_required(case.outside, path[: n + 1]) for n in range(len(path)))
            places.append((place, _schema_of(case, word, path, entry.word), required and rng.random() < 0.9))
    for _, path, _ in entries if rng.random() < 0.95 else ():
        forget(builder.schema, path)
    for place, schema, required in places:
        if _is_open(builder.schema, place):
            builder.put(place, schema, required=required)
    _change(builder.schema, rng)
    case.sent = builder.schema
    case.system("outside")["schema"] = {"inbound": "outside.schema.json", "outbound": SENT}


def without_sent(case: Case) -> None:
    """Let the schema of the outside be for both directions."""
    case.sent = None
    case.system("outside")["schema"] = "outside.schema.json"


def _plain(root: Schema, node: Any) -> Any:
    """Return a schema without references."""
    if isinstance(node, list):
        return [_plain(root, item) for item in node]
    if not isinstance(node, dict):
        return node
    found = deref(root, node) if "$ref" in node else node
    return {key: _plain(root, item) for key, item in found.items()}


def _is_required(schema: Schema, path: Path) -> bool:
    return isinstance(path[-1], str) and any(path[-1] in node.get("required", ()) for node in at(schema, path[:-1]))


def _is_open(schema: Schema, place: Path) -> bool:
    """Return whether a place can be put into a schema: objects, or nothing yet, lead to it."""
    node: Any = schema
    for step in place[:-1]:
        properties = node.get("properties", {}) if isinstance(node, dict) else None
        if properties is None or not isinstance(step, str):
            return False
        if step not in properties:
            return True
        node = properties[step]
        if "properties" not in node:
            return False
    return isinstance(place[-1], str)


def _schema_of(case: Case, word: Word, path: Path, said: Any) -> Schema:
    """Return what is sent of a field."""
    if said is None:
        nodes, root = whole(case.outside, path), case.outside
    elif said == []:
        is_copy = isinstance(word, Copied)
        nodes, root = whole(case.inside, word.paths("inside")[0]) if is_copy else [], case.inside
    else:
        return dict(codec_of(word.scene.codec(said)).outside)
    found: Schema = _plain(root, nodes[0]) if nodes else {}
    return found


def _change(schema: Schema, rng: Random) -> None:
    """Say something more, in some of the schemas: bounds, that nothing else is there, or that something has to be."""
    form, names = rng.random(), sorted(schema["properties"])
    if form < 0.2 and names:
        name = rng.choice(names)
        schema["properties"][name] = rng.choice([{**schema["properties"][name], "maxLength": 3}, scalar(rng)])
    elif form < 0.3 and names:
        schema.setdefault("required", []).append(rng.choice(names))
        schema["required"] = sorted(set(schema["required"]))
    elif form < 0.35:
        schema.setdefault("required", []).append("more")
        schema["properties"]["more"] = {}
    elif form < 0.5 and names:
        name = rng.choice(names)
        node = schema["properties"][name]
        less = {key: item for key, item in node.items() if key not in BOUNDS}
        schema["properties"][name] = rng.choice([nullable(rng, node), less])
    if rng.random() < 0.3:
        schema["additionalProperties"] = False
