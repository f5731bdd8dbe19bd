"""Keys of several fields, and keys of elements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl import Direction, RecordError, translator
from etl.app import verify
from etl.transfer.model import Outcome
from tests.support.mappings import make
from tests.support.plans import LOG
from tests.support.proofs import DATE, NUMBER, TEXT, WHOLE, found, lists, of
from tests.support.site import Site


def test_a_key_of_two_fields_is_verified_where_a_batch_has_no_document_left(site: Site, tmp_path: Path) -> None:
    key = "  - {client: id, tracos: number, key: true}\n  - {client: plant, tracos: plant, key: true}\n"
    folder = tmp_path / "m"
    folder.mkdir()
    site.mapping = make(folder, "  - {client: name, tracos: title}\n", key=key, name="{plant}_{id}")
    (site.inbound / "1.json").write_text('{"id": 1, "plant": "a", "name": "Pump"}')
    site.run()
    assert [result.outcome for result in verify(site.mapping, site.settings, LOG)] == [Outcome.UNCHANGED]


def test_a_key_that_means_absent_on_the_other_side_is_none_in_either_direction(tmp_path: Path) -> None:
    """What is written without a key that can be read never comes back, and is written again and again."""
    key = "  - {client: id, tracos: number, key: true, nulls: {client: [0], tracos: [9]}, lossy: ok}\n"
    mapping = make(tmp_path, "  - {client: name, tracos: title}\n", key=key, name="{id}")
    assert translator(mapping, Direction.OUTBOUND)({"number": 7}) == {"id": 7}
    for direction, record in (
        (Direction.OUTBOUND, {"number": 0}),
        (Direction.OUTBOUND, {"number": 9}),
        (Direction.INBOUND, {"id": 0}),
        (Direction.INBOUND, {"id": 9}),
    ):
        with pytest.raises(RecordError, match="is required: it identifies the record"):
            translator(mapping, direction)(record)


ANYTHING = "may be anything, since its schema does not say what it is, and a key is a string or an integer"
OF_ELEMENTS = {
    "text": (TEXT, TEXT, "", []),
    "whole numbers": ({"type": ["integer", "null"]}, WHOLE, "", []),
    "text of whole numbers": (TEXT, WHOLE, ", as: integer_text", []),
    "numbers": (NUMBER, NUMBER, "", [f"E143 {name} is a key, but may be number" for name in ("c.nr", "t.nr")]),
    "truth values": (TEXT, {"type": "boolean"}, ", as: boolean_text", ["E143 t.nr is a key, but may be boolean"]),
    "dates": (TEXT, DATE, ", as: datetime, lossy: x", ["E144 codec datetime makes one key of several outside values"]),
    "anything": ({}, {}, "", [f"W156 {name} {ANYTHING}" for name in ("c.nr", "t.nr")]),
    "anything, with a reason": ({}, {}, ", lossy: {W156: they are numbers}", []),
}


@pytest.mark.parametrize(("outside", "inside", "more", "said"), OF_ELEMENTS.values(), ids=OF_ELEMENTS)
def test_elements_are_told_apart_by_what_identifies(
    tmp_path: Path, outside: dict[str, Any], inside: dict[str, Any], more: str, said: list[str]
) -> None:
    rule = f"{{c: ls, t: ms, each: [{{c: nr, t: nr, key: true{more}}}, {{c: a, t: a}}]}}"
    c, t = of(ls=lists(nr=outside, a=TEXT)), of(ms=lists(nr=inside, a=TEXT))
    codes = ("E143", "E144", "W156")
    assert [one for one in found(tmp_path, rule, c, t) if one.startswith(codes)] == said


def test_a_group_is_there_or_not_by_whatever_its_key_is(tmp_path: Path) -> None:
    rule = "{c: g, t: h, each: [{c: nr, t: nr, key: true}, {c: a, t: a}]}"
    assert found(tmp_path, rule, of(g=of(nr=NUMBER, a=TEXT)), of(h=of(nr=NUMBER, a=TEXT))) == []
