"""The forms of values: which codec makes of them what a field of the other side holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from etl.draft.leaves import Leaf
from etl.draft.words import concepts
from etl.mapping.codecs import Codec, CodecError, composed, make_codec

_LOCAL: Final = "local time of which zone? UTC is taken, zone: says another one"
_ORDER: Final = "the day first, or the month? no value tells"
_DATES: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y", "%d.%m.%y", "%-d.%-m.%Y",
                 "%-d/%-m/%Y", "%-m/%-d/%Y", "%d-%b-%Y", "%Y/%m/%d")  # fmt: skip
_TIMES: Final = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%L", "%I:%M %p", "%I:%M:%S %p")
_JOINED: Final = (" ", "T")
_TRUTHS: Final = (("true", "false"), ("yes", "no"), ("y", "n"), ("ja", "nein"), ("j", "n"), ("sim", "não"),
                  ("s", "n"), ("sí", "no"), ("oui", "non"), ("x", ""), ("1", "0"), ("on", "off"))  # fmt: skip
_EPOCH: Final = {"epoch_s": (946_684_800, 4_102_444_800), "epoch_ms": (946_684_800_000, 4_102_444_800_000)}
"""From 2000 to 2100."""

_DECIMAL: Final = re.compile(r"-?(?P<whole>\d{1,3}(?:(?P<group>[., '])\d{3})+|\d+)(?:(?P<point>[.,])(?P<rest>\d+))?\Z")
_PREFIXED: Final = re.compile(r"(?P<before>\D*?)(?P<digits>\d{2,18})\Z")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of values. said: what `as` says, None for values as they are. doubts: what nobody can tell from them."""

    said: Any = None
    doubts: tuple[str, ...] = ()
    codec: Codec | None = None

    def decode(self, value: Any) -> Any:
        """Return what a value is inside; raises CodecError where it has another form."""
        return value if self.codec is None else self.codec.decode(value)


PLAIN: Final = Form()


def kind_of(leaf: Leaf) -> str:
    """Return what a field inside holds, as far as forms go: one of JSON's words, `date`, `enum`, or `` for others."""
    if leaf.enum is not None:
        return "enum"
    if leaf.date_time:
        return "date"
    types = leaf.types - {"integer"} if "number" in leaf.types else leaf.types
    return next(iter(types)) if len(types) == 1 else ""


def forms(outside: Leaf, kind: str) -> list[Form]:
    """Return the forms in which a leaf's values may be what a field of a kind holds, the likeliest first."""
    types = outside.types or frozenset({"string"})
    if kind == "date":
        return _date_forms(outside)
    if kind == "string" and types == {"string"}:
        return [PLAIN]
    if kind == "boolean":
        return [PLAIN] if types == {"boolean"} else _truth_forms(outside)
    if kind == "integer":
        return [PLAIN] if types == {"integer"} else _whole_forms(outside)
    if kind == "number":
        return [PLAIN] if types <= {"integer", "number"} else _decimal_forms(outside)
    return []


def _date_forms(leaf: Leaf) -> list[Form]:
    if leaf.types <= {"integer", "number"}:
        return list(_epochs(leaf))
    if not leaf.texts:
        return [_form("datetime")] if leaf.date_time or "date" in concepts(str(leaf.path[-1])) else []
    if leaf.types != {"string"}:
        return []
    if _reads(form := _form("dotnet_date"), leaf.texts):
        return [form]
    found = list(_formatted(leaf.texts))
    if found:
        return found
    iso = _form("datetime")
    has_zone = all(re.search(r"([Zz]|[+-]\d\d:?\d\d)\Z", text) for text in leaf.texts)
    iso = iso if has_zone else Form(iso.said, (_LOCAL,), iso.codec)
    return [iso] if _reads(iso, leaf.texts) else []


def _formatted(texts: Sequence[str]) -> Iterator[Form]:
    """Yield the patterns that read all texts and write them again as they are."""
    dates = [_date(pattern) for pattern in _DATES]
    moments = [(f"{day}{joint}{time}") for day in _DATES for joint in _JOINED for time in _TIMES]
    found = [form for form in [*dates, *map(_moment, moments)] if _keeps(form, texts)]
    for form in found[:2]:
        doubts = ((_ORDER,) if len(found) > 1 else ()) + ((_LOCAL,) if _has_time(form) else ())
        yield Form(form.said, doubts, form.codec)


def _has_time(form: Form) -> bool:
    return isinstance(form.said, dict) and re.search(r"%[HI]", form.said["datetime"]["format"]) is not None


def _date(pattern: str) -> Form:
    return _form("date") if pattern == "%Y-%m-%d" else _moment(pattern)


def _moment(pattern: str) -> Form:
    return _form("datetime", {"format": pattern})


def _epochs(leaf: Leaf) -> Iterator[Form]:
    numbers = [value for value in leaf.distinct if isinstance(value, int | float)]
    for name, (low, high) in _EPOCH.items():
        if numbers and all(low <= number <= high for number in numbers):
            yield _form(name)


def _truth_forms(leaf: Leaf) -> list[Form]:
    texts = [value for value in leaf.values if isinstance(value, str)]
    there = {text.casefold() for text in texts}
    for yes, no in _TRUTHS:
        if there and there <= {yes, no} and (there - {""}):
            written = [next((text for text in texts if text.casefold() == one), one) for one in (yes, no)]
            doubts = () if len(there) > 1 else (f"only {texts[0]} was seen",)
            form = _form("boolean", [[written[0]], [written[1]]])
            return [Form("boolean_text" if written == ["true", "false"] else form.said, doubts, form.codec)]
    return []


def _whole_forms(leaf: Leaf) -> list[Form]:
    plain = _form("integer_text")
    if _keeps(plain, leaf.texts):
        return [plain]
    matches = [_PREFIXED.match(text) for text in leaf.texts]
    parts = {(match["before"], len(match["digits"])) if match else None for match in matches}
    if len(parts) != 1 or None in parts:
        return []
    ((before, length),) = (part for part in parts if part)
    said = {"text": {**({"before": before} if before else {}), "zeros": length}}
    codec = composed([make_codec("text", said["text"]), make_codec("integer_text", {})])
    form = Form([said, "integer_text"], (), codec)
    return [form] if _keeps(form, leaf.texts) else []


def _decimal_forms(leaf: Leaf) -> list[Form]:
    matches = [_DECIMAL.match(text) for text in leaf.texts]
    if not matches or None in matches:
        return []
    found = [match for match in matches if match]
    points = {match["point"] for match in found} - {None}
    groups = {match["group"] for match in found} - {None}
    if len(points) > 1 or len(groups) > 1 or points & groups:
        return []
    places = {len(match["rest"] or "") for match in found}
    options: dict[str, Any] = {}
    if points and points != {"."}:
        options["point"] = next(iter(points))
    if groups:
        options["group"] = next(iter(groups))
    if len(places) == 1 and places != {0}:
        options["places"] = next(iter(places))
    form = _form("decimal", options)
    doubts = (f"is {found[0][0]} a group of thousands, or a point?",) if groups and not points else ()
    return [Form(form.said, doubts, form.codec)] if _reads(form, leaf.texts) else []


def _form(name: str, options: Any = None) -> Form:
    return Form({name: options} if options else name, (), make_codec(name, options or {}))


def _reads(form: Form, texts: Iterable[str]) -> bool:
    return _each(texts, form.decode)


def _keeps(form: Form, texts: Iterable[str]) -> bool:
    """Return whether a form reads all texts, and would write each as it is."""
    codec = form.codec
    return codec is not None and _each(texts, lambda text: _refuse_other(codec.encode(codec.decode(text)), text))


def _refuse_other(written: Any, text: str) -> None:
    if written != text:
        raise CodecError("it is written in another way")


def _each(texts: Iterable[str], attempt: Callable[[str], Any]) -> bool:
    tried = False
    for text in texts:
        try:
            attempt(text)
        except (CodecError, ValueError, OverflowError):
            return False
        tried = True
    return tried
