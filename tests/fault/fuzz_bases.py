"""What targets and seeds stand on: the mappings of this repository, the codecs, and documents as a run reads them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

from etl import Direction, Mapping, MappingError, load_mapping
from etl.app import compile_pipeline
from etl.mapping.codecs import Codec, codec_kinds, make_codec
from etl.mapping.language.document import read_document
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.load import mapping_schema
from etl.mapping.terms import Side
from etl.transfer.pipeline import Pipeline

ROOT: Final = Path(__file__).parent.parent.parent
SHIPPED: Final = ROOT / "mappings" / "tracos_client.yaml"
BROKEN: Final = ROOT / "tests" / "broken"

CODEC_OPTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    *((name, dict(kind.usual)) for name, kind in codec_kinds().items()),
    ("boolean", {"values": [["S", 1], ["", True]]}),
    ("decimal", {"point": ",", "group": ".", "places": 2}),
    ("text", {"trim": "right", "pad": 8, "zeros": 6, "cut": 8}),
    ("quantity", {"per": 60, "places": 2}),
    ("datetime", {"zone": "America/Sao_Paulo"}),
    ("datetime", {"zone": "Europe/Lisbon", "format": "%d/%m/%Y %H:%M"}),
    ("datetime", {"zone": "Europe/Lisbon", "format": "%d/%m/%Y %-H:%M", "gap": "after", "fold": "second"}),
    ("datetime", {"zone": "America/Havana", "format": "%A, %d %B %Y", "gap": "after", "fold": "first"}),
    ("datetime", {"format": "%Y-%m-%dT%H:%M:%S.%f%z"}),
    ("datetime", {"format": "%d-%b-%y %I:%M:%S %p"}),
    ("datetime", {"format": ["%Y%m%d", "%H%M%S"], "zone": "Asia/Kathmandu"}),
)
_BSON: Final = CodecOptions[dict[str, Any]](tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)


def one_line(text: str) -> None:
    """Hold a message to one printable line, so that no input forges a line of a log or commands a terminal."""
    assert text, "a message says nothing"
    assert text.isprintable(), f"a message is not one printable line: {text!r}"


@cache
def shipped() -> Mapping:
    """Return the shipped mapping."""
    return load_mapping(SHIPPED)


@cache
def shipped_pipeline(direction: Direction) -> Pipeline:
    """Return what the shipped mapping does with a record."""
    return compile_pipeline(shipped(), direction)


@cache
def mapping_bases() -> list[tuple[Path, Any]]:
    """Return the mappings to edit, as plain values: the shipped one, and the broken ones that are YAML."""
    found = []
    for file in (SHIPPED, *sorted(BROKEN.glob("*.yaml"))):
        try:
            found.append((file, read_document(file).value))
        except MappingError:
            continue
    return [(file, value) for file, value in found if isinstance(value, dict) and "rules" in value]


@cache
def schema_bases() -> list[tuple[Mapping, Side]]:
    """Return the schemas to edit, each as one side of its mapping."""
    every = [shipped()]
    for file in sorted(BROKEN.glob("W*.yaml")):
        found = read_document(file)
        check_form(found, mapping_schema())
        every.append(parse_mapping(found))
    return [(each, side) for each in every for side in Side]


@cache
def codecs() -> list[Codec]:
    """Return the codecs to try."""
    return [make_codec(name, options) for name, options in CODEC_OPTIONS]


def bson_document(elements: bytes) -> dict[str, Any] | None:
    """Return the document with these elements, read as a run reads it; None where BSON has no such document."""
    whole = (len(elements) + 5).to_bytes(4, "little") + elements + b"\0"
    try:
        return bson.decode(whole, _BSON)
    except (BSONError, ValueError, OverflowError):
        return None
