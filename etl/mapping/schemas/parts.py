"""Schema files: JSON or YAML, a whole document or a part of one, such as a component of an OpenAPI document.

A part is taken out with all that it refers to in its document. `nullable`, by which OpenAPI 3.0 says that null may
stand there, is said in the words of JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Object
from typing import Any, Final
from urllib.parse import unquote

import yaml

from etl.mapping.schemas.validation import SchemaError, load_schema

_YAML: Final = (".yaml", ".yml")
_DEFS: Final = "$defs"
_BOUNDS: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_DATA: Final = frozenset({"enum", "const", "default", "example", "examples"})
"""What stands under these words are values, and no schemas."""

_MAX_VALUES: Final = 1_000_000
_MAX_DEPTH: Final = 100


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # faster where it is there
    """Reads plain scalars as YAML 1.2 does: dates, `no` and `010` are text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


for _tag, _form, _first in (
    ("bool", r"(true|false)\Z", "tf"),
    ("null", r"(null|~|)\Z", ["n", "~", ""]),
    ("int", r"-?(0|[1-9][0-9]*)\Z", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def load_part(raw: bytes, name: str, pointer: str | None) -> dict[str, Any]:
    """Return the schema in a file, or in a part of it. name: the file's. pointer: where the part lies, None for all.

    Raises:
        SchemaError: when it is neither JSON nor YAML, no object, or has no such part.

    """
    document = from_yaml(raw) if name.lower().endswith(_YAML) else load_schema(raw)
    is_open_api = str(document.get("openapi", "")).startswith("3.0")
    said: Callable[[Any], Any] = _in_json_schema if is_open_api else lambda node: node
    return document if pointer is None else _Part(document, said).of(pointer)


def from_yaml(raw: bytes) -> dict[str, Any]:
    """Return the object of a YAML document of others, as JSON would have it.

    Raises:
        SchemaError: when it is no YAML, or no object.

    """
    try:
        document = _plain(yaml.load(raw, Loader=_Loader), [0], 0)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SchemaError(f"not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise SchemaError("a schema is an object")
    return document


def _plain(value: Any, count: list[int], depth: int) -> Any:
    """Return a value of YAML as one of JSON: names are text, and nothing stands in two places."""
    count[0] += 1
    if count[0] > _MAX_VALUES or depth > _MAX_DEPTH:
        raise ValueError("its aliases expand to too much, or it is nested too deep")
    if isinstance(value, dict):
        return {_name(name): _plain(item, count, depth + 1) for name, item in value.items()}
    return [_plain(item, count, depth + 1) for item in value] if isinstance(value, list) else value


def _name(name: Any) -> str:
    if isinstance(name, bool):
        return str(name).lower()
    return "null" if name is None else str(name)


class _Part:
    """Takes parts out of a document. said: returns a schema of it in the words of JSON Schema."""

    def __init__(self, document: dict[str, Any], said: Callable[[Any], Any]) -> None:
        self._document = document
        self._said = said
        self._names: dict[str, str] = {}
        self._made: dict[str, Any] = {}

    def of(self, pointer: str) -> dict[str, Any]:
        """Return the schema at a pointer, with all that it refers to beside it."""
        node = self._said(self._find(pointer))
        if not isinstance(node, dict):
            raise SchemaError(f"#{pointer} is no object in it")
        made: dict[str, Any] = self._moved(node)
        waiting = list(self._names)
        while waiting:
            reference = waiting.pop()
            if self._names[reference] not in self._made:
                self._made[self._names[reference]] = {}
                self._made[self._names[reference]] = self._moved(self._said(self._find(reference)))
                waiting = [one for one in self._names if self._names[one] not in self._made]
        if self._made:
            made[_DEFS] = {**made.get(_DEFS, {}), **self._made}
        if "$schema" in self._document:
            made.setdefault("$schema", self._document["$schema"])
        return made

    def _find(self, pointer: str) -> Any:
        found: Any = self._document
        for step in unquote(pointer).split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same step, as it is called
            if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, dict) and step in found:
                found = found[step]
            else:
                known = ", ".join(list(found)[:10]) if isinstance(found, dict) else "nothing"
                raise SchemaError(f"#{pointer} is not in it: there is no {step}, but {known}")
        return found

    def _moved(self, node: Any) -> Any:
        """Return a schema whose references lead to where they will lie."""
        if isinstance(node, list):
            return [self._moved(item) for item in node]
        if not isinstance(node, dict):
            return node
        made = {name: item if name in _DATA else self._moved(item) for name, item in node.items()}
        reference = node.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            made["$ref"] = f"#/{_DEFS}/{self._name_of(reference[1:])}"
        return made

    def _name_of(self, pointer: str) -> str:
        if pointer not in self._names:
            plain = re.sub(r"[^A-Za-z0-9_.-]", "_", unquote(pointer).rpartition("/")[2]) or "document"
            taken = set(self._names.values())
            self._names[pointer] = next(name for name in _numbered(plain) if name not in taken)
        return self._names[pointer]


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _in_json_schema(node: Any) -> Any:
    """Return a schema of OpenAPI 3.0 in the words of JSON Schema."""
    if isinstance(node, list):
        return [_in_json_schema(item) for item in node]
    if not isinstance(node, Object):
        return node
    made = {name: item if name in _DATA else _in_json_schema(item) for name, item in node.items()}
    for word, bound in _BOUNDS.items():
        if isinstance(said := made.get(word), bool):
            del made[word]
            if said and bound in made:
                made[word] = made.pop(bound)
    return _with_null(made) if made.get("nullable") is True else made


def _with_null(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes null as well."""
    made: dict[str, Any] = {name: item for name, item in node.items() if name != "nullable"}
    if isinstance(kind := made.get("type"), str):
        made["type"] = [kind, "null"]
        if isinstance(values := made.get("enum"), list) and None not in values:
            made["enum"] = [*values, None]
        return made
    words: dict[str, Any] = {
        name: made.pop(name) for name in ("readOnly", "writeOnly", "description", "title") if name in made
    }
    return {**words, "anyOf": [made, {"type": "null"}]}
