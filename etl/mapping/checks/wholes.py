"""The one rule that two `from` of opposite directions are the halves of, where it is one of a value or of a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.codecs import Codec
from etl.mapping.expressions.forms import Element, Items, Joining, Reading, form_of
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.written import written_of
from etl.mapping.terms import Side
from etl.record import ABSENT

_DATES: Final = ("datetime", "date")
_WORDS: Final = ("nulls", "when_absent", "send", "wins")


@dataclass(frozen=True, slots=True)
class Whole:
    """What to write instead of some rules.

    rules: as the mapping would have them. instead: those in whose place they stand. beside: what the system says, too.
    """

    rules: tuple[dict[str, Any], ...]
    instead: tuple[Computed, ...]
    beside: str = ""


def whole_of(context: Context, inward: Computed, outward: Sequence[Computed]) -> Whole | None:
    """Return what says both ways what a rule towards the inside, and those of the way back, say in one each."""
    coming, going = form_of(inward.source.text), [form_of(rule.source.text) for rule in outward]
    if isinstance(coming, Joining) and not coming.is_list:
        return _date_of(context, inward, coming, outward)
    if len(outward) != 1:
        return None
    match coming, going[0]:
        case Reading(), Reading() | Element():
            return _value_of(context, inward, coming, outward[0], going[0])
        case Reading(convert=""), Joining(is_list=True, paths=(path,)):
            return _split_of(context, inward, coming, outward[0], (going[0].separator, path))
        case Items(), Items():
            return _list_of(context, inward, coming, outward[0], going[0])
    return None


def leaves_of(context: Context, codec: Codec | None) -> tuple[tuple[str, Any], ...]:
    """Return the kinds of codecs of which one is made, with their options: what it does, whatever it is called.

    The form of all texts of the outside is none of them.
    """
    made, form = _leaves(codec), _leaves(context.mapping.text_form)
    return made[len(form) :] if made[: len(form)] == form else made


def _leaves(codec: Codec | None) -> tuple[tuple[str, Any], ...]:
    steps = () if codec is None else codec.steps or (codec,)
    return tuple((one.name, dict(one.options)) for one in steps)


def _value_of(
    context: Context, inward: Computed, coming: Reading, outward: Computed, going: Reading | Element
) -> Whole | None:
    """Return the rule of two paths."""
    read, target = (going.reading if isinstance(going, Element) else going), outward.target.path
    if isinstance(going, Element):
        target = going.under(target)
    is_above = coming.path != target and isinstance(going, Reading) and coming.path[: len(target)] == target
    if read.path != inward.target.path or not (coming.path == target or is_above):
        return None
    named = _as(context, inward, outward, (coming.convert, read.convert))
    if named is None:
        return None
    words: dict[str, Any] = {"as": named} if named else {}
    words |= _absent(context, inward, outward, (coming, read)) | said_beside(inward, outward)
    main = _rule(context, coming.path, inward.target.path, words)
    if not is_above:
        return Whole((main,), (inward, outward))
    parts = list(_parts(context, inward, outward))
    beside = [_rule(context, path, rule.target.path, rule.said) for path, rule in parts]
    instead = (inward, outward, *(rule for _, rule in parts))
    return Whole((main, *beside), instead, _written(context, coming.path, target))


def _parts(context: Context, inward: Computed, outward: Computed) -> Iterator[tuple[Path, Computed]]:
    """Yield the rules that read other parts of what another one writes whole, with what they read."""
    at = outward.target.path
    for rule in context.rules:
        if isinstance(rule, Computed) and rule.side is Side.INSIDE and rule is not inward:
            form = form_of(rule.source.text)
            if isinstance(form, Reading) and not form.convert and form.path != at and form.path[: len(at)] == at:
                yield form.path, rule


def _written(context: Context, path: Path, sent: Path) -> str:
    """Return what the system has to say of how a field is sent, "" where it says so."""
    said = written_of(context.mapping.written, path)
    if said is not None and said.to is not None and said.place(path) == sent:
        return ""
    name = context.mapping.system(Side.OUTSIDE).name
    return f'written: {{"{format_path(path)}": "{format_path(sent)}"}} in {name}'


def _as(context: Context, inward: Computed, outward: Computed, converts: tuple[str, str]) -> Any:
    """Return what `as` is in both directions, "" for none; None where the two rules do not convert alike."""
    codecs = leaves_of(context, inward.codec), leaves_of(context, outward.codec)
    if converts == ("", ""):
        if codecs[0] != codecs[1]:
            return None
        return inward.said.get("as", "")
    if codecs != ((), ()):
        return None
    if converts == ("to_number", "to_string"):
        types = context.shape(Side.INSIDE, inward.target).types
        is_whole = "integer" in types and "number" not in types
        return named(context, "integer_text" if is_whole else "decimal", {})
    return named(context, "text", {}) if converts == ("to_string", "to_number") else None


def named(context: Context, kind: str, options: dict[str, Any]) -> Any:
    """Return what a codec with these options is called: by the name that the mapping has for it, if it has one.

    A date may say more there, such as what hours mean that the clocks skip.
    """
    for codec in context.mapping.codecs:
        leaves = _leaves(codec)
        if [name for name, _ in leaves] != [kind]:
            continue
        said = leaves[0][1]
        if said == options or (kind in _DATES and all(said.get(word) == value for word, value in options.items())):
            return codec.title
    return {kind: options} if options else kind


def _absent(context: Context, inward: Computed, outward: Computed, readings: tuple[Reading, Reading]) -> dict[str, Any]:
    """Return what the expressions say of absent values and their systems do not."""
    said = {}
    for rule, reading in zip((outward, inward), reversed(readings), strict=True):
        if reading.otherwise is not ABSENT and reading.otherwise != rule.target.for_none:
            said[context.mapping.system(rule.side).name] = reading.otherwise
    return {"when_absent": said} if said else {}


def said_beside(*rules: Computed) -> dict[str, Any]:
    """Return the words of several rules that do not say how values are converted."""
    words: dict[str, Any] = {}
    for rule in rules:
        for word in _WORDS:
            value = rule.said.get(word)
            if value is not None:
                words[word] = {**words.get(word, {}), **value} if isinstance(value, dict) else value
    return words


def _rule(context: Context, outside: Path | list[str], inside: Path, words: Any) -> dict[str, Any]:
    left, right = (context.mapping.system(side).name for side in (Side.OUTSIDE, Side.INSIDE))
    return {left: outside if isinstance(outside, list) else format_path(outside), right: format_path(inside), **words}


def _split_of(
    context: Context, inward: Computed, coming: Reading, outward: Computed, joined: tuple[str, Path]
) -> Whole | None:
    """Return the rule of a text that is a list inside."""
    (separator, path), leaves = joined, leaves_of(context, inward.codec)
    is_back = coming.path == outward.target.path and path == inward.target.path and outward.codec is None
    if not is_back or leaves != (("split", {"separator": separator}),):
        return None
    words = {"as": inward.said["as"], **said_beside(inward, outward)}
    return Whole((_rule(context, coming.path, path, words),), (inward, outward))


def _date_of(context: Context, inward: Computed, coming: Joining, outward: Sequence[Computed]) -> Whole | None:
    """Return the rule of a date whose day and time stand in several fields."""
    ((kind, options), *more) = leaves_of(context, inward.codec) or (("", {}),)
    forms = str(options.get("format", "")).split(coming.separator) if coming.separator else []
    if more or kind not in _DATES or len(forms) != len(coming.paths):
        return None
    for rule in outward:
        form = form_of(rule.source.text)
        if not isinstance(form, Reading) or form.path != inward.target.path or rule.target.path not in coming.paths:
            return None
        said = {**options, "format": forms[coming.paths.index(rule.target.path)]}
        if leaves_of(context, rule.codec) != ((kind, said),):
            return None
    words = {"as": named(context, kind, {**options, "format": forms}), **said_beside(inward, *outward)}
    paths = [format_path(path) for path in coming.paths]
    return Whole((_rule(context, paths, inward.target.path, words),), (inward, *outward))


def _list_of(context: Context, inward: Computed, coming: Items, outward: Computed, going: Items) -> Whole | None:
    """Return the rule of two lists, with one for each of the fields of their elements."""
    if (coming.path, going.path) != (outward.target.path, inward.target.path) or inward.codec or outward.codec:
        return None
    back = {reading.path: (name, reading) for name, reading in going.members}
    rules = []
    for name, reading in coming.members:
        there, other = back.pop((name,), ("", None))
        if other is None or reading.path != (there,):
            return None
        as_ = _as(context, replace(inward, said={}), outward, (reading.convert, other.convert))
        if as_ is None:
            return None
        rules.append(_rule(context, reading.path, (name,), {"as": as_} if as_ else {}))
    if back:
        return None
    words = {"each": rules, **said_beside(inward, outward)}
    return Whole((_rule(context, coming.path, going.path, words),), (inward, outward))
