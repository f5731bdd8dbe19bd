"""`written` of the outside: how fields are sent. What is wrong becomes findings."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Object
from typing import Any, Final

from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_codecs import CodecParser
from etl.mapping.paths import Path, PathError, parse_path
from etl.mapping.rules.written import ANY, Written, written_of
from etl.mapping.schemas import uses
from etl.mapping.schemas.references import Document as Root
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.terms import Use

_PLACE: Final = ("outside", "written")


def parse_written(document: Document, codecs: CodecParser) -> tuple[Written, ...]:
    """Return what a document that has the right form says of how fields are sent."""
    said: dict[str, Any] = document.value["outside"].get("written", {})
    found = [_entry(document, codecs, text, value, (*_PLACE, text)) for text, value in said.items()]
    return tuple(entry for entry in found if entry is not None)


def _entry(document: Document, codecs: CodecParser, text: str, value: Any, at: Place) -> Written | None:
    path = _path(document, text, at, key=True)
    if path is None:
        return None
    where = document.position(at, key=True)
    if value is None:
        return Written(path, None, None, where)
    said = {"to": value} if isinstance(value, str) else value
    to = path if "to" not in said else _path(document, said["to"], (*at, "to") if "to" in value else at, key=False)
    if to is None:
        return None
    if to.count(ANY) > path.count(ANY):
        message = f"{said['to']} has more names left open than {text}"
        document.find(at, "E112", message, "write * for a name that * stands for on the left")
        return None
    return Written(path, to, _codecs(codecs, said.get("as"), (*at, "as")), where)


def _codecs(codecs: CodecParser, said: Any, place: Place) -> tuple[Any, ...] | None:
    if said is None or said == []:
        return None if said is None else ()
    codec = codecs.codec(said, place)
    return None if codec is None else (codec,)


def _path(document: Document, text: str, at: Place, *, key: bool) -> Path | None:
    try:
        steps = parse_path(text.replace("*", '"*"') if '"' not in text else text)
    except PathError as error:
        document.find(at, "E112", str(error), "write a path of the outside record, with * for any name", key=key)
        return None
    return steps


def only_read(schema: Object[str, Any], entries: tuple[Written, ...]) -> dict[str, Any]:
    """Return a schema that says of what is never sent that it is only read."""
    made = dict(schema)
    silent = [entry for entry in entries if entry.to is None]
    known = Schema(schema)
    paths = [entry.path for entry in silent if ANY not in entry.path]
    if any(ANY in entry.path for entry in silent):
        paths += [path for path in known.leaves() if _is_silent(entries, path)]
    for path in paths:
        try:
            known.shape(path)
        except UnknownFieldError:
            continue
        made = _marked(Root(schema), made, path)
    return made


def uses_of(schema: Object[str, Any], entries: tuple[Written, ...]) -> Callable[[Path], Use]:
    """Return what says of outside paths what may be done with them: a schema, and what is never sent."""
    said = uses.uses_of(schema)

    def use(path: Path) -> Use:
        above = (path[:length] for length in range(1, len(path) + 1))
        return Use.READ if any(_is_silent(entries, one) for one in above) else said(path)

    return use


def _is_silent(entries: tuple[Written, ...], path: Path) -> bool:
    entry = written_of(entries, path)
    return entry is not None and entry.to is None


def _marked(root: Root, node: Any, path: Path) -> dict[str, Any]:
    """Return a schema in which the field at a path is only read, as far as it lists the objects on the way."""
    made = dict(node)
    if isinstance(reference := made.get("$ref"), str) and (part := root.resolve(reference)) is not None:
        made = {**part.node, **{name: value for name, value in made.items() if name != "$ref"}}
    if not path:
        return {**made, "readOnly": True}
    for word in ("allOf", "anyOf", "oneOf"):
        if isinstance(made.get(word), list):
            made[word] = [_marked(root, one, path) if isinstance(one, Object) else one for one in made[word]]
    step, *rest = path
    properties = made.get("properties")
    if isinstance(properties, Object) and step in properties:
        below = properties[step] if isinstance(properties[step], Object) else {}
        made["properties"] = {**properties, str(step): _marked(root, below, tuple(rest))}
    return made
