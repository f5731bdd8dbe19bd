"""`as` of the outside after docs/language.md: the form of every text that comes and goes, around all rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.generated.schemas import Schema
from tests.generated.values import Path
from tests.generated.words.codec import Codec, NotUnderstoodError, understands
from tests.generated.words.codecs import codec_of

NAME = "column"
"""How a named form is called."""


@dataclass(frozen=True)
class Column:
    """The form of every text of the outside. reasons: the codes for which its `lossy` says why something is lost.

    of_fields: whether it is that of each field by its length, so that text in lists and objects stays as it is.
    """

    codec: Codec
    reasons: frozenset[str] = frozenset()
    of_fields: bool = False

    @classmethod
    def of(cls, word: Any, codecs: Mapping[str, Any], schema: Schema | None = None) -> Column:
        """Return the form that an `as` of a system names. schema: that of the outside; all its texts are as long."""
        said = codecs.get(word, word) if isinstance(word, str) else word
        lossy = said.get("lossy", {}) if isinstance(said, dict) else {}
        form = said["as"] if isinstance(said, dict) and "as" in said else said
        fitted = with_length(form, next(lengths(schema or {}), 0))
        reasons = frozenset({"W165"} if isinstance(lossy, str) else lossy)
        return cls(codec_of(fitted), reasons, of_fields=fitted != form)

    def is_blank(self, item: Any) -> bool:
        """Return whether what stands there is text that means absent, since it is nothing but blanks."""
        return self.codec.blank and isinstance(item, str) and not item.strip()

    def read(self, item: Any) -> Any:
        """Return what rules have of what stands there; text that is not read as it stands."""
        if isinstance(item, dict | list) and self.of_fields:
            return item
        if isinstance(item, dict):
            return {key: self.read(below) for key, below in item.items()}
        if isinstance(item, list):
            return list(map(self.read, item))
        return self.codec.decode((item,)) if isinstance(item, str) and self.reads(item) else item

    def reads(self, item: str) -> bool:
        return understands(self.codec.decode, (item,))

    def unread(self, item: Any, at: Path = ()) -> Iterator[Path]:
        """Yield where text stands that is not read."""
        items = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        if self.of_fields:
            items = ()
        for step, below in items:
            yield from self.unread(below, (*at, step))
        if isinstance(item, str) and not self.reads(item):
            yield at

    def write(self, item: Any) -> Any:
        """Return a value in the form in which it goes.

        Raises: NotUnderstoodError, where the form writes a text not.
        """
        if isinstance(item, dict | list) and self.of_fields:
            return item
        if isinstance(item, dict):
            return {key: self.write(below) for key, below in item.items()}
        if isinstance(item, list):
            return list(map(self.write, item))
        return self.codec.encode(item)[0] if isinstance(item, str) else item

    def lays(self, codec: Codec, values: Sequence[Any]) -> None:
        """Say of what a codec of a rule writes whether it is read again, once its texts have this form.

        Raises: NotUnderstoodError, where it is not.
        """
        if all(isinstance(item, str) and self.writes(item) for item in values):
            codec.decode(tuple(self.read(self.write(item)) for item in values))

    def writes(self, item: Any) -> bool:
        try:
            self.write(item)
        except NotUnderstoodError:
            return False
        return True

    def settled(self, item: Any) -> Any:
        """Return a value as it is once its texts were written and read: what the form loses is lost."""
        if isinstance(item, dict):
            return {key: self.settled(below) for key, below in item.items()}
        if isinstance(item, list):
            return list(map(self.settled, item))
        if not isinstance(item, str) or not self.writes(item):
            return item
        return self.read(self.write(item))

    def normal(self, item: Any) -> Any:
        """Return what stands outside as it stands there once its texts were read and written."""
        if isinstance(item, dict):
            return {key: self.normal(below) for key, below in item.items()}
        if isinstance(item, list):
            return list(map(self.normal, item))
        read = self.read(item)
        return self.write(read) if isinstance(item, str) and self.reads(item) and self.writes(read) else item


def with_length(form: Any, length: int) -> Any:
    """Return a form that has a length where it says `true` for that of its field."""
    if isinstance(form, list):
        return [with_length(one, length) for one in form]
    if isinstance(form, dict):
        return {key: with_length(item, length) for key, item in form.items()}
    return length if form is True else form


def lengths(node: Any) -> Iterator[int]:
    """Yield how long texts may be by a schema."""
    if isinstance(node, dict):
        if isinstance(node.get("maxLength"), int):
            yield node["maxLength"]
        yield from (found for key, item in node.items() if key not in {"enum", "const"} for found in lengths(item))
    elif isinstance(node, list):
        yield from (found for item in node for found in lengths(item))


def variants(item: Any) -> list[Any]:
    """Return what stands there with more blanks in its texts, or with other letters; of an object, one at a time."""
    if isinstance(item, str):
        return list(dict.fromkeys((f"{item} ", f" {item}", item.upper(), item.lower())))
    if isinstance(item, list):
        return [list(made) for made in zip(*map(variants, item), strict=False)]
    if isinstance(item, dict):
        return [{**item, key: made} for key, value in item.items() for made in variants(value)]
    return []
