"""`as` beside a table whose lines ask for members of a list, or for words of a text; drawn apart."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, Final

from tests.generated.builder import Builder
from tests.generated.case import NAMES, SIDES, Case
from tests.generated.schemas import Schema
from tests.generated.values import Path, among
from tests.generated.words.codec import TEXT, Codec, understands
from tests.generated.words.codecs import codec_of
from tests.generated.words.draft import Draft
from tests.generated.words.marks import Form, make_of
from tests.generated.words.parts import Parts
from tests.generated.words.scene import Spec

_TEXTS: Final = ["hot", "done", "doing"]
_FORMS: Final[list[tuple[Any, list[Any]]]] = [
    *(({"text": {"case": case}}, _TEXTS) for case in ("lower", "lower", "upper")),
    *(({"text": {"trim": trim}}, _TEXTS) for trim in ("right", "both")),
    ({"text": {"before": "n:"}}, _TEXTS),
    ({"text": {"after": "#", "case": "lower"}}, _TEXTS),
    ({"text": {"pad": 6}}, _TEXTS),
    ({"text": {"cut": 3}}, ["hot", "old", "done"]),
    ({"text": {"zeros": 3}}, ["7", "12", "x"]),
    ("integer_text", [7, 12, 0]),
    ([{"text": {"trim": "both"}}, "integer_text"], [7, 12, 0]),
    ("boolean_text", [True, False]),
    ({"boolean": [["S", "Yes"], ["N"]]}, [True, False]),
    ({"boolean": [[1], [0, -1]]}, [True, False]),
]
"""Forms of members and words, each with what lines may name in it."""


class _Draft(Draft):
    """A mapping that is there already, with fields that no rule of it has."""

    def fresh(self, side: str, *, listed: bool = True) -> Path:
        """Return a path of a field that is new, sometimes one of a new object."""
        del listed
        self.counter[0] += 1
        name = f"{side[0]}9{self.counter[0]}"
        return (name,) if self.chance(0.8) else (f"{side[0]}8{self.counter[0]}", name)


def add(case: Case, rng: Random) -> None:
    """Add a table whose marks stand in a form outside."""
    builders = {side: Builder(rng) for side in SIDES}
    for side in SIDES:
        builders[side].schema = case.schema(side)
    draft = _Draft(rng, dict(NAMES), {side: Spec.of(case.system(side), {}) for side in SIDES}, builders)
    part = "word" if draft.chance(0.3) else "has"
    splits = part == "has" and (case.rows or draft.chance(0.3))
    in_text = splits or part == "word"
    fitting = (form for form in _FORMS if not in_text or codec_of(form[0]).outside == TEXT)
    word, known = rng.choice([form for form in fitting if part == "has" or codec_of(form[0]).inside == TEXT])
    marks = _marks(draft, codec_of(word), known)
    form = Form(word, _items(draft, word, marks), is_text=in_text, beside=[] if splits else _beside(codec_of(word)))
    if splits:
        form = replace(form, word=_split(draft, word))
        marks = marks if isinstance(form.word, list) else rng.sample(_TEXTS, 2)
    make_of(draft, "outside", part, marks, form)
    case.mapping["rules"] += draft.rules


def _marks(draft: Draft, codec: Codec, known: list[Any]) -> list[Any]:
    """Return what lines name: mostly what the codec makes."""
    made = [codec.decode(codec.encode(item)) for item in known if understands(codec.encode, item)]
    if draft.chance(0.05):
        made = known
    return draft.rng.sample(made, min(len(made), draft.rng.choice([1, 1, 2, 3])))


def _items(draft: Draft, word: Any, marks: list[Any]) -> Schema:
    """Return what the schema has of a member: any value of the type, or some of those that there are."""
    codec = codec_of(word)
    if draft.chance(0.7):
        return dict(codec.outside)
    forms = [form for mark in marks for found in Parts("has", codec).forms(mark) for form in found]
    listed = [*forms, *draft.rng.sample(["line", 5], 1)]
    return {"enum": [item for index, item in enumerate(listed) if not among(item, listed[:index])]}


def _split(draft: Draft, word: Any) -> Any:
    """Return the `as` of members between separators of a text: with a form of each, or without."""
    first = draft.rng.choice(["split", {"split": ","}, {"split": "; "}, {"split": {"separator": "|"}}])
    if draft.chance(0.2):
        return first
    return [first, *(word if isinstance(word, list) else [word])]


def _beside(codec: Codec) -> list[Any]:
    """Return how the values of a field beside stand in a form; none where it does not write them."""
    values = [codec.encode(item)[0] for item in ("x", "y") if understands(codec.encode, item)]
    read = [item for item in values if codec.decode((item,)) in ("x", "y")]
    return read if len(read) == 2 and not codec.blank else []
