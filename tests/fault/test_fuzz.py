"""Whatever comes from outside is accepted or refused with a reason: no traceback, no hang, no secret, no forged line.

Hypothesis tries the targets of the coverage-guided fuzzer (`python -m tests.fault.fuzz`) on damaged seeds, on edited
trees and on values of every kind.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fault.fuzz import figures_of
from tests.fault.fuzz_bases import CODEC_OPTIONS, bson_document
from tests.fault.fuzz_seeds import SEEDS, words
from tests.fault.fuzz_targets import TARGETS

SLOW = ("yaml", "fmt", "mapping", "schema")
RECIPES = ("mapping", "schema")
USUAL = settings().max_examples


def trees(scalars: st.SearchStrategy[Any], names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda children: st.lists(children, max_size=3) | st.dictionaries(names, children, max_size=3),
        max_leaves=5,
    )


int64 = st.integers(-(2**63), 2**63 - 1)
scalars = st.none() | st.booleans() | int64 | st.floats() | st.text(max_size=20)
json_values = trees(scalars | st.integers(2**63, 2**64 - 1), st.text(max_size=5))
bson_values = trees(
    st.one_of(
        scalars,
        st.datetimes(timezones=st.just(UTC)),
        int64.map(bson.DatetimeMS),
        st.binary(max_size=8).map(bson.Binary),
        int64.map(str).map(bson.Decimal128),
        st.sampled_from(
            [bson.ObjectId(b"0" * 12), bson.MinKey(), bson.Regex("a"), bson.Code("x"), bson.Timestamp(1, 1)]
        ),
        st.sampled_from(["NaN", "Infinity", "1E+6000", "-0E-6176"]).map(bson.Decimal128),
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """Draw a seed of a target, in which up to three pieces are cut out or put in."""
    raw = draw(st.sampled_from(sorted(SEEDS[name]())))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(raw)))
        piece = draw(st.binary(max_size=4) | st.sampled_from(words()) | st.sampled_from([raw[start : start + 30]]))
        raw = raw[:start] + piece + raw[start + draw(st.integers(0, 8)) :]
    return raw


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in TARGETS]
)
def test_every_seed_is_accepted_or_refused_with_a_reason(name: str) -> None:
    seeds = list(SEEDS[name]())
    assert seeds
    for seed in seeds:
        TARGETS[name](seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TARGETS if name not in SLOW])
@given(data=st.data())
def test_damaged_input_is_accepted_or_refused_with_a_reason(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(damaged(name) | st.binary(max_size=60)))


@pytest.mark.parametrize("name", ["yaml", "fmt"])
@settings(max_examples=USUAL // 5)
@given(data=st.data())
def test_a_damaged_mapping_file_is_accepted_or_refused_with_a_reason(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(damaged(name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
@settings(max_examples=USUAL // 2)
@given(recipe=st.binary(min_size=1, max_size=41))
def test_an_edited_mapping_or_schema_is_accepted_or_refused_with_a_reason(name: str, recipe: bytes) -> None:
    TARGETS[name](recipe)


@settings(max_examples=USUAL // 2)
@given(
    fields=st.dictionaries(st.sampled_from(words()).map(bytes.decode) | st.text(max_size=5), json_values, max_size=6)
)
def test_any_values_make_a_client_record_that_is_accepted_or_refused_with_a_reason(fields: dict[str, Any]) -> None:
    good = {"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02"}
    TARGETS["record"](orjson.dumps(good | fields))


@settings(max_examples=USUAL // 2)
@given(fields=st.dictionaries(st.sampled_from(words()).map(bytes.decode), bson_values, max_size=6))
def test_any_values_make_a_work_order_that_is_accepted_or_refused_with_a_reason(fields: dict[str, Any]) -> None:
    good = {"number": 7, "title": "Pump", "status": "pending", "createdAt": datetime(2025, 1, 2, tzinfo=UTC)}
    TARGETS["document"](bson.encode(good | fields)[4:-1])


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(CODEC_OPTIONS)), ids=[f"{name} {made}" for name, made in CODEC_OPTIONS])
@settings(max_examples=USUAL // 2)
@given(value=bson_values)
def test_a_codec_takes_or_refuses_any_value(index: int, value: Any) -> None:
    element = bson.encode({"v": value})[4:-1]
    TARGETS["codec"](bytes([index, 2 * element[0] + 1 & 255]) + element[3:])


def test_a_bson_value_is_what_a_run_would_read() -> None:
    assert bson_document(bson.encode({"a": datetime(2025, 1, 2, tzinfo=UTC)})[4:-1]) == {
        "a": datetime(2025, 1, 2, tzinfo=UTC)
    }
    assert bson_document(b"\x09no date\0") is None


SAID = """INFO: seed corpus: files: 3
#4\tINITED cov: 131 ft: 175 corp: 3/57b exec/s: 0 rss: 80Mb
#9071\tNEW    cov: 140 ft: 208 corp: 4/90b lim: 33 exec/s: 9000 rss: 81Mb L: 33/33 MS: 1 CopyPart-
stat::number_of_executed_units: 9100
"""


def test_the_figures_of_a_fuzzer_are_read_from_what_it_says(tmp_path: Path) -> None:
    figures = figures_of(subprocess.CompletedProcess([], 0, SAID), [])
    assert (figures.inputs, figures.edges, figures.features, figures.corpus) == (9100, 140, 208, 4)
    assert figures.found == ()

    (tmp_path / "crash-1").write_bytes(b"{")
    (found,) = figures_of(subprocess.CompletedProcess([], 77, SAID), [tmp_path / "crash-1"]).found
    assert (found.kind, found.input_base64) == ("crash", "ew==")
    assert "9100" in found.said


@pytest.mark.parametrize("code", [0, 1])
def test_a_fuzzer_that_did_not_fuzz_is_no_success(code: int) -> None:
    with pytest.raises(RuntimeError, match="No module named atheris"):
        figures_of(subprocess.CompletedProcess([], code, "No module named atheris"), [])
