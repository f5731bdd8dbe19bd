"""`as` of the outside: the form of every text of a system. What is wrong becomes findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.codecs import TEXT, Codec, CodecError, Fields, Said, composed, read_again
from etl.mapping.equality import distinct
from etl.mapping.expressions.expression import plain_path, reads
from etl.mapping.language.document import Document
from etl.mapping.language.parse_codecs import CodecParser
from etl.mapping.language.words import MODIFIERS
from etl.mapping.paths import Path
from etl.mapping.rules.access import seen
from etl.mapping.terms import Field, Lossy, Side, TextForm
from etl.record import ABSENT, Absent, Scalar, shown

_PLACE: Final = ("outside", "as")
_HOLDING_TEXT: Final = frozenset({"string", "object", "array"})
_NULL: Final = frozenset({"null"})
_LOST: Final = "W165"
"""The one loss of which a reason for all rules speaks that names no code."""


@dataclass(frozen=True, slots=True)
class SystemForm:
    """What a system says of the form of its texts. said: as the mapping has it. lossy: why what it loses may be."""

    codec: Codec
    said: str
    lossy: tuple[tuple[str, str], ...] = ()

    def fitted(self, said: Said) -> Codec | None:
        """Return what reads and writes the text of a field; None for one that has no text.

        Raises:
            CodecError: when the schema of the field does not say what it has to.

        """
        if said.types and not said.types & _HOLDING_TEXT:
            return None
        try:
            return self.codec.fitted(Fields((said,)))
        except CodecError:
            if "string" in said.types:
                raise
            return None

    def formed(self, field: Field, said: Said) -> Field:
        """Return a field that has its text in this form.

        Raises:
            CodecError: when the schema of the field does not say what it has to.

        """
        codec = self.fitted(said)
        if codec is None:
            return self._beside(field)
        words = f"{self.said} {said.longest}" if self.codec.fit else self.said
        form = TextForm(words, codec.decode, codec.encode, codec.lost(Side.OUTSIDE), codec.lost(Side.INSIDE))
        when_absent = field.when_absent
        if isinstance(when_absent, str):
            when_absent = codec.encode(when_absent)
        nulls = field.nulls if not codec.blank or "" in field.nulls else (*field.nulls, "")
        return replace(field, form=form, nulls=nulls, blank=codec.blank, when_absent=when_absent)

    def _beside(self, field: Field) -> Field:
        """Return a field that has no text, as it means absent above it: there is text, and in this form."""
        return replace(self.holding(field), when_absent=self.laid(field.when_absent))

    def holding(self, field: Field) -> Field:
        """Return a field that holds others, which have this form by themselves: text in its place means absent."""
        laid = [self._text(null) for null in field.nulls if isinstance(null, str)]
        nulls = (*field.nulls, *(null for null in laid if null not in field.nulls))
        return replace(field, form=None, nulls=nulls, blank=self.codec.blank)

    def laid(self, value: Scalar | Absent) -> Scalar | Absent:
        """Return what is written for an absent value, in this form; what that does not write as it is."""
        return self._text(value) if isinstance(value, str) else value

    def _text(self, value: str) -> str:
        with suppress(CodecError):
            return str(self.codec.encode(value))
        return value

    def joined(self, codec: Codec | None, said: Sequence[Said], *, is_key: bool = False) -> Codec | None:
        """Return the codec of a rule that reads and writes this form as well; None where the two stay apart.

        That is where a field may have other values than text, or the codec reads others. is_key: nothing is written
        that would come back as another value.
        """
        if not said or any(one.types - _NULL != TEXT for one in said) or (len(said) > 1 and self.codec.fit):
            return None
        with suppress(CodecError):
            if all(self.fitted(one) for one in said):
                return _joined(_exact(self.codec) if is_key and not self.codec.one_to_one else self.codec, codec)
        return None  # said where the field is


def said_in_form(said: Said, field: Field) -> Said:
    """Return what a schema says of a field once its system has read its text, where all values are listed."""
    listed = None if field.form is None else said.listed()
    if listed is None:
        return said
    read = [seen(field, value) for value in listed]
    letters = frozenset(letter for value in read if isinstance(value, str) for letter in value)
    return replace(said, listed=lambda: read, letters=lambda: letters)


def table_form(codec: Codec, system: TextForm | None, nulls: Sequence[Scalar]) -> TextForm:
    """Return the form that a table's codec gives the values of a field, behind what its system says of its text."""
    said = json.dumps([codec.name, dict(codec.options), *(step.name for step in codec.steps)], sort_keys=True)
    lost, lost_inside = codec.lost(Side.OUTSIDE), codec.lost(Side.INSIDE)
    if system is None:
        return TextForm(said, codec.decode, codec.encode, lost, lost_inside, codec.makes, codec.items, tuple(nulls))

    def decode(value: Any) -> Any:
        return codec.decode(system.read(value))

    return TextForm(
        f"{system.said} {said}",
        decode,
        read_again(lambda value: system.lay(codec.encode(value)), decode),
        ", and ".join(filter(None, (system.lost, lost))),
        lost_inside,
        codec.makes,
        codec.items,
        tuple(nulls),
        system,
    )


def read_in_form(codec: Codec, fields: Sequence[Field]) -> Codec:
    """Return the codec of a rule that refuses what would not be read again, once its texts have their form."""
    forms = [one.form for one in fields]
    if not any(forms):
        return codec

    def decode(written: Any) -> Any:
        parts = written if codec.parts > 1 else [written]
        read = [part if form is None else form.read(form.lay(part)) for form, part in zip(forms, parts, strict=False)]
        return codec.decode(read if codec.parts > 1 else read[0])

    return replace(codec, encode=read_again(codec.encode, decode))


def forms_read(
    system: SystemForm | None, text: str, form_of: Callable[[Path], TextForm | None]
) -> dict[Path, TextForm]:
    """Return the forms of the fields that an expression reads, where each field has its own by its length."""
    if system is None or not system.codec.fit or plain_path(text) is not None:
        return {}
    paths = (tuple(0 if isinstance(step, int) else step for step in path) for path in reads(text) if path)
    formed = {path: form_of(path) for path in paths}
    return {path: form for path, form in formed.items() if form is not None}


def lossy_of(own: Lossy | None, form: SystemForm | None, codec: Codec | None, fields: Sequence[Field]) -> Lossy | None:
    """Return why a rule may lose what it loses: as it says itself, or as its system says for all that have its form."""
    if form is None or not form.lossy or not any(one.form for one in fields):
        return own
    if codec is not None and not codec.losses and not any(one.has_form for one in fields):
        return own
    is_more = codec is not None and _loses_more(codec, form, is_joined=any(one.by_codec for one in fields))
    common = tuple((code, why) for code, why in form.lossy if code != _LOST or not is_more)
    return Lossy((), common) if own is None and common else own and replace(own, common=common)


def _loses_more(codec: Codec, form: SystemForm, *, is_joined: bool) -> bool:
    """Return whether the codec of a rule loses what the form of its system does not. is_joined: it has that, too."""
    own = codec.steps[max(len(form.codec.steps), 1) :] if is_joined else (codec,)
    lost = {loss.what for step in own for loss in step.losses} - {loss.what for loss in form.codec.losses}
    return any(loss.what in lost for loss in codec.losses)


def _joined(first: Codec, codec: Codec | None) -> Codec | None:
    if codec is None:
        return first
    if not codec.reads <= TEXT or not codec.writes <= TEXT or any(not one.reads <= TEXT for one in codec.forms):
        return None
    try:
        return composed((first, codec))
    except CodecError:
        return None


def _exact(codec: Codec) -> Codec:
    """Return a codec of which two inside values are never written alike: what would come back as another is refused."""

    def encode(value: Any) -> Any:
        written = codec.encode(value)
        if distinct(back := codec.decode(written)) != distinct(value):
            raise CodecError(f"{shown(value)} would be written as {shown(written)}, and come back as {shown(back)}")
        return written

    losses = tuple(loss for loss in codec.losses if loss.side is Side.OUTSIDE)
    fit = codec.fit and (lambda fields: _exact(codec.fitted(fields)))
    steps = tuple(map(_exact, codec.steps))
    return replace(codec, encode=encode, losses=losses, one_to_one=True, steps=steps, fit=fit)


def parse_text_form(document: Document, codecs: CodecParser) -> SystemForm | None:
    """Parse `as:` of the outside; None where there is none, or with a finding where it is wrong."""
    said = document.value["outside"].get("as", ABSENT)
    codec = None if said is ABSENT else codecs.codec(said, _PLACE)
    if codec is None:
        return None
    if codec.parts > 1 or codec.makes != "string" or not codec.reads >= TEXT or codec.writes != TEXT:
        message = f"as of a system is for each of its texts, and codec {codec.name} does not make text of text"
        document.find(_PLACE, "E114", message, "name it in the rules that need it, and here one such as text")
        return None
    defaults = codecs.defaults(said)
    for word in (word for word in MODIFIERS if word in defaults):
        document.find(_PLACE, "E114", f"codec {said} says {word} as well", f"say {word} at the system, and not there")
    reasons: str | dict[str, str] | None = defaults.get("lossy")
    named = {_LOST: reasons} if isinstance(reasons, str) else reasons or {}
    return SystemForm(codec, json.dumps(said, sort_keys=True), tuple(named.items()))
