"""Records with other values in them, and whether a value fits where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.generated.schemas import whole
from tests.generated.validator import Validator
from tests.generated.values import MISSING, Path, Record, copy, drop, get, put
from tests.generated.words.codec import TEXT, Codec, NotUnderstoodError
from tests.generated.words.scene import Scene

if TYPE_CHECKING:
    from tests.generated.words.base import Word


def changed(base: Record, values: dict[Path, Any]) -> Record:
    """Return a record with other values; MISSING takes a field away."""
    made: Record = copy(base)
    for path, item in values.items():
        if item is MISSING:
            drop(made, path)
        else:
            put(made, path, copy(item))
    return made


def with_more(record: Record, path: Path) -> Record:
    """Return a record with one more member, or element, in what stands at a path; as it is where that is neither."""
    there = get(record, path)
    if isinstance(there, list):
        return changed(record, {path: [*there, *there[-1:]]})
    return changed(record, {path: {**there, "more": "more"}}) if isinstance(there, dict) else record


def fits(scene: Scene, side: str, path: Path, value: Any) -> bool:
    """Return whether a value, as rules have it, may lie at a path by itself."""
    return takes(scene, side, path, scene.specs[side].sent(value))


def takes(scene: Scene, side: str, path: Path, item: Any) -> bool:
    """Return whether the schema of a side has what stands at a path, by itself."""
    schema = scene.schemas[side]
    nodes = whole(schema, scene.full(side, path))
    return any(Validator({**node, "$defs": schema.get("$defs", {})}, side).accepts(item) for node in nodes)


def without_what_is_free(word: Word, codec: Codec, record: Record, bare: Sequence[Path] = ()) -> Record:
    """Return an outside record without the blanks, and in the letters, that are nothing to what a codec makes.

    bare: the paths of what is in no form.
    """
    column = word.specs["outside"].column
    leaf = codec.inside.get("items", codec.inside)
    if codec.free is None and (column is None or leaf == TEXT):
        return record
    values: dict[Path, Any] = {}
    for path in word.paths("outside"):
        item = get(record, path)
        if path in bare or word.specs["outside"].is_none(item):
            continue
        read = item if column is None else column.read(item)
        try:
            values[path] = read if codec.free is None else codec.free.decode((read,))
        except NotUnderstoodError:
            continue
    return changed(record, values)
