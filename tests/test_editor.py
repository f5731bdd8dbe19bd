"""The schema that editors use: every key is described, and it and the loader know the same language."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from etl.errors import MappingError
from etl.mapping.language.document import Document, read_document
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.language.words import KEYS as WORDS
from etl.mapping.language.words import RULE, own_words
from etl.mapping.load import mapping_schema
from tests.support.site import MAPPING_FILE, ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas" / "mapping.schema.json").read_text())


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the schema with what it refers to, its own words first."""
    if "$ref" not in part:
        return part
    name = part["$ref"].removeprefix("#/$defs/")
    return {**resolved(SCHEMA["$defs"][name]), **part}


def keys(part: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key that the schema names, with its description."""
    part = resolved(part)
    for name, child in part.get("properties", {}).items():
        yield f"{place}.{name}", resolved(child)
        if f".{name}." not in place:  # rules contain rules
            yield from keys(child, f"{place}.{name}")
    if "items" in part and place.count(".each") < 1:
        yield from keys(part["items"], f"{place}[]")


KEYS = dict(keys(SCHEMA))


@pytest.mark.parametrize("place", KEYS)
def test_every_key_has_a_title_a_description_and_an_example_that_it_accepts(place: str) -> None:
    key = KEYS[place]
    assert key.get("title"), place
    assert key.get("description"), place
    assert key.get("examples"), place
    validator = jsonschema.Draft202012Validator({**key, "$defs": SCHEMA["$defs"]})
    assert all(validator.is_valid(example) for example in key["examples"]), place


def test_the_schema_and_the_loader_know_the_same_words() -> None:
    without_place = {
        "rule": SCHEMA["$defs"]["rule"],
        "example": SCHEMA["properties"]["examples"]["items"],
        "entry": SCHEMA["$defs"]["outbound_file"],
        "pickup": KEYS[".outside.files.inbound"],
    }
    for name in WORDS.keys() - {"line", "by_system"}:  # those have the systems' names only
        found = (key for place, key in KEYS.items() if place.endswith(f".{name}"))
        part = SCHEMA if name == "root" else without_place.get(name) or next(found)
        assert set(own_words(name)) == set(part["properties"]), name
    assert set(own_words("rule")) == set(RULE)


SHIPPED: dict[str, Any] = read_document(MAPPING_FILE).value
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


WRONG: list[Any] = [None, True, 7, 1.5, "text", [], {}, [{}], {"a": {}}]


@pytest.mark.parametrize("place", [place for place in KEYS if "[]" not in place])
def test_the_loader_refuses_what_the_schema_refuses_and_takes_what_it_takes(place: str) -> None:
    """Every key of the shipped mapping gets values of every type; the form check of the loader is the schema's."""
    steps = place.strip(".").split(".")
    for wrong in WRONG:
        value = copy.deepcopy(SHIPPED)
        holder = value
        for step in steps[:-1]:
            if not isinstance(holder.setdefault(step, {}), dict):
                holder[step] = {}  # one word for what may also be said in parts
            holder = holder[step]
        holder[steps[-1]] = wrong
        document = Document(str(MAPPING_FILE), value)
        accepted = VALIDATOR.is_valid(value)
        assert mapping_schema().problems(value) == [] or not accepted
        try:
            check_form(document, mapping_schema())
        except MappingError:
            assert not accepted, (place, wrong)
            continue
        assert accepted, (place, wrong)
        try:
            parse_mapping(document)
        except MappingError as error:
            assert error.findings, "the meaning may be refused, by name, and never with a traceback"
