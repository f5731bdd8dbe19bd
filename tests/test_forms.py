"""Values that have several forms outside, or lie in several fields, or in fields of which a schema says more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, load_mapping
from etl.app import compile_pipeline
from etl.mapping.codecs import CodecError, Fields, Said, make_codec
from etl.mapping.codecs.markup import read_markup
from etl.mapping.terms import Side
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from tests.support.mappings import inward, outward, reasons
from tests.support.tried import Tried

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
DATE: dict[str, Any] = {"type": "string", "format": "date-time"}
NUMBER: dict[str, Any] = {"type": "number"}
AT = datetime(2025, 3, 9, 4, 5, tzinfo=UTC)
DAY = AT.replace(hour=0, minute=0)
LOSSY = "lossy: so it is"
GRADUAL = {**TEXT, "pattern": "^(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?$"}


class Rule:
    """One rule between the fields of `c` and one of `t`, loaded where check has nothing to say against it."""

    def __init__(self, folder: Path) -> None:
        self.tried = Tried(folder)

    def __call__(
        self, path: str, codec: str, outside: dict[str, Any], inside: dict[str, Any], more: str = LOSSY
    ) -> Any:
        self.tried.outside, self.tried.inside = outside, {"b": inside}
        assert self.tried(f"{{c: {path}, t: b, as: {codec}, {more}}}") == []
        return load_mapping(self.tried.file)

    def found(
        self, path: str, codec: str, outside: dict[str, Any], inside: dict[str, Any], more: str = ""
    ) -> list[str]:
        self.tried.outside, self.tried.inside = outside, {"b": inside}
        return self.tried(f"{{c: {path}, t: b, as: {codec}{more and ', '}{more}}}")


@pytest.fixture
def rule(tmp_path: Path) -> Rule:
    return Rule(tmp_path)


def members(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"a": {"type": "object", "properties": fields}}


TWO = {"d": TEXT, "e": TEXT}
Case: TypeAlias = tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any], Any, dict[str, Any]]
"""A path, its codec, the two schemas; what comes in, what that is inside, and what goes out for it."""

CASES: list[Case] = [
    (
        "a",
        '{datetime: {format: ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", dotnet_date, datetime]}}',
        {"a": TEXT},
        DATE,
        {"a": "09.03.2025 04:05"},
        AT,
        {"a": "2025-03-09 04:05"},
    ),
    ("a", '{date: {format: ["%Y%m%d", "%Y%j"]}}', {"a": WHOLE}, DATE, {"a": 2025068}, DAY, {"a": 20250309}),
    (
        "[d, e]",
        '{datetime: {format: ["%Y-%m-%d", "%H:%M"], missing: [null, "00:00"]}}',
        TWO,
        DATE,
        {"d": "2025-03-09"},
        DAY,
        {"d": "2025-03-09", "e": "00:00"},
    ),
    (
        "[d, e]",
        "{datetime: {zone: America/Bogota, format: [dotnet_date, duration]}}",
        TWO,
        DATE,
        {"d": "/Date(1741392000000)/", "e": "PT23H05M"},
        AT,
        {"d": "/Date(1741392000000)/", "e": "PT23H5M"},
    ),
    (
        "a",
        '{datetime: {parts: {YEAR: "%Y", MONTH: "%m", DAY: "%-d", TIME: "%H:%M"}}}',
        members(YEAR=WHOLE, MONTH=WHOLE, DAY=TEXT, TIME=TEXT),
        DATE,
        {"a": {"YEAR": 2025, "MONTH": 3, "DAY": "9", "TIME": "04:05"}},
        AT,
        {"a": {"YEAR": 2025, "MONTH": 3, "DAY": "9", "TIME": "04:05"}},
    ),
    (
        "a",
        '{date: {parts: {YEAR: "%Y", M: "%-m", D: "%-d"}, missing: {D: 1}}}',
        members(YEAR=WHOLE, M=WHOLE, D=WHOLE),
        DATE,
        {"a": {"YEAR": 2025, "M": 3}},
        DAY.replace(day=1),
        {"a": {"YEAR": 2025, "M": 3, "D": 1}},
    ),
    (
        "a",
        '{date: {partial: true, format: ["%d.%m.%Y", "%m.%Y", "%b %Y", "%Y"]}}',
        {"a": TEXT},
        GRADUAL,
        {"a": "Mar 2025"},
        "2025-03",
        {"a": "03.2025"},
    ),
    (
        "[d, e]",
        "{quantity: {h: 60, min: 1}}",
        {"d": NUMBER, "e": TEXT},
        NUMBER,
        {"d": 90, "e": "min"},
        90,
        {"d": 1.5, "e": "h"},
    ),
    ("[d, e]", "{quantity: {h: 60, min: 1}}", TWO, NUMBER, {"d": "100.0", "e": "min"}, 100, {"d": "100", "e": "min"}),
    ("a", "{quantity: {h: 60, min: 1, places: 2}}", {"a": TEXT}, NUMBER, {"a": "20 min"}, 20, {"a": "20 min"}),
    (
        "[d, e]",
        "{decimal: {parts: [digits, scale]}}",
        {"d": WHOLE, "e": WHOLE},
        NUMBER,
        {"d": -1250, "e": 2},
        -12.5,
        {"d": -125, "e": 1},
    ),
    (
        "a",
        '{decimal: {places: 2, parts: {V: digits, S: sign}, signs: [[false, "+"], [true]]}}',
        members(V=TEXT, S={"type": ["boolean", "string"]}),
        {**NUMBER, "multipleOf": 0.01},
        {"a": {"V": "5", "S": True}},
        -0.05,
        {"a": {"V": "5", "S": True}},
    ),
    ("a", "{html: {lines: p}}", {"a": TEXT}, TEXT, {"a": "a &amp; <b>b</b>"}, "a & b", {"a": "<p>a &amp; b</p>"}),
    ("a", "{text: {cut: true}}", {"a": {**TEXT, "maxLength": 4}}, TEXT, {"a": "abcd"}, "abcd", {"a": "abcd"}),
]


@pytest.mark.parametrize("case", CASES, ids=[case[1] for case in CASES])
def test_a_value_comes_in_and_goes_out_in_its_form(rule: Rule, case: Case) -> None:
    path, codec, outside, inside, came, kept, goes = case
    mapping = rule(path, codec, outside, inside)
    assert inward(mapping, **came) == {"b": kept}
    assert outward(mapping, b=kept) == goes
    assert inward(mapping, **goes) == {"b": kept}
    assert inward(mapping) == outward(mapping) == {}
    tally = check_laws(Judge(mapping, {way: compile_pipeline(mapping, way) for way in Direction}), 60, 0)
    assert [verdict for verdict in tally.verdicts if not verdict.holds] == []
    assert tally.accepted


def test_what_lies_in_none_of_the_forms_rejects_the_record_by_name(rule: Rule) -> None:
    either = rule("a", '{datetime: {format: ["%Y-%m-%d", "%d.%m.%Y"]}}', {"a": TEXT}, DATE)
    wanted = "expected a date as %Y-%m-%d or a date as %d.%m.%Y, found"
    assert reasons(either, Direction.INBOUND, a="2025/03/09") == [f'a: {wanted} "2025/03/09"']
    assert "no possible date as %d.%m.%Y" in reasons(either, Direction.INBOUND, a="31.02.2025")[0]
    split = rule("[d, e]", '{datetime: {format: ["%Y-%m-%d", "%H:%M"], missing: [null, "00:00"]}}', TWO, DATE)
    assert reasons(split, Direction.INBOUND, e="04:05") == ["d: is required beside its other half"]
    units = rule("[d, e]", "{quantity: {h: 60, min: 1}}", TWO, NUMBER)
    assert reasons(units, Direction.INBOUND, d="1", e="H") == ['d: expected the unit "h" or "min", found "H"']


AMBIGUOUS = [
    ('{datetime: {format: ["%d/%m/%Y", "%m/%d/%Y"]}}', "in one of these forms"),
    ("{datetime: {format: [epoch_s, epoch_ms]}}", "in one of these forms"),
    ('{date: {partial: true, format: ["%d%m%y", "%Y%m"]}}', "in one of these forms"),
    ('{datetime: {format: ["%Y-%m-%d", duration]}}', "E101 codec datetime joins 2, here are 1 fields"),
    ('{date: {format: "%Y-%m-%d %H:%M"}}', "says a time of day"),
    ('{datetime: {format: "%Y-%m-%d", missing: ["2025-01-01"]}}', "missing is for a date in several fields"),
    ('{datetime: {format: "%Y", parts: {A: "%Y"}}}', "either a format or parts"),
    ('{date: {parts: {A: "%Y", B: "%m"}}}', "cannot be read back without the day"),
    ('{datetime: {format: ["%Y-%m-%d", {duration: {unit: min}}]}}', "neither a date nor the seconds"),
    ('{datetime: {format: ["%Y-%m-%d", split]}}', "neither a date nor the seconds"),
    ("{quantity: {h: 0}}", "h is a number above 0"),
    ("{quantity: {h: 1, by: 2}}", "either units or by or per"),
    ("{decimal: {parts: [digits, sign], places: 2}}", "signs go with the part sign"),
    ("{decimal: {parts: [digits, points]}}", "is no part of a number"),
    ("{decimal: {parts: [scale, sign]}}", "parts are digits and scale or sign"),
    ('{decimal: {parts: [digits, sign], signs: ["+", "-"]}}', "nothing says where the point is"),
    ("{text: {pad: true}}", "the schema has no maxLength"),
    ("{html: {lines: div}}", "lines is br or p"),
]


@pytest.mark.parametrize(("codec", "reason"), AMBIGUOUS)
def test_forms_that_say_nothing_certain_are_refused(rule: Rule, codec: str, reason: str) -> None:
    (finding,) = rule.found("a", codec, {"a": TEXT}, DATE)
    assert reason in finding


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ('[null, "24"]', 'missing says "24" where %H:%M is read'),
        ("[null, 7]", "missing says 7 where %H:%M is read"),
        ('["00:00"]', "missing has a value for each of 2 fields"),
        ('{e: "00:00"}', "missing has a value for each of 2 fields"),
    ],
)
def test_what_an_absent_part_means_has_its_form(rule: Rule, missing: str, reason: str) -> None:
    (finding,) = rule.found("[d, e]", f'{{datetime: {{format: ["%Y-%m-%d", "%H:%M"], missing: {missing}}}}}', TWO, DATE)
    assert reason in finding


def test_a_number_is_read_where_the_schema_has_a_number_and_text_where_it_has_text() -> None:
    dates = make_codec("date", {"format": "%Y%m%d"})
    of_numbers = dates.fitted(Fields((Said(frozenset({"integer"})),)))
    assert dates.decode("20250309") == of_numbers.decode(20250309) == DAY
    assert (dates.encode(DAY), of_numbers.encode(DAY)) == ("20250309", 20250309)
    for codec, value in ((dates, 20250309), (of_numbers, "20250309"), (of_numbers, True), (of_numbers, 2025.5)):
        with pytest.raises(CodecError, match="expected"):
            codec.decode(value)
    with pytest.raises(CodecError, match='the field is a number, and "%Y-%m" is not written as one'):
        make_codec("date", {"format": ["%Y-%m", "%d"]}).fitted(Fields((Said(frozenset({"integer"})),) * 2))


def test_text_is_as_long_as_the_schema_says_and_nothing_is_cut_where_none_is_longer(rule: Rule) -> None:
    short, long = {**TEXT, "maxLength": 4}, {**TEXT, "maxLength": 40}
    padded = make_codec("text", {"pad": True}).fitted(Fields((Said(frozenset({"string"}), 4),)))
    assert (padded.decode("ab  "), padded.encode("ab")) == ("ab", "ab  ")
    assert rule.found("a", "{text: {cut: true}}", {"a": short}, long) == [
        "W165 t.b comes back without what is longer than 4 characters"
    ]
    assert rule.found("a", "{text: {cut: true}}", {"a": short}, short) == []
    assert rule.found("a", "{text: {cut: true}}", {"a": short}, short, LOSSY) == [
        "W171 this rule says lossy, but nothing is lost by it"
    ]
    assert rule.found("a", "{text: {cut: 4}}", {"a": long}, short) == [
        "W165 c.a comes back without what is longer than 4 characters",
        'W156 "xxxx" of c.a becomes "xxxxx", which t.b refuses: maxLength 4',
    ]


def test_text_is_the_digits_of_a_number_where_the_schema_has_a_number(rule: Rule) -> None:
    plain = make_codec("text", {})
    numbers = plain.fitted(Fields((Said(frozenset({"integer", "null"})),)))
    assert (plain.decode("007"), numbers.decode(-42), numbers.encode("-42")) == ("007", "-42", -42)
    for wrong in ("42", True, 4.0):
        with pytest.raises(CodecError, match="expected a whole number, found"):
            numbers.decode(wrong)
    for wrong in ("007", "-0", "1.0", "", "a", 42, str(2**63), "\u0661"):
        with pytest.raises(CodecError, match="expected"):
            numbers.encode(wrong)
    with pytest.raises(CodecError, match="the field is a number, so it has no form of text"):
        make_codec("text", {"zeros": 4}).fitted(Fields((Said(frozenset({"integer"})),)))
    digits = {**TEXT, "pattern": "^(0|[1-9][0-9]{0,8})$"}
    assert rule.found("a", "text", {"a": WHOLE}, digits) == [
        'W156 -1 of c.a becomes "-1", which t.b refuses: pattern "^(0|[1-9][0-9]{0,8})$"'
    ]
    assert rule.found("a", "text", {"a": {**WHOLE, "minimum": 0, "maximum": 999_999_999}}, digits) == []
    assert rule.found("a", "text", {"a": NUMBER}, TEXT) != []


MARKED = st.text(alphabet=" \t\n\r\f<>&;#a1\x00\x0b\x85\u2028\u00a0/!-pbr\"'", max_size=10)


@given(MARKED, st.sampled_from(["br", "p"]))
def test_text_that_goes_out_as_markup_comes_back_character_by_character(text: str, lines: str) -> None:
    codec = make_codec("html", {"lines": lines})
    assert codec.decode(codec.encode(text)) == text
    assert codec.decode(codec.encode(codec.decode(text))) == codec.decode(text)
    assert codec.lost(Side.OUTSIDE) == "its markup"
    assert not codec.lost(Side.INSIDE)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>The <b>pump</b>  leaks.<br>Oil!</p>", "The pump leaks.\nOil!"),
        ("<div>a</div>\n<div>b<br></div>c", "a\nb\nc"),
        ("<ul><li>a</li>\n<li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<p></p>", ""),
        ("<style>p {}</style>a<!-- b --><script>c</script>", "a"),
        ("&lt;p&gt; &auml;&#228;&#xe4; &nbsp;x", "<p> äää \u00a0x"),
        ("5 < 7 & 7 > 5", "5 < 7 & 7 > 5"),
    ],
)
def test_markup_is_read_as_a_browser_shows_it(markup: str, text: str) -> None:
    assert read_markup(markup) == text


UNITS = {"d": 1440, "h": 60, "min": 1}


@given(st.integers(-(10**9), 10**9), st.sampled_from([None, 0, 2]))
def test_a_quantity_goes_out_in_the_first_unit_that_holds_it(minutes: int, places: int | None) -> None:
    codec = make_codec("quantity", UNITS | ({} if places is None else {"places": places}))
    number, unit = codec.encode(minutes)
    assert codec.decode([number, unit]) == minutes
    assert codec.encode(codec.decode([number, unit])) == [number, unit]
    exact = [name for name, factor in UNITS.items() if minutes * 10 ** (places or 0) % factor == 0]
    assert places is None or unit == exact[0]


@given(st.integers(-(10**14), 10**14), st.integers(0, 10))
def test_a_number_in_parts_comes_back_digit_by_digit(digits: int, scale: int) -> None:
    codec = make_codec("decimal", {"parts": ["digits", "scale"]})
    made = codec.decode([str(digits), str(scale)])
    written = codec.encode(made)
    assert int(written[0]) * 10 ** (scale - int(written[1])) == digits
    assert codec.decode(written) == made
