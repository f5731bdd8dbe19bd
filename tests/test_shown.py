"""What is shown is what was written: letters of every language stay, and what nobody sees is escaped, also in JSON."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import Finding
from etl.mapping.paths import format_path, parse_path, respelt
from etl.page.model import visible
from etl.record import Violation, printable, printable_json, show_key, shown
from tests.support.command_line import Done
from tests.support.command_line import etl as run_etl
from tests.support.site import MAPPING_FILE, Site

LETTERS = ("Fällig", "Größe", "日本語", "Ремонт", "تصليح", "ไทย", "🛠 5 €", "İ", "e\u0301")
UNSEEN = {
    "a control character": "\x1b",
    "DEL": "\x7f",
    "a C1 control character": "\x9b",
    "next line": "\x85",
    "an override of the direction": "\u202e",
    "an isolate": "\u2066",
    "its end": "\u2069",
    "a mark of direction": "\u200f",
    "an Arabic mark of direction": "\u061c",
    "a blank without width": "\u200b",
    "a joiner": "\u200d",
    "a byte-order mark": "\ufeff",
    "a soft hyphen": "\u00ad",
    "a line separator": "\u2028",
    "a blank that does not break": "\u00a0",
    "a filler": "\u3164",
    "a combining mark that joins nothing": "\u034f",
    "a tag": "\U000e0041",
    "a noncharacter": "\uffff",
    "half of a pair": "\ud83d",
}
SHIPPED = ("--mapping", str(MAPPING_FILE))


@pytest.mark.parametrize("text", LETTERS)
def test_letters_are_shown_as_letters(text: str) -> None:
    assert printable(text) == text
    assert shown(text) == f'"{text}"'
    assert printable_json(f'{{"{text}": 1}}') == f'{{"{text}": 1}}'
    assert visible(text) == text
    assert format_path((text,)) == f'"{text}"'
    assert str(Violation(format_path((text,)), "form", f"found {shown(text)}")) == f'"{text}": found "{text}"'
    assert Finding("m.yaml", 1, 1, "E110", text, text).message == text
    assert show_key((text,)) == text
    assert show_key((text, 1)) == f'"{text}", 1'


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_sees_is_escaped(text: str) -> None:
    for made in (printable, shown, visible, lambda text: format_path((text,)), lambda text: show_key((text,))):
        assert text not in made(f"a{text}b")
        assert made(f"a{text}b").isascii()
    assert json.loads(printable_json(json.dumps(f"a{text}b", ensure_ascii=False))) == f"a{text}b"
    assert text not in printable_json(json.dumps(f"a{text}b", ensure_ascii=False))
    assert parse_path(format_path((text,))) == (text,)


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_is_shown_is_unseen(text: str) -> None:
    for made in (printable(text), shown(text, 1000)):
        assert not unseen(made)
        made.encode()
    as_json = printable_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(as_json) == {text: [text]}
    assert not unseen(as_json)


@given(st.text())
def test_a_path_is_read_back_as_it_was_also_from_its_older_form(text: str) -> None:
    path = format_path((text, "é", 3))
    assert parse_path(path) == (text, "é", 3)
    assert respelt(path) == path
    assert respelt(format_path((text,)) + "." + json.dumps("é") + "[3]") == path


def unseen(text: str) -> list[str]:
    """Return the characters of a text that a reader does not see, by their names in Unicode's own terms."""
    invisible = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return [hex(ord(c)) for c in text if unicodedata.category(c) in invisible or c in "\u3164\u034f\u115f\u2800\u00a0"]


def test_a_long_text_is_cut_and_a_quote_is_escaped() -> None:
    assert shown("x" * 100) == '"' + "x" * 59 + "…"
    assert shown("ü" * 60) == '"' + "ü" * 60 + '"'
    assert shown('a "b" \\ c') == r'"a \"b\" \\ c"'


HOSTILE = "Fällig 日本 \u202e\u2066\x85\u200b\x9b31m"
"""Letters, which are to be read in all that is printed, and characters that are to be in none of it."""

MAPPING = f"""mapping: small
language: 1
outside:
  name: client
  schema: client.json
  files: {{inbound: "*.json", outbound: "{{id}}.json"}}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {{collection: orders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:
  - {{client: id, tracos: number, key: true}}
  - client: '"Fällig\\u202e"'
    tracos: due
    values:
      - {{client: [{json.dumps(HOSTILE)}, "B, which is long"], tracos: {json.dumps(HOSTILE)}}}
  - {{tracos: note, from: "note || '\u202eübrig'"}}
  - {{client: kind, tracos: '"kind\u2067ä"', lossy: {json.dumps(HOSTILE)}}}
examples:
  - name: {json.dumps(HOSTILE)}
    client: {{id: 7, "Fällig\\u202e": {json.dumps(HOSTILE)}, kind: 5}}
    tracos: {{number: 8, due: "x"}}
  - name: wrong
    client: {{id: 7}}
    rejects: {json.dumps(HOSTILE)}
"""


def etl(site: Site, *arguments: str, stdin: str = "") -> Done:
    done = run_etl(*arguments, site=site, stdin=stdin, COLUMNS="1000")
    assert "Traceback" not in done.stderr
    assert not unseen((done.stdout + done.stderr).replace("\n", "")), arguments
    return done


@pytest.fixture
def hostile(site: Site) -> Site:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": True}
    text = {"type": ["string", "null"], "minLength": 9}
    for name, key, field in (("client", "id", "Fällig\u202e"), ("tracos", "number", "due")):
        fields = {key: {"type": "integer"}, field: text, "note": {"type": ["string", "null"]}}
        file = site.folder / f"{name}.json"
        file.write_text(json.dumps({**schema, "required": [key], "properties": fields}, ensure_ascii=False))
    (site.folder / "m.yaml").write_text(MAPPING)
    return site


@pytest.mark.parametrize(
    "command",
    [
        *(("check", "--format", form, "m.yaml") for form in ("text", "json", "github", "sarif")),
        ("test", "m.yaml", "--no-laws"),
        ("docs", "m.yaml"),
        ("docs", "--format", "html", "m.yaml"),
    ],
    ids=" ".join,
)
def test_commands_about_a_mapping_print_its_letters_and_nothing_unseen(hostile: Site, command: tuple[str, ...]) -> None:
    done = etl(hostile, *command)
    assert "Fällig" in done.stdout
    if "json" in command or "sarif" in command:
        assert json.loads(done.stdout)


@pytest.mark.parametrize("options", [("--json",), ()], ids=["json", "text"])
def test_explain_prints_letters_and_nothing_unseen(hostile: Site, options: tuple[str, ...]) -> None:
    record = {"id": 7, "Fällig\u202e": HOSTILE, "note": f"\ud83d{HOSTILE}"[1:], "kind": f"x{HOSTILE}"}
    done = etl(hostile, "explain", "--mapping", "m.yaml", *options, "-", stdin=json.dumps(record, ensure_ascii=False))
    assert done.stdout.count("日本") >= 4
    if options:
        assert json.loads(done.stdout)["record"]["due"] == HOSTILE


def test_translate_prints_records_that_mean_the_same_and_nothing_unseen(hostile: Site) -> None:
    record = {"id": 7, "Fällig\u202e": HOSTILE, "kind": HOSTILE}
    done = etl(hostile, "translate", "--mapping", "m.yaml", "--direction", "inbound", "-", stdin=json.dumps(record))
    assert "日本" in done.stdout
    assert json.loads(done.stdout) == {"number": 7, "due": HOSTILE, "note": "\u202eübrig", "kind\u2067ä": HOSTILE}


def test_commands_about_records_print_letters_and_nothing_unseen(site: Site) -> None:
    site.client_sends(1, f"Fällig{HOSTILE}.json", summary=HOSTILE)
    for number, form in enumerate(("json", "text"), start=2):
        site.client_sends(number, summary=HOSTILE, isDone=HOSTILE)
        planned = etl(site, "plan", *SHIPPED, *(("--json",) if form == "json" else ()))
        assert "日本" in planned.stdout
        ran = etl(site, "run", *SHIPPED, "--log-format", form)
        assert "日本" in ran.stderr
        site.technician_edits(1, title=f"T {HOSTILE} {form}")
        site.client_sends(1, summary=f"C {HOSTILE} {form}")
    letter = etl(site, "dead-letters", "list", *SHIPPED).stdout.split()[0]
    assert json.loads(etl(site, "dead-letters", "export", letter, *SHIPPED).stdout)["content"]
    for command in (("dead-letters", "show", letter), ("conflicts", "list"), ("conflicts", "show", "1")):
        etl(site, *command, *SHIPPED)
    etl(site, "state", "show", "1", *SHIPPED)
    (remembered,) = json.loads(etl(site, "state", "show", "1", "--json", *SHIPPED).stdout)
    assert HOSTILE in remembered["seen"]["title"]
    assert "日本" in etl(site, "verify", *SHIPPED).stdout


def test_files_for_the_client_have_the_characters_themselves(site: Site) -> None:
    site.client_sends(1, summary=HOSTILE)
    site.run()
    assert HOSTILE in (site.outbound / "workorder_1.json").read_text()
