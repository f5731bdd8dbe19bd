"""`as` of the outside: the form of every text of a system. What is wrong becomes findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.codecs import TEXT, Codec, CodecError, Fields, Said, composed
from etl.mapping.equality import distinct
from etl.mapping.language.document import Document
from etl.mapping.language.parse_codecs import CodecParser
from etl.mapping.language.words import MODIFIERS
from etl.mapping.terms import Field, Lossy, Side, TextForm
from etl.record import ABSENT, Scalar, shown

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
            return field
        words = f"{self.said} {said.longest}" if self.codec.fit else self.said
        form = TextForm(words, codec.decode, codec.encode, codec.lost(Side.OUTSIDE), codec.lost(Side.INSIDE))
        when_absent = field.when_absent
        if isinstance(when_absent, str):
            when_absent = codec.encode(when_absent)
        nulls = field.nulls if not codec.blank or "" in field.nulls else (*field.nulls, "")
        return replace(field, form=form, nulls=nulls, blank=codec.blank, when_absent=when_absent)

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


def table_form(codec: Codec, system: TextForm | None, nulls: Sequence[Scalar]) -> TextForm:
    """Return the form that a table's codec gives the values of a field, behind what its system says of its text."""
    said = json.dumps([codec.name, dict(codec.options), *(step.name for step in codec.steps)], sort_keys=True)
    lost, lost_inside = codec.lost(Side.OUTSIDE), codec.lost(Side.INSIDE)
    if system is None:
        return TextForm(said, codec.decode, codec.encode, lost, lost_inside, codec.makes, codec.items, tuple(nulls))
    return TextForm(
        f"{system.said} {said}",
        lambda value: codec.decode(system.read(value)),
        lambda value: system.lay(codec.encode(value)),
        ", and ".join(filter(None, (system.lost, lost))),
        lost_inside,
        codec.makes,
        codec.items,
        tuple(nulls),
        system,
    )


def lossy_of(own: Lossy | None, form: SystemForm | None, codec: Codec | None, fields: Sequence[Field]) -> Lossy | None:
    """Return why a rule may lose what it loses: as it says itself, or as its system says for all that have its form."""
    if form is None or not form.lossy or not any(one.form for one in fields):
        return own
    if codec is not None and not codec.losses and not any(one.has_form for one in fields):
        return own
    return Lossy((), form.lossy) if own is None else replace(own, common=form.lossy)


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
    return replace(codec, encode=encode, losses=losses, one_to_one=True, fit=fit)


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
