"""`etl docs`: a mapping as a page for somebody who does not read YAML."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from etl import Mapping, load_mapping
from etl.app.mapping_hash import mapping_hash
from etl.mapping.codecs import codec_kinds
from etl.mapping.files import FileFormat
from etl.page import html, markdown
from etl.page.content import page_of
from etl.page.words import place_rules
from etl.version import __version__
from tests.support.command_line import etl
from tests.support.html_page import Reader
from tests.support.mappings import loaded
from tests.support.site import MAPPING_FILE, ROOT

SHIPPED = loaded(MAPPING_FILE)
HOSTILE: Final = "</td><script>alert(1)</script> | `b` \"q\" 'p' [x](http://evil) ![y](z) **s** &amp; \u202e \x07"
EVERY_KIND: Final = """
  - {client: summary, tracos: title}
  - {client: reporter, tracos: reporter, write: once, nulls: {client: ["", "-"]}, when_absent: {tracos: "?"}}
  - {client: [day, time], tracos: at, as: {datetime: {zone: Europe/Berlin, format: ["%Y-%m-%d", "%H:%M"]}}}
  - {tracos: total, from: "sum(rows[].cost)"}
  - {client: changed, from: changedAt, as: datetime}
  - tracos: status
    flags: [{client: isDone, tracos: done}, {client: isClosed, tracos: done}]
  - client: priority
    tracos: urgency
    values:
      - {client: [urgent, emergency], tracos: 1}
      - {client: normal, tracos: [2, 3]}
      - {client: null, tracos: 4}
    otherwise: {tracos: 2}
  - cases:
      - {client: {kind: task, state: ["3", "4"]}, tracos: {phase: closed, type: t}}
      - {client: {kind: null}, tracos: {phase: open}}
      - {client: {kind: other}, tracos: {phase: unknown}}
    otherwise: {client: {kind: other}}
  - client: lines
    tracos: tasks
    each:
      - {client: qty, tracos: quantity}
      - client: parts
        tracos: items
        each:
          - {client: due, tracos: dueAt, as: date, lossy: a day is enough}
"""


def make(folder: Path, rules: str, *, outside: str = "") -> Mapping:
    """Load a mapping with these rules, between two systems whose schemas allow everything beside a whole number."""
    for system, key in (("client", "id"), ("tracos", "number")):
        schema = {"type": "object", "required": [key], "properties": {key: {"type": "integer"}}}
        (folder / f"{system}.json").write_text(json.dumps(schema | {"additionalProperties": True}))
    file = folder / "mapping.yaml"
    file.write_text(
        f"""mapping: small
language: 1
outside:
  name: client
  schema: client.json
  files: {{inbound: "*.json", outbound: "{{id}}.json"}}
{outside}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {{collection: orders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:
  - {{client: id, tracos: number, key: true}}
{rules}
""",
        "utf-8",
    )
    return load_mapping(file)


def as_markdown(mapping: Mapping) -> str:
    return markdown.render(page_of(mapping))


def as_html(mapping: Mapping) -> str:
    return html.render(page_of(mapping))


def rows_of(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading of a Markdown page, without its header."""
    lines = page[page.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|--"))
    rows = []
    for line in lines[first + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def hostile_mapping(folder: Path) -> Mapping:
    """Load a mapping with hostile text wherever it can stand."""
    text, name, other, literal = (
        json.dumps(one)
        for one in (HOSTILE, json.dumps(HOSTILE), json.dumps(f"!{HOSTILE}"), f"`{json.dumps('<script>|')}`")
    )
    return make(
        folder,
        f"""
  - {{client: {name}, tracos: odd, lossy: {text}, nulls: {{client: [{text}]}}, when_absent: {{client: {text}}}}}
  - {{tracos: computed, from: {literal}}}
  - {{tracos: copied, from: {name}}}
  - {{client: a, tracos: b, values: [{{client: {text}, tracos: {text}}}], otherwise: {{tracos: {text}}}}}
  - cases: [{{client: {{{other}: {text}}}, tracos: {{c: {text}}}}}]
  - {{tracos: s, flags: [{{client: f, tracos: {text}}}], otherwise: {text}}}
examples:
  - {{name: {text}, client: {{id: 1, {text}: {text}, fence: "```\\n```"}}}}
""",
        outside=f"  ignore: [{name}]",
    )


def test_every_rule_status_and_example_of_the_shipped_mapping_occurs() -> None:
    shipped = as_markdown(SHIPPED)
    read = Reader(as_html(SHIPPED)).text
    names = [
        path
        for placed in place_rules(SHIPPED)
        for side in (SHIPPED.outside.side, SHIPPED.inside.side)
        for path in placed.paths(side)
    ]
    statuses = ["deleted", "completed", "cancelled", "on_hold", "pending", "in_progress"]
    for word in (*names, *(json.dumps(status) for status in statuses)):
        assert f"`{word}`" in shipped
        assert word in read
    for example in SHIPPED.examples:
        assert f"### {example.name}" in shipped
        assert all(reason in read for reason in example.rejects)
        for record in (example.outside, example.inside):
            if record is not None:
                assert json.dumps(record, indent=2) in shipped
                assert json.dumps(record, indent=2) in read
    for words in ("connects two systems, client and tracos", "workorders", "BSON keeps UTC and milliseconds"):
        assert words in shipped
        assert words in read


def test_the_rules_say_both_fields_the_direction_and_how() -> None:
    rules = {row[2]: row for row in rows_of(as_markdown(SHIPPED), "## Rules")}
    assert rules["`number`"] == [
        "`orderNo`",
        "⇄",
        "`number`",
        "identifies the record; copied",
        "the record is rejected",
        "",
    ]
    assert rules["`updatedAt`"][:2] == ["`lastUpdateDate`", "←"]
    assert rules["`description`"] == [
        "`summary`",
        "→",
        "`description`",
        "computed as `join(' ', [summary, 'description'])`; written once, when the record is created",
        "tracos: left out",
        "",
    ]
    assert rules["`createdAt`"][3:] == [
        "a date and time: text in client, a date in tracos, by `datetime`",
        "client: `null` written; tracos: left out",
        "BSON keeps UTC and milliseconds",
    ]
    assert rules["`status`"][3] == "the first of 6 flags that is true, see table 1"


def test_every_kind_of_rule_is_told_in_words(tmp_path: Path) -> None:
    rules = {row[2]: row for row in rows_of(as_markdown(make(tmp_path, EVERY_KIND)), "## Rules")}
    assert rules["`title`"][3:5] == ["copied", "left out"]
    assert rules["`reporter`"][3:5] == [
        "copied; written once, when the record is created",
        'client: left out, `""` and `"-"` count as absent; tracos: `"?"` written, `"?"` counts as absent',
    ]
    assert rules["`at`"][0] == "`day`, `time`"
    assert rules["`at`"][3].endswith(
        "by `datetime`, zone `Europe/Berlin`, format `%Y-%m-%d` and `%H:%M`; joined on the way in, split on the way out"
    )
    assert rules["`total`"][:4] == ["`rows[].cost`", "→", "`total`", "computed as `sum(rows[].cost)`"]
    assert rules["`changedAt`"][:2] == ["`changed`", "←"]
    assert rules["`urgency`"][3:5] == ["values that correspond, see table 2", "see table 2"]
    assert rules["`phase`, `type`"][:2] == ["`kind`, `state`", "⇄"]
    assert rules["`tasks`"][3] == "a list; for every element, in order:"


def test_rules_of_a_list_are_indented_and_have_its_path(tmp_path: Path) -> None:
    mapping = make(tmp_path, EVERY_KIND)
    rows = rows_of(as_markdown(mapping), "## Rules")
    assert [row[:3] for row in rows[-4:]] == [
        ["`lines`", "⇄", "`tasks`"],
        ["&emsp;`lines[].qty`", "⇄", "`tasks[].quantity`"],
        ["&emsp;`lines[].parts`", "⇄", "`tasks[].items`"],
        ["&emsp;&emsp;`lines[].parts[].due`", "⇄", "`tasks[].items[].dueAt`"],
    ]
    assert as_html(mapping).count('<td class="depth-') == 3


def test_tables_say_what_is_written_back_and_what_otherwise_does(tmp_path: Path) -> None:
    page = as_markdown(make(tmp_path, EVERY_KIND))
    assert rows_of(page, "### Table 1: tracos `status` and client `isDone`, `isClosed`") == [
        ["1", "`isDone`", '`"done"`', "`isDone` true, all others false"],
        ["2", "`isClosed`", '`"done"`', "`isDone` true, all others false"],
        ["otherwise", "no flag is true", "the record is rejected", ""],
    ]
    assert rows_of(page, "### Table 2: client `priority` and tracos `urgency`") == [
        ["1", '`"urgent"` or `"emergency"`', "`1`", "`1`", '`"urgent"`'],
        ["2", '`"normal"`', "`2` or `3`", "`2`", '`"normal"`'],
        ["3", "no value", "`4`", "`4`", "left out"],
        ["otherwise", "any other value", "any other value", "`2`", "the record is rejected"],
    ]
    assert "No value in tracos stays no value." in page
    first, second, _, otherwise = rows_of(page, "### Table 3: client `kind`, `state` and tracos `phase`, `type`")
    assert first[1] == '`kind` is `"task"`, `state` is `"3"` or `"4"`'
    assert first[3:] == ['`phase` `"closed"`; `type` `"t"`', '`kind` `"task"`; `state` `"3"`']
    assert second[3:] == ['`phase` `"open"`; `type` left out', "`kind` left out; `state` left out"]
    assert otherwise[3:] == ["the record is rejected", '`kind` `"other"`; `state` left out']


def test_a_flag_for_the_value_of_otherwise_comes_back_or_none_does(tmp_path: Path) -> None:
    rule = "  - {tracos: s, flags: [{client: f, tracos: x}], otherwise: none}"
    assert rows_of(as_markdown(make(tmp_path, rule)), "### Table 1")[-1] == [
        "otherwise",
        "no flag is true",
        '`"none"`',
        "all flags false",
    ]
    assert rows_of(as_markdown(SHIPPED), "### Table 1")[-1][-1] == "`isActive` true, all others false"


def test_losses_are_told_with_their_reasons_or_without(tmp_path: Path) -> None:
    lost = rows_of(as_markdown(make(tmp_path, EVERY_KIND)), "## What is lost")
    assert lost[-1] == [
        "`lines[].parts[].due` ⇄ `tasks[].items[].dueAt`",
        "tracos.tasks[].items[].dueAt comes back without the time of day".replace("[", "&#91;").replace("]", "&#93;"),
        "a day is enough",
    ]
    assert [
        "`rows[].cost` → `total`",
        "tracos.total is overwritten by every import that changes it",
        "nobody has said so far",
    ] in lost
    assert "No loss is known." in as_markdown(make(tmp_path, "  - {client: a, tracos: b}"))


def test_who_wins_a_conflict_is_told_with_the_exceptions(tmp_path: Path) -> None:
    assert "## Conflicts\n\nWhere both systems changed a value, client wins.\n" in as_markdown(SHIPPED)
    assert "Where both systems changed a value, a person decides." in as_markdown(make(tmp_path, EVERY_KIND))
    rules = """
  - {client: a, tracos: b, wins: newest}
  - {client: c, tracos: d, wins: tracos}
  - {client: e, tracos: f, wins: client}
  - {client: g, tracos: h, wins: review}
conflicts:
  wins: client
  newest: {client: changed, tracos: changedAt, tolerance: 5}"""
    page = as_markdown(make(tmp_path, rules))
    assert (
        "Where both systems changed a value, client wins. The newest is the one whose record has the later date: "
        "`changed` of client, `changedAt` of tracos. Where the two are within 5 seconds, or one is absent, "
        "a person decides."
    ) in page
    assert rows_of(page, "## Conflicts") == [
        ["`a` ⇄ `b`", "the newest wins"],
        ["`c` ⇄ `d`", "tracos wins"],
        ["`g` ⇄ `h`", "a person decides"],
    ]
    assert "The newest is" not in as_markdown(make(tmp_path, rules.replace("wins: newest", "wins: tracos")))
    assert "Where the two are equal, or" in as_markdown(make(tmp_path, rules.replace(", tolerance: 5", "")))


def test_echo_and_deletion_are_told(tmp_path: Path) -> None:
    assert '- A record of tracos counts as deleted where `status` is `"deleted"`.' in as_markdown(SHIPPED)
    assert "sent back" not in as_markdown(SHIPPED)
    mapping = make(tmp_path, "  - {client: a, tracos: b}", outside="  echo: false")
    assert "- What client has already, as this mapping writes it, is not sent back to it." in as_markdown(mapping)
    assert "counts as deleted" not in as_markdown(mapping)


def test_what_is_kept_is_told(tmp_path: Path) -> None:
    said = "- A value goes back to client in the form in which it came, while tracos has what it means"
    assert "goes back" not in as_markdown(SHIPPED)
    for keep, rest in (("true", ".\n"), ("whole", ", with all the fields that no rule writes.\n")):
        mapping = make(tmp_path, "  - {client: a, tracos: b}", outside=f"  keep: {keep}")
        assert said + rest in as_markdown(mapping)


def test_the_formats_of_both_directions_are_told(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    for form, said in (
        (
            "json_lines",
            "are JSON Lines files: those that match `a` are read, and each written one is called `{run}_{part}`",
        ),
        (
            "{inbound: json_array, outbound: csv}",
            "JSON files of many records: those that match `a` are read. They leave as CSV files, called `{run}_{part}`",
        ),
    ):
        files = f'files: {{inbound: "a", outbound: "{{run}}_{{part}}", format: {form}}}'
        file.write_text(re.sub(r"files: \{.*\}", files, text))
        assert said in as_markdown(load_mapping(file))


def test_how_files_are_picked_up_and_put_together_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    pickup = '{match: "*.in", order: {date: "%Y%m%d"}, quiet: 90m, after: archive, complete: true}'
    more = "format: json_lines, records_per_file: 100, marker: '{run}.done'"
    files = f"files: {{inbound: {pickup}, outbound: '{{run}}_{{part}}', {more}}}"
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    text = re.sub(r"files: \{.*\}", lambda _: f"delivery: {{every: 24h}}\n  {files}", text)
    file.write_text(text)
    page = as_markdown(load_mapping(file))
    for said in (
        "called `{run}_{part}`, 100 records each; behind them a run writes `{run}.done`",
        "Files are read in order, by the date in their names, `%Y%m%d`.",
        "A file that was written to within 1h 30m waits.",
        "A file of which all has arrived is moved to the archive.",
        "Each file has all records, so one that is missing in the last is marked as deleted.",
        "A delivery is expected every 1d.",
    ):
        assert said in page


@pytest.mark.parametrize("kind", FileFormat)
def test_every_format_has_words(tmp_path: Path, kind: FileFormat) -> None:
    name = "{run}_{part}" if kind.many else "{orderNo}"
    other = FileFormat.JSON_ARRAY if kind is FileFormat.JSON_LINES else FileFormat.JSON_LINES
    files = f'files: {{inbound: "a", outbound: "{name}", format: {{inbound: {other.value}, outbound: {kind.value}}}}}'
    file = tmp_path / "mapping.yaml"
    text = MAPPING_FILE.read_text().replace("../schemas", str(ROOT / "schemas"))
    file.write_text(re.sub(r"files: \{.*\}", files, text))
    assert re.search(r"They leave as .+ files", as_markdown(load_mapping(file)))


def test_fields_that_are_not_mapped_are_named(tmp_path: Path) -> None:
    page = as_markdown(make(tmp_path, "  - {client: a, tracos: b}", outside='  ignore: [photo, "notes.old"]'))
    assert "- client, on purpose: `photo`, `notes.old`" in page
    assert "- tracos: no field of its schema is left out" in page
    mapping = make(tmp_path, "  - {client: a, tracos: b}")
    mapping.inside.schema["properties"]["cost"] = {}
    assert "- tracos, and nobody has said why: `cost`" in as_markdown(mapping)


@pytest.mark.parametrize("codec", codec_kinds())
def test_every_codec_has_words(tmp_path: Path, codec: str) -> None:
    usual = codec_kinds()[codec].usual
    word = json.dumps({codec: usual}) if usual else codec
    page = as_markdown(make(tmp_path, f"  - {{client: a, tracos: b, as: {word}}}"))
    (_, row) = rows_of(page, "## Rules")
    options = "".join(f", {option} `{value}`" for option, value in usual.items())
    assert re.fullmatch(rf".+ in client, .+ in tracos, by `{codec}`{options}", row[3])


def test_hostile_text_is_text_in_html(tmp_path: Path) -> None:
    page = as_html(hostile_mapping(tmp_path))
    read = Reader(page)
    assert not {tag for tag, _ in read.tags} & {"img", "link", "iframe", "strong"}
    assert page.count("<script") == 1  # the search
    assert read.text.count("<script>alert(1)</script>") > 10
    assert "\u202e" not in page
    assert "\x07" not in page


def test_hostile_text_is_text_in_markdown(tmp_path: Path) -> None:
    page = as_markdown(hostile_mapping(tmp_path))
    blocks = re.findall(r"^(`{3,})(\w+)\n(.*?)\n\1$", page, re.DOTALL | re.MULTILINE)
    assert [language for _, language, _ in blocks] == ["mermaid", "json"]
    prose = re.sub(r"^(`{3,})\w+\n.*?\n\1$", "", page, flags=re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"<[^>]*>", re.sub(r"`[^`\n]*`", "", prose))) == {"<code>", "</code>"}
    for line in prose.splitlines():
        assert line.count("`") % 2 == 0
        assert "](" not in line
        assert "**" not in line
    for table in re.findall(r"(?:^\|.*\n)+", prose, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    mermaid = blocks[0][2]
    assert not set("<>|`&'!") & set(mermaid.replace("<-->", "").replace("-->", ""))
    assert all(line.count('"') in (0, 2) for line in mermaid.splitlines())
    assert "\u202e" not in page
    assert "\x07" not in page


def test_the_html_is_one_file_of_balanced_tags_that_needs_no_other(tmp_path: Path) -> None:
    for mapping in (SHIPPED, make(tmp_path, EVERY_KIND)):
        page = as_html(mapping)
        read = Reader(page)
        tags = [tag for tag, _ in read.tags]
        assert not {"link", "img", "iframe", "object", "base"} & set(tags)
        assert "url(" not in page
        assert "@import" not in page
        ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in read.tags:
            assert "src" not in attributes
            assert (attributes.get("href") or "#")[0] == "#"
            assert not [name for name in attributes if name.startswith("on")]
        assert {attributes["href"] for _, attributes in read.tags if "href" in attributes} <= {f"#{one}" for one in ids}
        assert "prefers-color-scheme: dark" in page
        assert "@media print" in page


def test_the_diagram_has_a_title_a_description_and_every_line(tmp_path: Path) -> None:
    page = as_html(make(tmp_path, EVERY_KIND))
    attributes, *others = (attributes for tag, attributes in Reader(page).tags if tag == "svg")
    assert attributes["role"] == "group"
    assert (attributes["aria-labelledby"], attributes["aria-describedby"]) == ("diagram-title", "diagram-text")
    assert all(other["aria-hidden"] == "true" for other in others), "the legend says in words what its lines mean"
    (described,) = re.findall('<desc id="diagram-text">(.*?)</desc>', page)
    for line in ("id ⇄ number", "rows[].cost → total", "changed ← changedAt", "isDone ⇄ status", "kind ⇄ type"):
        assert line in described.split("; ")
    assert page.count('<path class="line"') == len(described.split("; ")) + len(others)


def test_fields_of_the_diagram_do_not_overlap(tmp_path: Path) -> None:
    boxes = re.findall(r'<rect class="field" x="([\d.]+)" y="([\d.]+)"', as_html(make(tmp_path, EVERY_KIND)))
    assert len({x for x, _ in boxes}) == 2, "a column for each system"
    for column in {x for x, _ in boxes}:
        tops = sorted(float(y) for x, y in boxes if x == column)
        assert all(lower - upper >= 24 for upper, lower in pairwise(tops))


def test_the_same_mapping_gives_the_same_page() -> None:
    again = load_mapping(MAPPING_FILE)
    assert as_markdown(again) == as_markdown(SHIPPED)
    assert as_html(again) == as_html(SHIPPED)


def test_the_page_in_docs_is_up_to_date() -> None:
    page = (ROOT / "docs" / "tracos_client.md").read_text("utf-8")
    assert page == as_markdown(SHIPPED), "run: etl docs mappings/tracos_client.yaml --out docs/tracos_client.md"


def test_the_command_prints_markdown_and_writes_html(tmp_path: Path) -> None:
    done = etl("docs", str(MAPPING_FILE))
    assert (done.returncode, done.stdout, done.stderr) == (0, as_markdown(SHIPPED), "")
    out = tmp_path / "page.html"
    out.write_text("old")
    done = etl("docs", str(MAPPING_FILE), "--format", "html", "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert re.sub(r'<p class="made">.*</p>\n', "", out.read_text("utf-8")) == as_html(SHIPPED)
    assert list(tmp_path.iterdir()) == [out]


def test_a_page_that_cannot_be_written_is_exit_code_4(tmp_path: Path) -> None:
    done = etl("docs", str(MAPPING_FILE), "--out", str(tmp_path / "nowhere" / "page.md"))
    assert done.returncode == 4
    assert "page.md cannot be written: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_mapping_gives_findings_and_no_page(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(MAPPING_FILE.read_text().replace("as: datetime", "as: datetim"))
    done = etl("docs", str(wrong), "--out", str(tmp_path / "page.md"))
    assert done.returncode == 3
    assert f"{wrong}:" in done.stdout + done.stderr
    assert 'there is no codec "datetim"' in done.stdout + done.stderr
    assert not (tmp_path / "page.md").exists()


def test_a_field_of_the_diagram_leads_to_its_rule_and_lines_are_explained() -> None:
    page = as_html(SHIPPED)
    rules = re.findall(r'<tr id="(rule-[0-9]+)">', page)
    leads = set(re.findall(r'<a href="#(rule-[0-9]+)"><g><title>status</title>', page))
    (row,) = [found for found in re.findall(r'<tr id="(rule-[0-9]+)">(.*?)</tr>', page) if "isOnHold" in found[1]]
    assert leads == {row[0]}
    assert set(re.findall(r'<a href="#(rule-[0-9]+)"', page)) == set(rules)
    for said in ("both ways", "from client to tracos only", "from tracos to client only"):
        assert said in Reader(page).text


def test_a_page_says_which_version_it_is_of_and_runs_the_search_alone(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = etl("docs", str(MAPPING_FILE), "--format", "html", "--out", str(out), SOURCE_DATE_EPOCH="1767225600")
    assert done.returncode == 0, done.stderr
    page = out.read_text("utf-8")
    assert f"Version {mapping_hash(SHIPPED)} of the mapping and its schemas, 2026-01-01, etl {__version__}" in page
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
    assert "unsafe-inline" not in page
