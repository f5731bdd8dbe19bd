"""Every codec does what it says of itself: its examples, its losses, its words, its line in the documentation."""

from __future__ import annotations

import json
import re
import sys
import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, MappingError, load_mapping, translator
from etl.mapping import codecs as package
from etl.mapping.checks.run import check_mapping
from etl.mapping.codecs import CodecError, codec_kinds, make_codec
from etl.mapping.codecs.codec import Codec, CodecKind, Example, Refusal
from etl.mapping.files import FileFormat
from etl.mapping.schemas.shapes import TYPES, type_of
from etl.mapping.terms import Side
from etl.page.content import page_of
from etl.page.markdown import render
from etl.record import ABSENT
from tests.support.mappings import make
from tests.support.site import ROOT

KINDS = list(codec_kinds().values())
EXAMPLES = [(kind, example) for kind in KINDS for example in kind.examples]
REFUSED = [(kind, refusal) for kind in KINDS for refusal in kind.refused]
LANGUAGE = (ROOT / "docs" / "language.md").read_text()
BERLIN = {"zone": "Europe/Berlin", "format": "%Y-%m-%d %H:%M"}


def named(value: Any) -> str:
    return value.name if isinstance(value, CodecKind) else re.sub(r"\W+", " ", str(getattr(value, "outside", value)))


def usual(kind: CodecKind) -> str:
    """Return a codec as a rule names it, with the options that it has to have."""
    return json.dumps({kind.name: kind.usual}) if kind.usual else kind.name


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table that follows a heading of the language reference, without its header."""
    rows = re.findall(r"^\|(.*)\|$", re.split(r"\n```|\n#", LANGUAGE.partition(f"\n{heading}\n")[2])[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=named)
def test_a_codec_does_what_its_examples_say(kind: CodecKind, example: Example) -> None:
    codec = kind(example.options)
    assert codec.decode(example.outside) == example.inside
    back = example.outside if example.back is ABSENT else example.back
    written = codec.encode(example.inside)
    assert (type(written), written) == (type(back), back)
    assert codec.encode(codec.decode(written)) == written, "once is enough"


@pytest.mark.parametrize(("kind", "refusal"), REFUSED, ids=named)
def test_a_codec_refuses_what_it_says_it_refuses(kind: CodecKind, refusal: Refusal) -> None:
    codec = kind(refusal.options)
    with pytest.raises(CodecError) as caught:
        (codec.decode if refusal.side is Side.INSIDE else codec.encode)(refusal.value)
    assert refusal.of in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=named)
def test_a_codec_reads_writes_and_makes_the_types_that_it_names(kind: CodecKind, example: Example) -> None:
    codec = kind(example.options)
    written = codec.encode(example.inside)
    outside, back = ([x] if codec.parts == 1 else x for x in (example.outside, written))
    made = "number" if codec.makes == "number" and type_of(example.inside) == "integer" else type_of(example.inside)
    assert len(outside) == len(back) == codec.parts
    assert {type_of(value) for value in outside} <= codec.reads
    assert {type_of(value) for value in back} <= codec.writes <= codec.reads
    assert codec.makes_date is isinstance(example.inside, datetime)
    assert codec.makes_date or codec.makes == made
    assert codec.makes != "array" or {type_of(item) for item in example.inside} <= {codec.items}
    assert codec.makes_date or codec.makes in TYPES


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=named)
def test_what_does_not_come_back_is_named(kind: CodecKind, example: Example) -> None:
    codec = kind(example.options)
    if example.back not in (ABSENT, example.outside):
        assert codec.lost(Side.OUTSIDE), "an example that comes back as another value"
    if codec.decode(codec.encode(example.inside)) != example.inside:
        assert codec.lost(Side.INSIDE), "an example that is written as another value"
    if codec.one_to_one:
        assert not codec.losses
        assert not codec.makes_date


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=named)
def test_a_codec_that_loses_a_form_names_another_text_of_what_it_writes(kind: CodecKind, example: Example) -> None:
    codec = kind(example.options)
    written = codec.encode(example.inside)
    if codec.parts == 1 and codec.lost(Side.OUTSIDE):
        others = [one for one in codec.alike(written) if one != written and _back(codec, one) == written]
        assert others, f"nothing else is read and written as {written!r}"


def _back(codec: Codec, outside: Any) -> Any:
    try:
        return codec.encode(codec.decode(outside))
    except CodecError:
        return ABSENT


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_codec_has_examples_and_refusals_for_either_way(kind: CodecKind) -> None:
    assert kind.examples
    assert {refusal.side for refusal in kind.refused} == set(Side)
    assert re.fullmatch(r".+\{outside\}.+\{inside\}", kind.words)


def test_the_table_of_codecs_in_the_documentation_is_what_the_codecs_say() -> None:
    said = {name.strip("`"): rest for name, *rest in table("## Codecs")}
    assert said == {
        kind.name: [kind.outside, kind.inside, ", ".join(f"`{option}`" for option in kind.options)] for kind in KINDS
    }
    for kind in KINDS:
        assert re.search(rf"as: {{?{kind.name}\b", LANGUAGE), f"{kind.name} has an example"


def test_the_options_in_the_documentation_are_those_that_the_codecs_have() -> None:
    for kind in KINDS:
        said = {name.strip("`"): meaning for name, meaning in table(f"### {kind.name} and its options")}
        assert list(said) == list(kind.options), kind.name
        for option, meaning in kind.options.items():
            assert said[option].startswith(meaning), (kind.name, option)


def test_an_unknown_codec_or_option_is_refused_with_those_that_exist() -> None:
    with pytest.raises(CodecError, match=r'there is no codec "datum"; the codecs are boolean, .*integer_text'):
        make_codec("datum", {})
    with pytest.raises(CodecError, match='codec dotnet_date has no option "zone"; it has none'):
        make_codec("dotnet_date", {"zone": "UTC"})
    with pytest.raises(
        CodecError, match='codec datetime has no option "zon"; its options are zone, format, gap, fold, parts'
    ):
        make_codec("datetime", {"zon": "UTC"})


UPPER = """
from etl.mapping.codecs.codec import Codec, CodecKind, Example, Loss, Refusal, text_of
from etl.mapping.terms import Side

KINDS = (
    CodecKind(
        name="shouted",
        make=lambda: Codec(
            lambda value: text_of(value).lower(),
            lambda value: text_of(value).upper(),
            makes="string",
            losses=(Loss(Side.OUTSIDE, "its small letters"),),
        ),
        outside="text in capital letters",
        inside="text in small letters",
        words="text: loud in {outside}, quiet in {inside}",
        examples=(Example("PUMP", "pump"),),
        refused=(),
    ),
)
"""


@pytest.fixture
def one_more_codec(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "shouted.py").write_text(UPPER)
    package.__path__.append(str(tmp_path))
    codec_kinds.cache_clear()
    yield
    package.__path__.remove(str(tmp_path))
    codec_kinds.cache_clear()
    sys.modules.pop(f"{package.__name__}.shouted")


@pytest.mark.usefixtures("one_more_codec")
def test_a_codec_is_one_file(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {client: a, tracos: b, as: shouted}")
    assert translator(mapping, Direction.INBOUND)({"id": 1, "a": "PUMP"}) == {"number": 1, "b": "pump"}
    (finding,) = (found for found in check_mapping(mapping) if found.code == "W165")
    assert finding.message == "client.a comes back without its small letters"
    assert "text: loud in client, quiet in tracos, by `shouted`" in render(page_of(mapping))


def lost(side: Side, form: Any = None, **options: Any) -> str:
    return make_codec("datetime", {"format": form, **options}).lost(side)


@pytest.mark.parametrize(
    ("form", "outside", "inside"),
    [
        (None, "the offset, and what is finer than a millisecond", ""),
        ("%d.%m.%Y", "", "the time of day"),
        ("%d.%m.%y", "", "the time of day"),
        ("%Y-%m-%d %H", "", "minutes and seconds"),
        ("%Y-%m-%d %H:%M", "", "seconds"),
        ("%Y-%m-%d %I:%M %p", "capital and small letters as they were", "seconds"),
        ("%d %b %Y %H:%M:%S", "capital and small letters as they were", "what is finer than a second"),
        ("%Y-%m-%d %H:%M:%S", "", "what is finer than a second"),
        ("%Y-%m-%dT%H:%M:%S%z", "the offset", "what is finer than a second"),
        ("%Y-%m-%dT%H:%M:%S.%L", "", ""),
        ("%Y-%m-%dT%H:%M:%S.%L%:z", "the offset", ""),
        ("%Y-%m-%dT%H:%M:%S.%f", "the length of its fraction, and what is finer than a millisecond", ""),
        (["%Y-%m-%d", "%H:%M"], "", "seconds"),
        (["%Y%m%d", "%H%M%S"], "", "what is finer than a second"),
    ],
    ids=str,
)
def test_a_format_names_exactly_what_it_loses(form: Any, outside: str, inside: str) -> None:
    assert lost(Side.OUTSIDE, form) == outside
    assert lost(Side.INSIDE, form) == inside


@pytest.mark.parametrize(
    ("form", "reason", "fix"),
    [
        ("%Y-%m-%d %I:%M", "without the half of the day", "add %p"),
        ("%Y-%m-%d %p", "without the hour of twelve", "add %I"),
        ("%H:%M", "without the year, month and day", "add %Y, %m and %d"),
        ("%m/%d", "without the year", "add %Y"),
        ("%Y-%m", "without the day", "add %d"),
        ("%j", "without the year", "add %Y"),
        ("%G-W%V", "without the weekday", "add %u"),
        ("%Y-%m-%d %M", "without the hour", "add %H"),
        ("%Y-%m-%d %H %S", "without the minute", "add %M"),
        ("%Y-%m-%d .%f", "without the hour, minute and second", "add %H, %M and %S"),
        ("", "without the year, month and day", "add %Y, %m and %d"),
        ("%c", "another form on every machine", "write out what it stands for"),
        ("%x %H:%M", "another form on every machine", "write out what it stands for"),
        ("%Y-%m-%d %H:%M %Z", "does not say an offset", "name the zone with zone:, or read an offset with %z"),
        ("%Y-%U-%w", "%U in format", "those are %Y"),
        ("%Y-%m-%d %", "% in format", "those are %Y"),
        ("%Y-%m-%d %H:%M:%S %z %z", "says the offset twice", "say it once"),
        ("%-d%m%Y", "which nobody could part", "put other text between them"),
        ("%Y-%m-%d %H:%M:%S.%f0", "which nobody could part", "put other text between them"),
    ],
)
def test_a_format_that_cannot_come_back_is_refused_with_what_is_missing(form: str, reason: str, fix: str) -> None:
    with pytest.raises(CodecError) as caught:
        make_codec("datetime", {"format": form})
    assert reason in str(caught.value)
    assert caught.value.fix.startswith(fix)


FORMATS: list[Any] = [
    *("%d/%m/%Y", "%-d.%-m.%y %H:%M", "%A, %B %-d, %Y %I:%M:%S %p", "%a %d %b %Y %-I%p", "%Y-%j", "%G-W%V-%u %H"),
    *("%Y%m%d%H%M%S%f%z", "%Y-%m-%dT%H:%M:%S.%L%:z", "100%% %Y %m %d", ["%Y-%m-%d", "%H:%M"], "%Y-%m-%d %H %I %p"),
    *("%H:%M:%S %p on %A the %d of %B %Y", "%d%d%m%Y"),
]
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Etc/GMT+12"]
)


def truncated(instant: datetime, inside: str) -> datetime:
    """Return what an instant comes back as, by the loss that its codec names."""
    zeros = {
        "the time of day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
        "minutes and seconds": {"minute": 0, "second": 0, "microsecond": 0},
        "seconds": {"second": 0, "microsecond": 0},
        "what is finer than a second": {"microsecond": 0},
    }
    return instant.replace(**zeros.get(inside, {}))  # type: ignore[arg-type]  # a date's numbers


@given(st.sampled_from(FORMATS), INSTANTS)
def test_what_goes_out_in_a_format_comes_back_but_for_what_it_loses(form: Any, instant: datetime) -> None:
    codec = make_codec("datetime", {"format": form})
    try:
        written = codec.encode(instant)
    except CodecError as error:
        assert "%y" in form
        assert "1969 to 2068" in str(error)
        return
    assert codec.decode(written) == truncated(instant, codec.lost(Side.INSIDE))


@given(ZONES, st.sampled_from(["%Y-%m-%d %H:%M:%S.%L", "%Y-%m-%d"]), INSTANTS)
def test_a_local_time_that_goes_out_comes_back_as_the_same_instant(zone: str, form: str, instant: datetime) -> None:
    codec = make_codec("datetime", {"zone": zone, "format": form})
    try:
        back = codec.decode(codec.encode(instant))
    except CodecError as error:
        assert re.search("comes twice in|does not exist in|outside the years", str(error))
        return
    local, again = (at.astimezone(zoneinfo.ZoneInfo(zone)) for at in (instant, back))
    if form == "%Y-%m-%d":
        assert again.date() == local.date()
    else:
        assert back == instant


def test_names_are_english_whatever_the_case() -> None:
    codec = make_codec("datetime", {"format": "%d %b %Y, %A %I:%M %p"})
    instant = datetime(2024, 3, 9, 15, 12, tzinfo=UTC)
    assert codec.encode(instant) == "09 Mar 2024, Saturday 03:12 PM"
    assert codec.decode("09 mar 2024, SATURDAY 03:12 pm") == instant
    for word in ("09 M\u00e4r 2024, Samstag 03:12 PM", "09 \u017fep 2024, Saturday 03:12 PM"):
        with pytest.raises(CodecError, match="expected a date as"):
            codec.decode(word)


def test_a_number_has_all_its_digits_or_none_to_spare() -> None:
    padded, bare = (make_codec("datetime", {"format": form}) for form in ("%d/%m/%Y", "%-d/%-m/%Y"))
    assert padded.encode(bare.decode("9/3/2024")) == "09/03/2024"
    assert bare.encode(padded.decode("09/03/2024")) == "9/3/2024"
    for codec, text in ((padded, "9/3/2024"), (bare, "09/03/2024"), (bare, "9/3/24"), (padded, "\u0660\u0669/03/2024")):
        with pytest.raises(CodecError, match="expected a date as"):
            codec.decode(text)


def test_years_of_fewer_than_four_digits_are_written_with_four() -> None:
    codec = make_codec("datetime", {"format": "%Y-%m-%d"})
    assert codec.encode(datetime(987, 6, 5, tzinfo=UTC)) == "0987-06-05"
    assert codec.decode("0987-06-05") == datetime(987, 6, 5, tzinfo=UTC)


SKIPPED = [
    ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:30", "2026-03-29 03:30"),
    ("America/New_York", "2026-03-08 02:00", "2026-03-08 01:00", "2026-03-08 03:00"),
    ("America/Sao_Paulo", "2018-11-04 00:15", "2018-11-03 23:15", "2018-11-04 01:15"),
    ("Australia/Lord_Howe", "2025-10-05 02:10", "2025-10-05 01:40", "2025-10-05 02:40"),
    ("Pacific/Apia", "2011-12-30 12:00", "2011-12-29 12:00", "2011-12-31 12:00"),
]
TWICE = [
    ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
    ("America/New_York", "2026-11-01 01:59", "2026-11-01T05:59Z", "2026-11-01T06:59Z"),
    ("America/Sao_Paulo", "2018-02-17 23:30", "2018-02-18T01:30Z", "2018-02-18T02:30Z"),
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
]


def in_zone(zone: str, **options: Any) -> Any:
    return make_codec("datetime", {"zone": zone, "format": "%Y-%m-%d %H:%M", **options})


@pytest.mark.parametrize(("zone", "text", "before", "after"), SKIPPED)
def test_a_local_time_that_does_not_exist_is_refused_unless_the_mapping_says_what_it_means(
    zone: str, text: str, before: str, after: str
) -> None:
    for codec in (in_zone(zone), in_zone(zone, fold="first"), make_codec("datetime", {"zone": zone})):
        with pytest.raises(CodecError, match=f"{text}:00 does not exist in {zone}; say gap: before or gap: after"):
            codec.decode(text if "format" in codec.options else text.replace(" ", "T"))
    for gap, meant in (("before", before), ("after", after)):
        codec = in_zone(zone, gap=gap)
        instant = codec.decode(text)
        assert codec.encode(instant) == meant
        assert codec.decode(meant) == instant
        assert make_codec("datetime", {"zone": zone, "gap": gap}).decode(text) == instant
        assert codec.lost(Side.OUTSIDE) == "a local time that does not exist"


@pytest.mark.parametrize(("zone", "text", "first", "second"), TWICE)
def test_a_local_time_that_comes_twice_is_refused_both_ways_unless_the_mapping_says_which_it_is(
    zone: str, text: str, first: str, second: str
) -> None:
    instants = {"first": datetime.fromisoformat(first), "second": datetime.fromisoformat(second)}
    for codec in (in_zone(zone), in_zone(zone, gap="after")):
        with pytest.raises(CodecError, match=f"{text}:00 comes twice in {zone}; say fold: first or fold: second"):
            codec.decode(text)
        for instant in instants.values():
            with pytest.raises(CodecError, match=f"{text}:00 comes twice in {zone}"):
                codec.encode(instant)
    for fold, meant in instants.items():
        codec = in_zone(zone, fold=fold)
        assert codec.decode(text) == meant
        assert {codec.encode(instant) for instant in instants.values()} == {text}
        assert codec.lost(Side.INSIDE) == "seconds, and which one it was of two instants with one local time"
        assert make_codec("datetime", {"zone": zone, "fold": fold}).decode(text) == meant
        assert not make_codec("datetime", {"zone": zone, "fold": fold}).lost(Side.INSIDE), "it goes out with an offset"


def test_text_with_an_offset_is_never_in_doubt() -> None:
    codec = make_codec("datetime", {"zone": "Europe/Berlin", "format": "%Y-%m-%d %H:%M %z"})
    for text in ("2026-10-25 02:30 +0200", "2026-10-25 02:30 +0100"):
        assert codec.encode(codec.decode(text)) == text
    assert make_codec("datetime", {"zone": "Europe/Berlin"}).decode("2026-10-25T02:30:00+01:00").hour == 1


def test_a_day_whose_midnight_is_skipped_or_comes_twice_is_judged_by_what_its_text_says() -> None:
    days = {"zone": "America/Sao_Paulo", "format": "%d/%m/%Y"}
    one_o_clock, evening = (datetime.fromisoformat(t) for t in ("2018-11-04T03:00Z", "2018-11-05T01:00Z"))
    for instant in (one_o_clock, evening):
        with pytest.raises(CodecError, match="2018-11-04 00:00:00 does not exist in America/Sao_Paulo"):
            make_codec("datetime", days).encode(instant)
        assert make_codec("datetime", days | {"gap": "after"}).encode(instant) == "04/11/2018"
        with pytest.raises(CodecError, match='"04/11/2018" would come back as "03/11/2018"; say gap: after'):
            make_codec("datetime", days | {"gap": "before"}).encode(instant)
    assert make_codec("datetime", days).encode(datetime.fromisoformat("2018-02-18T02:30Z")) == "17/02/2018"
    havana = {"zone": "America/Havana", "format": "%Y-%m-%d"}
    with pytest.raises(CodecError, match="2024-11-03 00:00:00 comes twice"):
        make_codec("datetime", havana).encode(datetime.fromisoformat("2024-11-03T20:00Z"))
    assert make_codec("datetime", havana | {"fold": "first"}).decode("2024-11-03").hour == 4


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"zone": "Europe/Berlin", "gap": "later"}, 'gap is before or after, not "later"'),
        ({"zone": "Europe/Berlin", "fold": 1}, "fold is first or second, not 1"),
        ({"gap": "after"}, "gap goes with a zone whose clocks change"),
        ({"zone": "UTC", "fold": "first"}, "fold goes with a zone whose clocks change"),
        ({"zone": "Europe/Berlin", "format": "%Y-%m-%d %H:%M %z", "fold": "first"}, "text without an offset"),
        *(
            ({"zone": zone}, "is not one zone on every machine")
            for zone in (
                "localtime",
                "LocalTime",
                "posixrules",
                "Factory",
                "right/Asia/Tokyo",
                "posix/Asia/Tokyo",
            )
        ),
        *(
            ({"zone": zone}, "there is no time zone")
            for zone in ("", ".", "Europe", "../UTC", "zone.tab", "tzdata.zi", "/etc/localtime", "Mars/Base", "\0")
        ),
        ({"zone": None}, "zone is text, not null"),
    ],
    ids=str,
)
def test_options_that_mean_nothing_or_another_thing_elsewhere_are_refused(options: Any, reason: str) -> None:
    with pytest.raises(CodecError, match=re.escape(reason)):
        make_codec("datetime", options)


def test_every_zone_of_the_time_zone_database_is_taken_and_what_lies_beside_them_is_not() -> None:
    beside = {"localtime", "Factory"} & zoneinfo.available_timezones()
    zones = zoneinfo.available_timezones() - beside
    assert len(zones) > 400
    for zone in zones:
        assert make_codec("datetime", {"zone": zone}).decode("2025-01-02T03:04:05+00:00").year == 2025
    for zone in beside:
        with pytest.raises(CodecError, match="is not one zone on every machine"):
            make_codec("datetime", {"zone": zone})


@given(st.decimals(-62_135_596_800, 253_402_300_799, places=4))
def test_seconds_with_a_fraction_are_cut_to_milliseconds_as_they_are_written(number: Decimal) -> None:
    value = float(number)
    exact = Decimal(repr(value))
    instant = make_codec("epoch_s", {}).decode(value)
    cut = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert Decimal(cut) <= exact * 1000 < Decimal(cut) + 1
    assert make_codec("epoch_ms", {}).decode(cut) == instant
    assert make_codec("epoch_s", {}).encode(instant) == cut // 1000


@given(INSTANTS)
def test_a_fraction_is_cut_alike_in_every_notation(instant: datetime) -> None:
    finer = (instant + timedelta(microseconds=999)).replace(tzinfo=None)
    texts = {None: f"{finer.isoformat(timespec='microseconds')}Z", "%Y-%m-%d %H:%M:%S.%f": f"{finer}"}
    for form, text in texts.items():
        assert make_codec("datetime", {"format": form}).decode(text if "." in text else f"{text}.000999") == instant
    milliseconds = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert make_codec("dotnet_date", {}).decode(f"/Date({milliseconds})/") == instant


def test_what_a_number_loses_depends_on_whether_it_may_have_a_fraction() -> None:
    whole, any_number = frozenset({"integer"}), frozenset({"number"})
    assert make_codec("epoch_ms", {}).lost(Side.OUTSIDE, whole) == ""
    assert make_codec("epoch_ms", {}).lost(Side.OUTSIDE, any_number) == "its fraction"
    assert make_codec("epoch_s", {}).lost(Side.OUTSIDE, whole) == ""
    assert make_codec("epoch_s", {}).lost(Side.INSIDE, whole) == "what is finer than a second"


def findings(folder: Path, rules: str, *, csv: bool = False) -> list[str]:
    """Return what check says of rules between schemas that allow everything, but for W167, which goes with `from`."""
    mapping = make(folder, rules)
    if csv:
        mapping = replace(mapping, files=replace(mapping.files, inbound_format=FileFormat.CSV))
    return [f"{found.code} {found.message}" for found in check_mapping(mapping) if found.code != "W167"]


@pytest.mark.parametrize("codec", [kind.name for kind in KINDS])
def test_every_value_of_a_csv_file_is_text_so_a_codec_reads_it_or_is_refused(tmp_path: Path, codec: str) -> None:
    kind = codec_kinds()[codec]
    reads, word = kind(kind.usual).reads, usual(kind)
    rules = f"  - {{client: a, tracos: b, as: {word}, lossy: yes it is}}\n  - {{tracos: c, from: d, as: {word}}}"
    found = [text for text in findings(tmp_path, rules, csv=True) if text.startswith("E145 codec")]
    refused = f"E145 codec {codec} does not read text, as every value of a CSV file is, so not client"
    assert found == ([] if "string" in reads else [f"{refused}.a", f"{refused}.d"])
    assert not any(text.startswith("E145 codec") for text in findings(tmp_path, rules)), "of JSON nothing is said"


def test_the_date_by_which_the_newest_wins_is_read_of_a_csv_file_too(tmp_path: Path) -> None:
    newest = "conflicts: {wins: newest, newest: {client: changed, tracos: at, as: epoch_ms}}\n"
    rules = "  - {client: a, tracos: b}"
    file = make(tmp_path, rules).file
    file.write_text(
        file.read_text()
        .replace("rules:", f"{newest}rules:")
        .replace("*.json", "*.csv")
        .replace('{id}.json"', '{run}_{part}.csv", format: csv')
    )
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert any("codec epoch_ms does not read text" in found.message for found in caught.value.findings)


@pytest.mark.parametrize(
    ("codec", "outside", "inside", "reason"),
    [
        ("epoch_s", ["integer", "string"], ["string"], "client.a may be string, which codec epoch_s does not read"),
        ("epoch_s", ["string"], ["string"], "codec epoch_s reads integer or number and writes integer, which client.a"),
        ("epoch_ms", ["number", "null"], ["string", "null"], ""),
        ("integer_text", ["string"], ["integer"], ""),
        ("integer_text", ["string"], ["number"], "tracos.b may be number, which codec integer_text does not write"),
        ("integer_text", ["string"], ["integer", "string"], "tracos.b may be string, which codec integer_text does"),
        ("integer_text", ["string", "integer"], ["integer"], "client.a may be integer, which codec integer_text does"),
        ("boolean_text", ["string"], ["integer"], "codec boolean_text makes boolean, which tracos.b is not"),
        ("date", ["string"], ["string", "integer"], "tracos.b may be integer, which codec date does not write"),
    ],
)
def test_both_fields_have_just_the_types_that_a_codec_takes_and_makes(
    tmp_path: Path, codec: str, outside: list[str], inside: list[str], reason: str
) -> None:
    mapping = make(tmp_path, f"  - {{client: a, tracos: b, as: {codec}, lossy: it may}}")
    is_date = make_codec(codec, {}).makes_date
    mapping.outside.schema["properties"]["a"] = {"type": outside}
    mapping.inside.schema["properties"]["b"] = {"type": inside} | ({"format": "date-time"} if is_date else {})
    found = [finding.message for finding in check_mapping(mapping) if finding.code == "E151"]
    assert [text.startswith(reason) for text in found] == ([True] if reason else [])


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_only_a_codec_that_is_one_to_one_is_fit_for_a_key(tmp_path: Path, kind: CodecKind) -> None:
    file = make(tmp_path, "").file
    file.write_text(file.read_text().replace("key: true", f"key: true, as: {usual(kind)}"))
    with pytest.raises(MappingError) as caught:
        load_mapping(file)  # the types of the key do not fit either
    refused = f"codec {kind.name} makes one key of several outside values"
    assert (refused in [found.message for found in caught.value.findings]) is not kind(kind.usual).one_to_one


def test_nobody_has_to_say_lossy_where_nothing_is_lost(tmp_path: Path) -> None:
    rules = '  - {client: a, tracos: b, as: {datetime: {format: "%Y-%m-%dT%H:%M:%S.%L"}}}\n'
    rules += "  - {client: c, tracos: d, as: epoch_ms}\n  - {client: e, tracos: f, as: integer_text}"
    mapping = make(tmp_path, rules)
    mapping.outside.schema["properties"]["c"] = {"type": "integer"}
    assert [finding for finding in check_mapping(mapping) if finding.code == "W165"] == []
    mapping.outside.schema["properties"]["c"] = {"type": "number"}
    (finding,) = (finding for finding in check_mapping(mapping) if finding.code == "W165")
    assert finding.message == "client.c comes back without its fraction"
    assert "client.c comes back without its fraction" in render(page_of(mapping))
