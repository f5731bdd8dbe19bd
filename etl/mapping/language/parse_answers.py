"""The `answer` of an entry: where the outside says which key it has given to what was sent."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.entries import Answer, Entry
from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import DOCUMENT
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, PathError, parse_path
from etl.mapping.places import plain
from etl.mapping.templates import IDENTITY, braced
from etl.mapping.terms import Occasion

_FIX: Final = f"write a path of the answer, or {DOCUMENT} where it is the key and nothing else"


def parse_answer(document: Document, said: dict[str, Any], place: Place) -> Answer:
    """Return where an answer lies, and where in it the key does."""
    keys: list[Path] = []
    texts = [said["key"]] if isinstance(said["key"], str) else said["key"]
    for index, text in enumerate(texts):
        try:
            keys.append(() if text == DOCUMENT else plain(parse_path(text)))
        except PathError as error:
            at = (*place, "key") if isinstance(said["key"], str) else (*place, "key", index)
            document.find(at, "E112", str(error), _FIX)
    if braced(said["file"]) != [IDENTITY]:
        message = f"an answer is called after the document, by {{{IDENTITY}}} alone"
        document.find((*place, "file"), "E141", message, "write a name such as answer_{$id}.json")
    return Answer(said["file"], tuple(keys), document.position((*place, "file")))


def check_answer(document: Document, mapping: Mapping, entry: Entry, place: Place) -> None:
    """Refuse an answer to what is no creation, or that says another number of parts than the outside gives."""
    if entry.answer is None:
        return
    given = len(mapping.assigned)
    if not given:
        fix = "write key: assigned in the rule of a part of the key that the outside gives, or remove it"
        document.find(place, "E136", "the outside gives no key, so it has nothing to answer", fix, key=True)
    elif entry.occasions != {Occasion.CREATE}:
        message = "an answer says which key a new record was given, and this is written for others as well"
        document.find(place, "E136", message, "write for: create", key=True)
    elif len(entry.answer.keys) != given:
        message = (
            f"the parts of the key that the outside gives are {given}, and those of the answer {len(entry.answer.keys)}"
        )
        document.find((*place, "key"), "E136", message, "write a path for each, in the order of the rules")
