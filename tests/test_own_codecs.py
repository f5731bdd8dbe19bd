"""Codecs of other packages: declared by an entry point, held to what they say of themselves, blamed by their name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etl import Direction, MappingError
from etl.mapping.codecs import packages
from tests.support.mappings import inward, make, outward, reasons
from tests.support.site import ROOT
from tests.support.tried import Tried

SHIFT = re.search(
    r"^# acme_codecs.py\n(.*?)\n\n# the mapping", (ROOT / "docs/language.md").read_text(), re.DOTALL | re.MULTILINE
)
assert SHIFT is not None
CODE = SHIFT[1]
RULE = '  - {client: a, tracos: b, as: "acme-codecs:shift"}'
PAIR = """
from etl.codecs import Codec, CodecKind, Example, Form
SHIFT = CodecKind(
    name="shift", make=lambda: Codec(lambda v: v[0] * v[1], lambda v: [v, 1], makes="integer",
        reads=frozenset({"integer"}), writes=frozenset({"integer"}), parts=2),
    outside="two numbers", inside="their product", words="two numbers in {outside}, one in {inside}",
    examples=(Example([7, 1], 7),), refused=(),
)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the module of an installed package that declares one codec."""
    site = tmp_path / "site"
    info = site / "acme_codecs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_codecs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[etl.codecs]\nshift = acme_codecs:SHIFT\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(__import__("sys").modules, "acme_codecs", raising=False)
    packages._kind.cache_clear()
    module = site / "acme_codecs.py"
    module.write_text(CODE)
    return module


def refused(folder: Path, rule: str = RULE) -> str:
    with pytest.raises(MappingError) as caught:
        make(folder, rule)
    (finding,) = caught.value.findings
    assert finding.code == "E114"
    return f"{finding.message}; {finding.fix}"


@pytest.mark.usefixtures("installed")
def test_a_codec_of_a_package_is_one_like_any_other(tmp_path: Path) -> None:
    mapping = make(tmp_path, RULE)
    assert inward(mapping, a="late") == {"b": 1}
    assert outward(mapping, b=0) == {"a": "early"}
    assert reasons(mapping, Direction.INBOUND, a="night") == ["a: expected early or late, found 'night'"]
    lists = make(tmp_path, '  - {client: a, tracos: b, as: [{split: ","}, "acme_codecs:shift"]}')
    assert inward(lists, a="late,early") == {"b": [1, 0]}
    tried = Tried(tmp_path)
    tried.outside, tried.inside = {"a": {"enum": ["early", "late"]}}, {"b": {"type": "integer"}}
    assert tried('{c: a, t: b, as: "acme-codecs:shift"}') == ["W156 7 of t.b is not written: expected 0 or 1, found 7"]


def test_a_codec_of_a_package_may_join_several_fields(installed: Path, tmp_path: Path) -> None:
    installed.write_text(PAIR)
    mapping = make(tmp_path, '  - {client: [a, c], tracos: b, as: "acme-codecs:shift"}')
    assert inward(mapping, a=3, c=4) == {"b": 12}
    assert outward(mapping, b=5) == {"a": 5, "c": 1}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "from etl",
            "raise OSError(2)\nfrom etl",
            "shift fails with OSError: 2; that is a fault of the",
        ),
        ("SHIFT = ", "SHIFT = 7\nOTHER = ", "is no CodecKind of etl.codecs"),
        ('Example("late", 1)', 'Example("late", 2)', 'reads "late" as 1, and says 2'),
        ('examples=(Example("early", 0), Example("late", 1)),', "examples=(),", "has no example"),
        ('Refusal("night"', 'Refusal("late"', 'takes "late", which it says that it refuses'),
        (".index(value)", ".index(value) / 1", "makes 0.0, which is no integer as it says"),
        ("def word_of(value):", "def word_of(value):\n    1 / 0", "fails with ZeroDivisionError: division by zero"),
        ("lambda: Codec(number_of", "lambda: Codec(no_such", "fails with NameError"),
    ],
)
def test_a_codec_that_is_not_what_it_says_is_told_as_the_fault_of_its_package(
    installed: Path, tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in CODE
    installed.write_text(CODE.replace(old, new))
    assert reason in refused(tmp_path)


def test_what_a_codec_fails_on_later_rejects_the_record_and_names_it(installed: Path, tmp_path: Path) -> None:
    installed.write_text(CODE.replace("def number_of(value):", "def number_of(value):\n    value.strip()"))
    assert reasons(make(tmp_path, RULE), Direction.INBOUND, a=7) == [
        "a: codec acme-codecs:shift fails with AttributeError: 'int' object has no attribute 'strip'"
    ]


@pytest.mark.usefixtures("installed")
def test_a_codec_that_nobody_has_is_told_with_those_that_are_installed(tmp_path: Path) -> None:
    said = refused(tmp_path, RULE.replace("acme-codecs:shift", "acme-codecs:shifts"))
    assert 'no package has a codec "acme-codecs:shifts"; installed are ' in said
    assert "acme-codecs:shift" in said
    assert 'codec acme-codecs:shift has no option "zone"; it has none' in refused(
        tmp_path, '  - {client: a, tracos: b, as: {"acme-codecs:shift": {zone: UTC}}}'
    )
