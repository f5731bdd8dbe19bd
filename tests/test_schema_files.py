"""Schemas as JSON or YAML, parts of a document, and two of them: of what is read, and of what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.errors import MappingError
from etl.mapping.load import load_mapping
from etl.mapping.schemas.parts import load_part
from etl.mapping.schemas.validation import RecordSchema, SchemaError
from tests.support.proofs import TEXT, mapping, of
from tests.support.site import Site
from tests.support.sites import Shop

VENDOR = """\
openapi: 3.0.1
info: {title: Orders, version: 2024-01-02}
paths: {}
components:
  schemas:
    Order:
      type: object
      required: [id, title]
      properties:
        id: {type: integer, minimum: 0, exclusiveMinimum: true}
        title: {type: string}
        state: {type: string, enum: [on, off, "2024"], nullable: true}
        parent: {$ref: "#/components/schemas/Ref"}
        owner: {nullable: true, allOf: [{$ref: "#/components/schemas/Ref"}]}
    Ref:
      type: object
      properties:
        code: {type: string}
        above: {$ref: "#/components/schemas/Ref"}
        list: {type: array, items: {$ref: "#/components/schemas/Order/properties/title"}}
"""


def part(pointer: str | None = "/components/schemas/Order", text: str = VENDOR) -> dict[str, Any]:
    return load_part(text.encode(), "vendor.openapi.yaml", pointer)


@pytest.mark.parametrize(
    ("record", "is_right"),
    [
        ({"id": 1, "title": "a"}, True),
        ({"id": 0, "title": "a"}, False),
        ({"id": 1, "title": "a", "state": "on"}, True),
        ({"id": 1, "title": "a", "state": None}, True),
        ({"id": 1, "title": "a", "state": True}, False),
        ({"id": 1, "title": "a", "owner": None}, True),
        ({"id": 1, "title": "a", "owner": {"code": 5}}, False),
        ({"id": 1, "title": "a", "parent": None}, False),
        ({"id": 1, "title": "a", "parent": {"above": {"above": {"code": 5}}}}, False),
        ({"id": 1, "title": "a", "parent": {"list": ["a"]}}, True),
        ({"id": 1, "title": "a", "parent": {"list": [1]}}, False),
    ],
)
def test_a_part_of_a_vendors_document_means_what_it_means_there(record: Any, is_right: bool) -> None:
    assert RecordSchema(part()).accepts(record) is is_right


def test_yaml_reads_words_and_dates_as_text() -> None:
    assert part("/components/schemas/Order/properties/state")["enum"] == ["on", "off", "2024", None]
    assert load_part(b"x: 2024-01-02\n200: no\ny: [1, 1.5, true, null, ~, 010]\n", "a.YML", None) == {
        "x": "2024-01-02",
        "200": "no",
        "y": [1, 1.5, True, None, None, "010"],
    }


def test_json_schema_does_not_know_nullable() -> None:
    schema = part("/order", "order: {type: string, nullable: true}\n")
    assert RecordSchema(schema).accepts(None) is False


def test_parts_of_one_name_are_told_apart() -> None:
    text = "a: {$ref: '#/b/x'}\nb: {x: {properties: {y: {$ref: '#/c/x'}}}}\nc: {x: {type: string}}\n"
    schema = RecordSchema(part("/a", text))
    assert (schema.accepts({"y": "text"}), schema.accepts({"y": 1})) == (True, False)


def test_names_are_as_a_pointer_writes_them() -> None:
    assert part("/a~1b/c~0d/e%20f", "a/b: {c~d: {e f: {type: string}}}\n") == {"type": "string"}


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        ("a: [", None, "not YAML"),
        ("- 1", None, "a schema is an object"),
        ("a: {}", "/b", "#/b is not in it: there is no b, but a"),
        ("a: 1", "/a", "#/a is no object in it"),
        ("a: &a [*a]", None, "nested too deep"),
    ],
)
def test_what_is_no_schema_is_refused(text: str, pointer: str | None, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        load_part(text.encode(), "a.yaml", pointer)


def test_a_mapping_names_a_part_and_is_told_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = mapping(tmp_path, "{c: title, t: title}", of(title=TEXT), of(title_=TEXT))
    (tmp_path / "vendor.yaml").write_text(VENDOR)
    text = file.read_text()
    file.write_text(text.replace("schema: c.json", 'schema: "vendor.yaml#/components/schemas/Order"'))
    assert load_mapping(file).outside.schema["required"] == ["id", "title"]
    file.write_text(text.replace("schema: c.json", 'schema: "vendor.yaml#/components/schemas/Ordr"'))
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert "E131" in str(caught.value)
    assert "there is no Ordr, but Order, Ref" in str(caught.value)


def test_what_is_sent_is_judged_by_its_own_schema(site: Site) -> None:
    read, sent = of(title_=TEXT, made_={**TEXT, "readOnly": True}), {"type": "object", "required": ["id", "title"]}
    shop = Shop(site, "{c: title, t: title}\n{c: made, t: made}", read, of(title_=TEXT, made=TEXT))
    short = {"id": {"type": "integer"}, "title": {"type": "string", "maxLength": 5}}
    (shop.folder / "sent.json").write_text(json.dumps({**sent, "properties": short, "additionalProperties": False}))
    file = shop.folder / "m.yaml"
    file.write_text(file.read_text().replace("schema: c.json", "schema: {inbound: c.json, outbound: sent.json}"))
    site.mapping = load_mapping(file)
    shop.client_says(1, title="Pump", made="then")
    shop.client_says(2, title="Long pump", made="then")
    assert shop.run() == {"inbound": {"read": 2, "created": 2}, "outbound": {"read": 2, "created": 1, "rejected": 1}}
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump"}
