"""One customer's differences: a mapping that extends another one is the whole of both, each thing in its own file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etl import Direction, MappingError, load_mapping, translator
from etl.app.mapping_hash import mapping_hash
from etl.cli import cli
from etl.mapping.explain import explain
from etl.mapping.formatter.format import format_mapping
from etl.mapping.load import examine

FIELDS: dict[str, Any] = {"type": "string"}
BASE = """\
mapping: erp
language: 1
outside:
  name: client
  schema: client.json
  nulls: ["-"]
  files: {inbound: "*.json", outbound: "{id}.json"}
inside:
  name: tracos
  schema: tracos.json
  ignore: [isSynced]
  mongodb: {collection: orders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
codecs:
  short: {text: {cut: 20}}
  plain: {text: {trim: both}}
rules:
  - {client: id, tracos: number, key: true}
  - {client: a, tracos: title, as: short, lossy: they are short}
  - client: b
    tracos: status
    values:
      - {client: open, tracos: pending}
      - {client: done, tracos: completed}
  - {client: c, tracos: kind}
  - {client: d, from: title}
  - cases:
      - {client: {e: r, f: s}, tracos: {one: u, two: v}}
      - {client: {e: s, f: r}, tracos: {one: v, two: u}}
      - {client: {e: null, f: null}, tracos: {one: null, two: null}}
examples:
  - {name: plain, client: {id: 1, b: open}, tracos: {number: 1, status: pending}}
  - {name: done, client: {id: 1, b: done}, tracos: {status: completed}}
"""
OUTSIDE = ("a", "b", "c", "d", "e", "f", "g")
INSIDE = ("title", "status", "kind", "one", "two")


def schema(key: str, names: tuple[str, ...]) -> str:
    fields = {key: {"type": "integer", "minimum": 1}, **dict.fromkeys(names, FIELDS), "isSynced": {"type": "boolean"}}
    return json.dumps({"type": "object", "required": [key], "properties": fields})


class Folder:
    """A base in a folder of its own, and beside that what extends it."""

    def __init__(self, folder: Path) -> None:
        (folder / "erp").mkdir()
        self.base = folder / "erp" / "erp.yaml"
        self.own = folder / "hafen.yaml"
        self.base.write_text(BASE)
        (folder / "erp" / "client.json").write_text(schema("id", OUTSIDE))
        (folder / "erp" / "tracos.json").write_text(schema("number", INSIDE))

    def __call__(self, text: str = "", *, file: str = "") -> Path:
        made = self.own.with_name(file) if file else self.own
        made.write_text(f"mapping: {made.stem}\nlanguage: 1\nextends: erp/erp.yaml\n{text}")
        return made

    def refused(self, text: str) -> list[str]:
        with pytest.raises(MappingError) as caught:
            load_mapping(self(text))
        root = f"{self.own.parent}/"
        return [str(finding).removeprefix(root) for finding in caught.value.findings]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def inward(file: Path, **record: Any) -> dict[str, Any]:
    return translator(load_mapping(file), Direction.INBOUND)({"id": 1, **record})


def test_a_mapping_that_says_nothing_more_is_its_base_under_another_name(folder: Folder) -> None:
    base, own = load_mapping(folder.base), load_mapping(folder())
    record = {"a": "A", "b": "open", "c": "C", "e": "r", "f": "s"}
    assert own.name == "hafen"
    assert inward(folder.own, **record) == inward(folder.base, **record)
    assert [rule.where.line for rule in own.rules] == [rule.where.line for rule in base.rules]
    assert {rule.where.file for rule in own.rules} == {str(folder.base)}
    assert own.outside.files == base.outside.files
    assert (own.bases, base.bases) == ((folder.base,), ())


def test_a_rule_takes_the_place_of_the_one_that_writes_the_same_inside(folder: Folder) -> None:
    file = folder(
        """\
rules:
  - {client: c, tracos: title, as: plain, nulls: {client: []}, lossy: blanks say nothing}
  - {client: g, from: kind}
  - cases:
      - {client: {e: z}, tracos: {two: w, one: w}}
      - {client: {e: null}, tracos: {two: null, one: null}}
drop: [kind]
"""
    )
    mapping = load_mapping(file)
    places = [(Path(rule.where.file).name, rule.where.line) for rule in mapping.rules]
    assert places == [
        *(("erp.yaml", 17), ("", 5), ("erp.yaml", 19), ("erp.yaml", 25), ("", 7), ("", 6)),
    ]
    assert inward(file, a="A", b="open", c=" C ", e="z") == {
        "number": 1,
        "title": "C",
        "status": "pending",
        "one": "w",
        "two": "w",
    }


def test_the_lines_of_the_base_stand_where_the_table_names_them(folder: Folder) -> None:
    table = """\
rules:
  - client: b
    tracos: status
    values:
      - {client: waiting, tracos: pending}
      - $base
      - {client: lost, tracos: cancelled}
"""
    file = folder(table)
    assert [inward(file, b=b)["status"] for b in ("waiting", "done", "lost")] == ["pending", "completed", "cancelled"]
    outward = translator(load_mapping(file), Direction.OUTBOUND)
    assert outward({"number": 1, "status": "pending"})["b"] == "waiting"
    rule = next(rule for rule in load_mapping(file).rules if rule.lines)
    lines = [(Path(line.where.file).name, line.where.line) for line in rule.lines[:4]]
    assert lines == [("", 8), ("erp.yaml", 22), ("erp.yaml", 23), ("", 10)]
    (hidden,) = folder.refused(table.replace("client: waiting", "client: [waiting, open]"))
    assert hidden.startswith('erp/erp.yaml:22:9 E162 "open" of client.b is decided by line 8 of ')
    assert "hafen.yaml already" in hidden


def test_headers_and_codecs_merge_by_key_and_examples_by_name(folder: Folder) -> None:
    file = folder(
        """\
outside: {files: {inbound: "hafen_*.json"}, nulls: ["?"]}
inside: {mongodb: {export_when: {isSynced: false}}}
codecs:
  short: {text: {cut: 5}}
examples:
  - {name: done, client: {id: 2, b: done}, tracos: {number: 2, status: completed}}
  - {name: more, client: {id: 3}, tracos: {number: 3}}
"""
    )
    mapping = load_mapping(file)
    assert (mapping.files.inbound, [one.file for one in mapping.files.entries]) == ("hafen_*.json", ["{id}.json"])
    assert mapping.mongodb.collection == "orders"
    assert [one.name for one in mapping.examples] == ["plain", "done", "more"]
    assert [(Path(one.where.file).name, one.where.line) for one in mapping.examples] == [
        *(("erp.yaml", 31), ("", 9), ("", 10)),
    ]
    assert inward(file, a="-") == {"number": 1, "title": "-"}
    assert inward(file, a="?") == {"number": 1}
    assert translator(mapping, Direction.OUTBOUND)({"number": 1, "title": "123456"})["a"] == "12345"
    tested = CliRunner().invoke(cli, ["test", str(file), "--no-laws"])
    assert tested.exit_code == 0, tested.output


def test_a_base_may_extend_another_one(folder: Folder) -> None:
    folder("drop: [kind]\n", file="middle.yaml")
    folder.own.write_text("mapping: own\nlanguage: 1\nextends: middle.yaml\nrules:\n  - {client: g, tracos: status}\n")
    mapping = load_mapping(folder.own)
    assert inward(folder.own, g="C", b="?") == {"number": 1, "status": "C"}
    assert [file.name for file in mapping.bases] == ["middle.yaml", "erp.yaml"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("rules:\n  - {client: x, tracos: title}\n", "hafen.yaml:5:14 E110 "),
        (
            "rules:\n  - {client: g, tracos: one}\n",
            "erp/erp.yaml:27:9 E120 one of tracos is written twice, first on line 5 of ",
        ),
        ("drop: [number]\n", "hafen.yaml:1:1 E140 no rule has key: true"),
        ("drop: [kin]\n", "hafen.yaml:4:8 E015 the base has no rule that is called kin; did you mean kind?"),
        ("drop: kind\n", "hafen.yaml:4:7 E011 drop is a list of names"),
        ('extend: "x"\n', "hafen.yaml:4:1 E010 unknown key extend"),
        (
            "rules:\n  - {client: c, tracos: kind, values: [$base]}\n",
            "hafen.yaml:5:40 E015 the base has no rule of this",
        ),
        ("inside: {mongodb: {collection: 7}}\n", "hafen.yaml:4:32 E011 collection: "),
        ("rules: 7\n", "hafen.yaml:4:8 E011 rules: "),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(folder: Folder, text: str, finding: str) -> None:
    found = folder.refused(text)
    assert found[0].startswith(finding), found


def test_what_is_wrong_in_the_base_is_told_there(folder: Folder) -> None:
    folder.base.write_text(BASE.replace("tracos: kind", "tracos: knid").replace("as: short", "as: shrt"))
    assert folder.refused("")[0].startswith("erp/erp.yaml:18:36 E114 there is no codec")
    folder.base.write_text(BASE.replace("tracos: kind", "tracos: knid"))
    assert folder.refused("")[0].startswith("erp/erp.yaml:24:25 E110 ")
    folder.base.write_text("7")
    assert "erp.yaml is no mapping; name a mapping file" in folder.refused("")[0]
    folder.base.write_text("a: [")
    assert folder.refused("")[0].startswith("erp/erp.yaml:1:5 E002 ")
    folder.base.unlink()
    folder.base.mkdir()
    assert "is a folder, and no file to extend; name a mapping file" in folder.refused("")[0]


def test_the_hash_of_a_mapping_is_of_its_base_as_well(folder: Folder) -> None:
    before = mapping_hash(load_mapping(folder()))
    folder.base.write_text(BASE.replace("cut: 20", "cut: 21"))
    assert mapping_hash(load_mapping(folder.own)) != before


def test_an_explanation_names_the_file_of_each_rule(folder: Folder) -> None:
    mapping = load_mapping(folder("rules:\n  - {client: g, tracos: title}\n"))
    _, title, status, *_ = explain(mapping, Direction.INBOUND, {"id": 1, "g": "C", "b": "open"})
    assert (title.file, title.line) == ("", 5)
    assert (Path(status.file).name, status.line) == ("erp.yaml", 19)
    shown = CliRunner().invoke(
        cli, ["explain", "--mapping", str(folder.own), "-"], input='{"id": 1, "g": "C", "b": "open"}'
    )
    assert shown.exit_code == 0, shown.output
    assert "hafen.yaml:5" in shown.output
    assert "erp.yaml:19" in shown.output


def test_a_file_that_extends_another_one_is_formatted_by_itself(folder: Folder) -> None:
    text = folder(
        "rules:\n  - {tracos: title, client: 'c'}\n  - client: b\n    tracos: status\n    values: [$base]\n"
        "drop: ['kind']\n"
    ).read_text()
    made = format_mapping(text, str(folder.own))
    assert made == (
        "mapping: hafen\nlanguage: 1\nextends: erp/erp.yaml\ndrop: [kind]\n\n"
        "rules:\n  - {client: c, tracos: title}\n  - client: b\n    tracos: status\n    values:\n      - $base\n"
    )
    assert format_mapping(made, str(folder.own)) == made


def test_a_line_that_nothing_reaches_is_told_whatever_stands_in_that_line_of_another_file(folder: Folder) -> None:
    line = "      - {client: null, tracos: null}"
    done = "      - {client: done, tracos: completed}"
    folder.base.write_text(BASE.replace(done, f"{done}\n{line}"))
    number = folder.base.read_text().splitlines().index(line) + 1
    client, tracos = (folder.base.with_name(f"{name}.json") for name in ("client", "tracos"))
    for file, name, values in ((client, "b", ["open", "done"]), (tracos, "status", ["pending", "completed"])):
        said = json.loads(file.read_text())
        said["required"].append(name)
        said["properties"][name] = {"enum": values}
        if name == "status":
            said["properties"]["title"] = {"type": "string", "maxLength": 3}
        file.write_text(json.dumps(said))
    file = folder("\n" * (number - 5) + "rules:\n  - {client: a, tracos: title}\n")
    found = {(Path(one.file).name, one.line, one.code) for one in examine(file)[1]}
    assert {("hafen.yaml", number, "W156"), ("erp.yaml", number, "E162")} <= found
