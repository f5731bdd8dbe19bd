"""Codecs of numbers, texts and lists: what goes out comes back, a round trip normalises once, nothing is rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.mapping.codecs import Codec, CodecError, composed, make_codec
from etl.mapping.terms import Side

PLAIN = st.text(alphabet="aBß07 .,-\u00e9\n", max_size=12)
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
MONEY = st.decimals(-(10**11), 10**11, places=2)
WIDTH = st.integers(1, 14)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "trim": st.sampled_from(["left", "right", "both"]),
        "pad": st.one_of(WIDTH, WIDTH.map(lambda width: {"left": width})),
        "zeros": WIDTH,
        "case": st.sampled_from(["upper", "lower"]),
        "before": st.sampled_from(["ref:", "0", " ", "a"]),
        "after": st.sampled_from(["/x", "0", " "]),
        "cut": WIDTH,
    },
)


def judge(codec: Codec, inside: list[Any], outside: list[Any]) -> None:
    """Try the laws: exactly where nothing is lost, and up to one normalisation where something is."""
    for value in inside:
        written = tried(codec.encode, value)
        if written is None:
            continue
        back = codec.decode(written)
        if not codec.lost(Side.INSIDE):
            assert exactly(back) == exactly(codec.plain(value)), (value, written)
        assert exactly(codec.decode(codec.encode(back))) == exactly(back), (value, written)
    for value in outside:
        read = tried(codec.decode, value)
        written = None if read is None else tried(codec.encode, read)
        if written is None:
            continue
        if not codec.lost(Side.OUTSIDE):
            assert exactly(written) == exactly(codec.plain(value)), (value, read)
        again = codec.encode(codec.decode(written))
        assert exactly(codec.encode(codec.decode(again))) == exactly(again), (value, read, written)


def tried(convert: Any, value: Any) -> Any:
    try:
        return convert(value)
    except CodecError as error:
        assert str(error).isprintable()
        assert error.fix
        return None


def exactly(value: Any) -> Any:
    return [exactly(item) for item in value] if isinstance(value, list) else (type(value), value)


@given(OPTIONS, st.lists(PLAIN, max_size=6), st.data())
def test_a_text_that_goes_out_comes_back_whatever_the_options(
    options: dict[str, Any], texts: list[str], data: st.DataObject
) -> None:
    try:
        codec = make_codec("text", options)
    except CodecError as error:
        assert "go together" in str(error) or "leaves nothing" in str(error)
        return
    written = [text for text in (tried(codec.encode, one) for one in texts) if text is not None]
    judge(codec, texts, [*texts, *written, *(data.draw(PLAIN) + text + data.draw(PLAIN) for text in written)])
    if codec.one_to_one:
        assert not codec.losses


@given(NUMBERS, st.sampled_from([{}, {"places": 2}, {"point": ",", "group": "."}, {"places": 0}]))
def test_a_number_that_is_written_comes_back_digit_by_digit(number: float, options: dict[str, Any]) -> None:
    judge(make_codec("decimal", options), [number], [])


@given(MONEY)
def test_money_is_read_by_its_digits_and_never_rounded(amount: Decimal) -> None:
    codec = make_codec("decimal", {"point": ",", "group": ".", "places": 2})
    text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,")).replace("-0,00", "0,00")
    read = codec.decode(text)
    assert Decimal(repr(read)) == amount
    assert codec.encode(read) == text
    cents = composed([codec, make_codec("quantity", {"by": 100})])
    assert cents.decode(text) == int(amount * 100)
    assert cents.encode(int(amount * 100)) == text


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?", fullmatch=True))
def test_a_text_of_digits_is_held_or_refused(text: str) -> None:
    codec = make_codec("decimal", {})
    read = tried(codec.decode, text)
    if read is not None:
        assert Fraction(read) == Fraction(text) or Decimal(repr(read)) == Decimal(text)
        assert Decimal(codec.encode(read)) == Decimal(text)
        judge(codec, [read], [text])


@given(st.sampled_from([{"by": 60}, {"per": 100}, {"per": 3600, "places": 2}, {"by": 0.1, "places": 0}]), NUMBERS)
def test_a_quantity_is_calculated_with_all_digits(options: dict[str, Any], number: float) -> None:
    judge(make_codec("quantity", options), [number], [number])


@given(st.sampled_from([{"by": 60, "places": 2}, {"by": 0.6, "places": 0}, {"h": 60, "min": 1}]), st.integers(0, 10**6))
def test_whole_minutes_come_back_from_hours_as_a_fraction(options: dict[str, Any], minutes: int) -> None:
    codec = make_codec("quantity", {**options, "whole": True})
    judge(codec, [minutes], [])
    assert codec.decode(codec.encode(minutes)) == minutes
    assert not any(loss.side is Side.INSIDE for loss in codec.losses)


def test_minutes_that_hours_with_too_few_decimals_would_mix_up_are_a_loss() -> None:
    codec = make_codec("quantity", {"by": 60, "places": 1, "whole": True})
    assert codec.decode(codec.encode(1)) == 0
    assert any(loss.side is Side.INSIDE for loss in codec.losses)


@given(NUMBERS, st.sampled_from(["s", "min", "h", "ms"]), st.lists(st.integers(0, 999), min_size=5, max_size=5))
def test_a_duration_comes_back_in_the_units_in_which_it_is_written(number: float, unit: str, counts: list[int]) -> None:
    weeks, days, hours, minutes, seconds = counts
    text = f"P{weeks}W{days}DT{hours}H{minutes}M{seconds}S"
    judge(make_codec("duration", {"unit": unit}), [number], [text])
    total = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    assert make_codec("duration", {}).decode(text) == total


WORDS = st.one_of(st.text("SNyn1", max_size=2), st.integers(-1, 2), st.sampled_from([1.0, 0.5]), st.booleans())


@given(st.lists(WORDS, min_size=1, max_size=3), st.lists(WORDS, min_size=1, max_size=3), WORDS)
def test_each_truth_value_has_its_words_and_no_other(true: list[Any], false: list[Any], other: Any) -> None:
    twice = len({(type(word), word) for word in true + false}) < len(true + false)
    try:
        codec = make_codec("boolean", [true, false])
    except CodecError as error:
        assert twice
        assert "stands there twice" in str(error)
        return
    assert not twice
    judge(codec, [True, False, 1, "S"], [*true, *false, other])
    for word in (*true, *false):
        assert codec.decode(word) is any(exactly(word) == exactly(one) for one in true)
    assert codec.encode(True) is true[0]


STEPS = {
    "split": st.sampled_from([",", "; ", "aa"]).map(lambda text: make_codec("split", text)),
    "text": OPTIONS,
    "decimal": st.sampled_from([{}, {"places": 1}, {"point": ","}]),
    "boolean": st.sampled_from([[["a"], ["0", "B"]], [["07"], [""]]]),
    "integer_text": st.just({}),
    "date": st.just({}),
    "quantity": st.sampled_from([{"by": 10}, {"per": 10, "places": 1}]),
}
INSIDE = st.one_of(PLAIN, NUMBERS, st.booleans(), st.lists(st.one_of(PLAIN, st.integers(-9, 9)), max_size=3))


@given(st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=3), st.lists(INSIDE, max_size=5), st.data())
def test_the_laws_of_codecs_hold_for_those_that_are_composed(
    names: list[str], inside: list[Any], data: st.DataObject
) -> None:
    try:
        steps = [
            made if isinstance(made, Codec) else make_codec(name, made)
            for name in names
            for made in (data.draw(STEPS[name]),)
        ]
        codec = composed(steps)
    except CodecError as error:
        assert error.fix
        return
    outside = data.draw(st.lists(PLAIN, max_size=5))
    read = [value for value in (tried(codec.decode, one) for one in outside) if value is not None]
    judge(codec, [*inside, *codec.hard(), *read], outside)
    assert codec.reads == steps[0].reads
    assert codec.makes == ("array" if "split" in names else steps[-1].makes)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["date", "integer_text"], "codec date makes date, and codec integer_text, which follows it, reads string"),
        (["integer_text", "text"], "codec integer_text makes integer, and codec text, which follows it, reads string"),
        (
            ["split", "epoch_s"],
            "codec split makes a list of string, and codec epoch_s, which follows it, reads",
        ),
        (["split", "split"], "codec split makes a list of string, and codec split, which follows it, makes lists"),
        (
            ["boolean_text", "boolean"],
            "codec boolean_text makes boolean, and codec boolean, which follows it",
        ),
    ],
)
def test_a_codec_that_does_not_read_what_comes_is_refused(names: list[str], reason: str) -> None:
    with pytest.raises(CodecError) as caught:
        composed([make_codec(name, {}) for name in names])
    assert str(caught.value).startswith(reason)
    assert caught.value.fix.startswith("name the codecs from the outside inwards")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("boolean", [["S"]], "boolean is two lists of values"),
        ("boolean", [["S"], []], "boolean is two lists of values"),
        ("boolean", "S", "boolean is two lists of values"),
        ("boolean", [["S"], [None]], "null stands for no truth value"),
        ("boolean", [["S"], ["N", "S"]], '"S" stands there twice'),
        ("decimal", {"point": ""}, "point is one character"),
        ("decimal", {"group": "1"}, "group is one character"),
        ("decimal", {"point": ",", "group": ","}, 'point and group are both ","'),
        ("decimal", {"places": 2.0}, "places is a whole number from 0 to 20"),
        ("decimal", ",", "codec decimal takes options by name, the options point, group, places"),
        ("text", {"trim": "all"}, 'trim is left, right or both, not "all"'),
        ("text", {"case": ["upper"]}, "case is upper or lower"),
        ("text", {"pad": {"right": 3}}, "pad is a number of characters"),
        ("text", {"zeros": True}, "zeros is a number of characters"),
        ("text", {"before": 7}, "before is text"),
        ("text", {"before": "ref:", "cut": 4}, "cut: 4 leaves nothing"),
        ("text", {"trim": "right", "after": "x "}, "these options do not go together"),
        ("split", "", "split is the text that stands between elements"),
        ("quantity", {}, "quantity says either by or per, not neither"),
        ("quantity", {"by": 1, "per": 1}, "quantity says either by or per, not both"),
        ("quantity", {"by": 0}, "by is a number above 0"),
        ("quantity", {"per": True}, "per is a number above 0"),
        ("quantity", {"by": 1, "places": -1}, "places is a whole number"),
        ("quantity", {"by": 1, "whole": 1}, "whole is true or false"),
        ("quantity", {"by": 1, "point": ","}, "point and group are for the text of a number beside its unit"),
        ("duration", {"unit": "d"}, "unit is s, min, h or ms"),
        ("integer_text", "x", "codec integer_text takes options by name, none"),
    ],
)
def test_options_that_mean_nothing_are_refused(name: str, options: Any, reason: str) -> None:
    with pytest.raises(CodecError) as caught:
        make_codec(name, options)
    assert str(caught.value).startswith(reason)
    assert caught.value.fix


def test_what_only_people_write_is_no_loss_where_a_codec_makes_something_else() -> None:
    trimmed, shout = make_codec("text", {"trim": "both"}), make_codec("text", {"case": "lower"})
    assert trimmed.lost(Side.INSIDE) == "blanks at its beginning and end"
    for codec in ("integer_text", "boolean_text"):
        made = composed([trimmed, shout, make_codec(codec, {})])
        assert made.lost(Side.INSIDE) == ""
        assert made.lost(Side.OUTSIDE) == ""
    assert composed([make_codec("split", ";"), trimmed]).lost(Side.INSIDE) == "blanks at its beginning and end"
    shouting = composed([make_codec("text", {"case": "upper"}), make_codec("boolean", [["yes"], ["NO"]])])
    assert shouting.encode(False) == "NO"
    with pytest.raises(
        CodecError, match='"YES" is written, and would not be read: expected "yes" or "NO", found "YES"'
    ):
        shouting.encode(True)
    cut = composed([make_codec("text", {"cut": 3}), make_codec("integer_text", {})])
    assert cut.lost(Side.INSIDE) == "what is longer than 3 characters"
