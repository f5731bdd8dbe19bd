"""Codecs of text after docs/language.md: `text`, `duration`, and several in a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tests.generated.values import same
from tests.generated.words.codec import INT64, TEXT, Codec, NotUnderstoodError, Values, apart, text_of, understands
from tests.generated.words.numbers import held, number_of

TEXTS: Final[tuple[dict[str, Any], ...]] = (
    {"trim": "right"},
    {"trim": "both"},
    {"trim": "left"},
    {"pad": 4},
    {"pad": {"left": 6}},
    {"pad": 4, "trim": "right"},
    {"zeros": 4},
    {"case": "upper"},
    {"case": "lower"},
    {"before": "u:"},
    {"after": "#"},
    {"before": "<", "after": ">"},
    {"cut": 3},
    {"before": "u:", "case": "lower"},
    {"trim": "right", "cut": 3},
)
UNITS: Final[tuple[dict[str, Any], ...]] = ({}, {"unit": "min"}, {"unit": "h"}, {"unit": "ms"})
ROWS: Final[tuple[list[Any], ...]] = (
    [{"text": {"trim": "right"}}, "integer_text"],
    [{"text": {"trim": "both"}}, "boolean_text"],
    [{"text": {"before": "n:"}}, {"decimal": {"point": ",", "places": 2}}],
    [{"split": "|"}, {"text": {"case": "upper"}}],
    [{"text": {"trim": "both"}}, "duration"],
)
"""Several codecs, from the outside inwards."""

_TRIMS: Final[dict[str, Callable[[str], str]]] = {"left": str.lstrip, "right": str.rstrip, "both": str.strip}
_CASES: Final[dict[str, Callable[[str], str]]] = {"upper": str.upper, "lower": str.lower}
_TRIED: Final = ("a", "Pump", "AB", "x y", " a", "a ", "007", "0007", "4711", "47110", "u:ab", "<q>", "q#", "0000", "é")


def text(options: dict[str, Any]) -> Codec:
    """`text`: text in another form."""
    form = _Form(options)
    made = [form.encode(item) for item in _TRIED if understands(form.encode, item)]
    nothing = [form.encode("")] if form.before or form.after else []
    between = [(f"{form.before}{item}{form.after}",) for item in ("Pump", "Xy")] if form.before or form.after else []
    understood, odd = apart(form.decode, [*made, *((item,) for item in _TRIED), *between, *nothing])
    never = (*(values[0] for values in odd), 5)
    inside = ("", " ", "u:", "longer than most", "007", "0", "Ab ", " ab", "ab c")
    blank = "trim" in options or "pad" in options
    return Codec("text", form.decode, form.encode, TEXT, TEXT, understood, never, dates=inside, blank=blank)


class _Form:
    """The form of a text outside."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.trim: Callable[[str], str] = _TRIMS.get(options.get("trim", ""), str)
        self.case: Callable[[str], str] = _CASES.get(options.get("case", ""), str)
        self.zeros, self.before, self.after = (options.get(name, "") for name in ("zeros", "before", "after"))
        pad = options.get("pad", 0)
        self.is_left, self.pad = isinstance(pad, dict), pad["left"] if isinstance(pad, dict) else pad

    def decode(self, values: Values) -> str:
        item = text_of(values[0])
        if self.pad:
            if len(item) > self.pad or (len(item) < self.pad and "trim" not in self.options):
                raise NotUnderstoodError
            item = item.lstrip(" ") if self.is_left else item.rstrip(" ")
        item = self.trim(item)
        marks = len(self.before) + len(self.after)
        if not item.startswith(self.before) or not item.endswith(self.after) or len(item) < marks:
            raise NotUnderstoodError
        item = item[len(self.before) : len(item) - len(self.after)]
        if self.zeros and re.fullmatch("[0-9]+", item):
            if len(item) != self.zeros:
                raise NotUnderstoodError
            item = item.lstrip("0") or "0"
        return self.case(item)

    def encode(self, value: Any) -> Values:
        item = meant = self.case(self.trim(text_of(value)))
        if self.zeros and re.fullmatch("[0-9]+", item):
            item = item.zfill(self.zeros)
        if "cut" in self.options:
            item = meant = self.trim(item[: self.options["cut"]])
        written = self.before + item + self.after
        written = written.rjust(self.pad) if self.is_left else written.ljust(self.pad)
        if not same(self.decode((written,)), meant):
            raise NotUnderstoodError
        return (written,)


_DURATION = re.compile(r"-?P(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?")
_PARTS: Final = (604800, 86400, 3600, 60, 1)
_SECONDS: Final = {"s": Fraction(1), "min": Fraction(60), "h": Fraction(3600), "ms": Fraction(1, 1000)}


def duration(options: dict[str, Any]) -> Codec:
    """`duration`: ISO 8601 text, a number inside."""
    unit = _SECONDS[options.get("unit", "s")]

    def decode(values: Values) -> Any:
        item = text_of(values[0])
        found = _DURATION.fullmatch(item)
        named = [(part, size) for part, size in zip(found.groups(), _PARTS, strict=True) if part] if found else []
        whole = all(re.fullmatch("[0-9]+", part) for part, _ in named[:-1])
        if not named or not whole or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", named[-1][0]) or item.endswith("T"):
            raise NotUnderstoodError
        seconds = sum((Fraction(Decimal(part)) * size for part, size in named), Fraction(0))
        return held((-seconds if item.startswith("-") else seconds) / unit)

    def encode(value: Any) -> Values:
        seconds = number_of(value) * unit
        left = abs(seconds)
        hours, minutes = left // 3600, left % 3600 // 60
        rest = left % 60
        fraction = f"{Decimal(rest.numerator) / Decimal(rest.denominator):f}"
        parts = f"{hours}H" * (hours > 0) + f"{minutes}M" * (minutes > 0)
        parts += f"{fraction}S" * (rest > 0 or not parts)
        return ("-" * (seconds < 0) + "PT" + parts,)

    samples = ("PT1H30M", "PT90M", "PT0S", "P1D", "P1W", "PT1.5S", "-PT1M", "PT1H", "PT3600S", "P1DT1H", "PT0.5H")
    understood, odd = apart(decode, [(item,) for item in samples])
    never = (*(values[0] for values in odd), "hello", "", "P1M", "P1Y", "PT", "P", "1h", 90)
    numbers = (90, 0, -5, 1.5, 3600)
    return Codec("duration", decode, encode, TEXT, {"type": "number"}, understood, never, dates=numbers, numbers=True)


def of_number(_options: dict[str, Any]) -> Codec:
    """`text` of a whole number outside."""

    def decode(values: Values) -> str:
        if type(values[0]) is not int or not INT64[0] <= values[0] <= INT64[1]:
            raise NotUnderstoodError
        return str(values[0])

    def encode(value: Any) -> Values:
        item = text_of(value)
        if not re.fullmatch("0|-?[1-9][0-9]*", item) or not INT64[0] <= int(item) <= INT64[1]:
            raise NotUnderstoodError
        return (int(item),)

    samples = ((42,), (0,), (-3,), (2**53 + 1,))
    odd = (1.5, "42", True, 2**63)
    return Codec("text", decode, encode, {"type": "integer"}, TEXT, samples, odd, dates=("42", "007", "a", "-0", ""))


def in_a_row(steps: Sequence[Codec]) -> Codec:
    """Return several codecs from the outside inwards; those behind `split` work on each element."""
    first = steps[0]
    splits = first.name == "split"

    def decode(values: Values) -> Any:
        made = first.decode(values)
        for step in steps[1:]:
            made = [step.decode((item,)) for item in made] if splits else step.decode((made,))
        return made

    def encode(value: Any) -> Values:
        made = value
        if splits and not isinstance(value, list):
            raise NotUnderstoodError
        for step in reversed(steps[1:]):
            made = [step.encode(item)[0] for item in made] if splits else step.encode(made)[0]
        written = first.encode(made)
        decode(written)
        return written

    inner = [item[0] for step in steps[1:] for item in step.understood]
    tried = [first.encode(item) for item in inner if understands(first.encode, item)]
    if splits:
        tried = [*first.understood, ("a|B",), ("",)]
    else:
        tried += [(values[0] + " ",) for values in tried] + [(" " + values[0],) for values in tried]
    understood, odd = apart(decode, tried)
    never = (*(values[0] for values in odd), "hello", "", *first.odd)
    inside = {"type": "array", "items": dict(steps[-1].inside)} if splits else dict(steps[-1].inside)
    dates = ([""], ["a|b"], ["a", "B"], []) if splits else steps[-1].dates
    name = "+".join(step.name for step in steps)
    free = first if first.name == "text" and steps[-1].inside != TEXT else None
    made = Codec(name, decode, encode, TEXT, inside, understood, never, dates=dates, blank=first.blank, free=free)
    return replace(made, numbers=steps[-1].numbers)
