"""What `as:` and `codecs:` name becomes a codec; what is wrong becomes findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from etl.mapping.codecs import Codec, CodecError, Fields, codec_kinds, composed, make_codec
from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import MODIFIERS
from etl.record import shown

_CODECS: Final = "codecs"
_AS: Final = "as"


class CodecParser:
    """Makes the codecs that a document names, of those that it has under `codecs:` too; each of these once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._entries: dict[str, Any] = document.value.get(_CODECS, {})
        self._made: dict[str, Codec | None] = {}
        self._open: list[str] = []
        for name in self._entries:
            if name in codec_kinds():
                message, fix = f"there is a codec {name} already", "choose another name"
                document.find((_CODECS, name), "E013", message, fix, key=True)
            self._named(name)

    @property
    def named(self) -> tuple[Codec, ...]:
        """The codecs to which the document gives names, as far as they are right."""
        return tuple(codec for codec in self._made.values() if codec is not None)

    def codec(self, said: Any, place: Place) -> Codec | None:
        """Return what names of codecs, with or without options, means; None, with a finding, for nothing."""
        if not isinstance(said, list):
            return self._step(said, place)
        steps = [self._step(one, (*place, index)) for index, one in enumerate(said)]
        for index, one in enumerate(said):
            if words := list(self.defaults(one)):
                message = f"{one} says {words[0]} as well, which goes with a rule and not with a composition"
                self._document.find((*place, index), "E114", message, f"name {one} alone, or say that in the rule")
        return self._composed([step for step in steps if step is not None], place) if all(steps) else None

    def fitted(self, codec: Codec | None, fields: Fields, place: Place) -> Codec | None:
        """Return a codec for the fields of a rule; None, with a finding, where it does not go with them."""
        try:
            return codec and codec.fitted(fields)
        except CodecError as error:
            self._document.find(place, "E114", str(error), error.fix)
            return None

    def defaults(self, said: Any) -> dict[str, Any]:
        """Return what a named codec says for a rule that names it: nulls, when_absent and lossy."""
        entry = self._entries.get(said) if isinstance(said, str) else None
        if not isinstance(entry, dict) or _AS not in entry:
            return {}
        return {word: value for word, value in entry.items() if word != _AS}

    def _step(self, said: Any, place: Place) -> Codec | None:
        name, options = (said, {}) if isinstance(said, str) else next(iter(said.items()))
        if name in self._entries and isinstance(said, str):
            return self._named(name)
        try:
            return make_codec(name, options)
        except CodecError as error:
            own = f", and here {', '.join(self._entries)}" if self._entries and name not in codec_kinds() else ""
            self._document.find(place, "E114", f"{error}{own}", error.fix)
            return None

    def _named(self, name: str) -> Codec | None:
        if name in self._open:
            way = " → ".join([*self._open[self._open.index(name) :], name])
            message = f"codec {shown(name)} is made of itself: {way}"
            self._document.find((_CODECS, name), "E114", message, "name what it is made of", key=True)
            return None
        if name not in self._made:
            entry, place = self._entries[name], (_CODECS, name)
            self._open.append(name)
            has_more = isinstance(entry, dict) and _AS in entry
            made = self.codec(entry[_AS], (*place, _AS)) if has_more else self.codec(entry, place)
            self._open.pop()
            self._made[name] = made and replace(made, name=name, title=name, steps=made.steps or (made,))
        return self._made[name]

    def _composed(self, steps: Sequence[Codec], place: Place) -> Codec | None:
        try:
            return composed(steps)
        except CodecError as error:
            self._document.find(place, "E114", str(error), error.fix)
            return None


def with_defaults(entry: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with what its codec says for it; what the rule says itself outranks that, system by system."""
    merged = {**defaults, **entry}
    for word in MODIFIERS:
        if isinstance(entry.get(word), dict) and isinstance(defaults.get(word), dict):
            merged[word] = {**defaults[word], **entry[word]}
    return merged
