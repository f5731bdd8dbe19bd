"""`etl fmt`: one way to write a mapping. Its value, its comments and the order of its rules stay as they are."""

from __future__ import annotations

import json
import random
import re
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import MappingError
from etl.errors import FormatterError
from etl.mapping.formatter.format import format_mapping
from etl.mapping.formatter.layout import read_comments
from etl.mapping.formatter.write import write_layout
from etl.mapping.language.document import read_document
from tests.support.command_line import Done, etl
from tests.support.site import ROOT

LANGUAGE = (ROOT / "docs" / "language.md").read_text()
BLOCKS = [block for block in re.findall(r"```yaml\n(.*?)```", LANGUAGE, re.DOTALL) if "mapping: " in block]
MAPPINGS = {file.name: file.read_text() for file in sorted((ROOT / "mappings").glob("*.yaml"))}
WRITTEN = MAPPINGS | {f"docs/language.md, mapping {number}": block for number, block in enumerate(BLOCKS, 1)}

TOP = """\
mapping: m
language: 1

outside:
  name: client
  schema: c.json
  files: {inbound: "*.json", outbound: "{id}.json"}

inside:
  name: tracos
  schema: t.json
  mongodb:
    collection: orders
    export_when: {isSynced: {$ne: true}}
    on_export: {isSynced: true}

"""


def fmt(text: str) -> str:
    """Format a mapping; check what must hold of every mapping."""
    made = format_mapping(text, "m.yaml")
    assert format_mapping(made, "m.yaml") == made
    assert made.endswith("\n")
    assert not made.endswith("\n\n")
    assert "\r" not in made
    return made


def rules(text: str) -> str:
    """Return what becomes of the rules (and what follows them) of a mapping."""
    made = fmt(TOP + "rules:\n" + text)
    head, found, after = made.partition("rules:\n")
    assert (head, found) == (TOP, "rules:\n")
    return after


def etl_fmt(*arguments: str | Path, text: str | bytes = b"") -> Done:
    return etl("fmt", *map(str, arguments), stdin=text)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_mapping_of_the_project_is_formatted(name: str) -> None:
    assert fmt(WRITTEN[name]) == WRITTEN[name]


def test_the_language_reference_has_complete_mappings() -> None:
    assert len(BLOCKS) >= 3


class Author:
    """Writes a value as YAML in every manner that the language allows, with a comment wherever one may stand."""

    def __init__(self, chance: random.Random, comments: float) -> None:
        self.chance = chance
        self.often = comments
        self.comments: list[str] = []
        self.after_block_scalar = False  # where a comment that is too far to the right would be text

    def document(self, value: dict[str, Any]) -> str:
        lines = self.block(value, 0)
        return "\n".join([*lines, *self.between(0)]) + self.chance.choice(["", "\n", "\n\n\n"])

    def comment(self) -> str:
        text = self.chance.choice(["# {}", "#{}", "# {}: 'x' \"", "# - {{{}, }}", "#  {} #"]).format(len(self.comments))
        self.comments.append(text)
        return text

    def between(self, indent: int) -> list[str]:
        """Return blank lines and comments on lines of their own."""
        lines = []
        while self.chance.random() < self.often:
            pad = " " * (indent + self.chance.choice([0, 0, 0, 0 if self.after_block_scalar else 2]))
            lines.append(pad + self.comment() if self.chance.random() < 0.7 else "")
        return lines

    def beside(self) -> str:
        return self.chance.choice([" ", "    ", "  "]) + self.comment() if self.chance.random() < self.often else ""

    def block(self, value: Any, indent: int) -> list[str]:
        lines = []
        pad = " " * indent
        pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for key, item in pairs:
            lines += self.between(indent)
            head = pad + ("-" if key is None else self.text(key, in_flow=False, is_key=True) + ":")
            self.after_block_scalar = False
            lines += self.entry(head, item, indent)
        if self.chance.random() < self.often:
            lines.append(pad + self.comment())
        return lines

    def entry(self, head: str, item: Any, indent: int) -> list[str]:
        is_collection = isinstance(item, dict | list) and item
        if is_collection and self.chance.random() < 0.5:
            body = self.block(item, indent + 2)
            if (
                head.endswith("-")
                and self.chance.random() < 0.8
                and not body[0].lstrip().startswith(("#", "-"))
                and body[0]
            ):
                return [head + body[0][indent + 1 :], *body[1:]]
            return [head + self.beside(), *body]
        if isinstance(item, str) and " " in item.strip() and item.isprintable() and self.chance.random() < 0.2:
            return self.block_scalar(head, item, indent)
        return (head + " " + self.inline(item, indent + 2, in_flow=False) + self.beside()).split("\n")

    def block_scalar(self, head: str, item: str, indent: int) -> list[str]:
        self.after_block_scalar = True
        pad = " " * (indent + self.chance.choice([1, 2, 4]))
        if self.chance.random() < 0.5 and not item.startswith(" "):
            first, _, rest = item.partition(" ")
            if not rest.startswith(" ") and rest.strip():
                return [f"{head} >-{self.beside()}", pad + first, pad + rest]
        mark = str(len(pad) - indent) if item.startswith(" ") else ""
        return [f"{head} |{mark}-{self.beside()}", pad + item]

    def inline(self, value: Any, indent: int, *, in_flow: bool) -> str:
        if not isinstance(value, dict | list):
            return self.text(value, in_flow=in_flow)
        spread = self.chance.random() < 0.3
        pad = " " * indent

        def gap() -> str:
            if not spread:
                return self.chance.choice(["", " "])
            lines = [self.beside(), *(line.strip() and pad + line.strip() for line in self.between(indent)), pad + " "]
            return "\n".join(lines)

        parts: list[str] = []
        for key in value:
            prefix = self.text(key, in_flow=True, is_key=True) + ": " if isinstance(value, dict) else ""
            item = value[key] if isinstance(value, dict) else key
            if parts:
                parts.append(gap() + ",")
            parts.append(gap() + prefix + self.inline(item, indent + 2, in_flow=True))
        if parts and self.chance.random() < 0.2:
            parts.append(gap() + ",")
        inner = "".join(parts) + gap()
        return "{" + inner + "}" if isinstance(value, dict) else "[" + inner + "]"

    def text(self, value: Any, *, in_flow: bool, is_key: bool = False) -> str:
        if not isinstance(value, str):
            return json.dumps(value) if value is not None else self.chance.choice(["null", "~"])
        manners = [json.dumps(value, ensure_ascii="😀" not in value)]
        if value.isprintable():
            manners.append("'" + value.replace("'", "''") + "'")
        if re.fullmatch(r"[A-Za-z][A-Za-z_]*( [a-z]+)*", value) and not is_ambiguous(value):
            manners += [value] * 3
            if " " in value and not is_key and not in_flow:
                manners.append(value)
        return self.chance.choice(manners)


def is_ambiguous(text: str) -> bool:
    return text.lower() in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


texts = st.one_of(
    st.sampled_from(
        ["a", "on", "null", "7", "x y", "a long name " * 12 + "x", "don't", 'say "it"', "é, {ü}", "# no", "😀", "~", ""]
    ),
    st.text(alphabet="ab :#,[]{}'\"\\&*?-|>%@`~\t\n\u2028\x85é", max_size=8),
)
scalars = st.one_of(texts, st.integers(-9, 99), st.booleans(), st.none(), st.sampled_from([0.5, -1e300]))
lists = st.lists(scalars, min_size=1, max_size=4)
records = st.dictionaries(texts, st.one_of(scalars, lists, st.dictionaries(texts, scalars, max_size=3)), max_size=4)
paths = st.one_of(st.sampled_from(["a", "asset.location.id", '"spi:wonum"', "lines[0].qty"]), texts.filter(bool))


def by_system(each: st.SearchStrategy[Any], /, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"client": each, "tracos": each}, optional=more)


lines = by_system(st.one_of(scalars, lists))
patterns = by_system(st.dictionaries(texts, st.one_of(scalars, lists), min_size=1, max_size=3))
plain_rules = by_system(
    paths, key=st.booleans(), write=st.just("once"), wins=st.just("client"), **{"as": st.just("datetime")}
)
conflicts = st.fixed_dictionaries(
    {"newest": by_system(paths, tolerance=st.integers(0, 9), **{"as": st.just("epoch_s")})},
    optional={"wins": st.just("newest")},
)
tables = by_system(
    paths,
    flags=st.lists(by_system(scalars), min_size=1, max_size=3),
    values=st.lists(lines, min_size=1, max_size=3),
    cases=st.lists(patterns, min_size=1, max_size=3),
    each=st.lists(plain_rules, min_size=1, max_size=3),
    otherwise=st.one_of(st.just("x"), by_system(scalars)),
    nulls=st.fixed_dictionaries({"tracos": lists}),
)
systems: dict[Any, st.SearchStrategy[Any]] = {"schema": st.just("../s.json"), "when_absent": scalars, "nulls": lists}
mongodb: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "collection": st.just("orders"),
        "export_when": st.dictionaries(texts, st.one_of(scalars, records), min_size=1, max_size=3),
        "on_export": st.dictionaries(texts, scalars, max_size=2),
    }
)
files: st.SearchStrategy[Any] = st.just({"outbound": "{id}.json", "inbound": "*.json"})
mappings = st.fixed_dictionaries(
    {
        "mapping": st.just("m"),
        "language": st.just(1),
        "outside": st.fixed_dictionaries(
            systems | {"name": st.just("client"), "files": files},
            optional={"echo": st.booleans(), "keep": st.sampled_from([False, True, "whole"])},
        ),
        "inside": st.fixed_dictionaries(
            systems | {"name": st.just("tracos"), "mongodb": mongodb},
            optional={"deleted_when": st.dictionaries(texts, st.one_of(scalars, lists), min_size=1, max_size=2)},
        ),
        "rules": st.lists(st.one_of(plain_rules, tables), min_size=1, max_size=6),
    },
    optional={
        "conflicts": conflicts,
        "examples": st.lists(
            by_system(records, name=st.just("an example")).filter(lambda value: "name" in value), max_size=2
        ),
    },
)


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return a value whose keys are in another order."""
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return value


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 2)
@given(mappings, st.randoms(use_true_random=False), st.sampled_from([0, 0.1, 0.4]))
def test_whatever_an_author_writes_keeps_its_value_and_its_comments(
    value: dict[str, Any], chance: random.Random, comments: float
) -> None:
    author = Author(chance, comments)
    text = author.document(shuffled(value, chance))
    made = fmt(text)
    assert value_of(made) == value_of(text) == json.dumps(value, sort_keys=True)
    assert sorted(read_comments(made)) == sorted(author.comments)


def value_of(text: str) -> str:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(text.encode())
        file.flush()
        return json.dumps(read_document(Path(file.name)).value, sort_keys=True)


LOOKS: dict[str, tuple[str, str]] = {
    "columns of neighbouring rules": (
        ("- {client: a, tracos: b}\n- { client: summary,tracos: title , as: datetime }\n"
        "- {tracos: x, from: 'y.z', as: datetime}\n\n- {client: a1, tracos: b1}\n"),
        ("  - {client: a,       tracos: b}\n  - {client: summary, tracos: title, as: datetime}\n"
        "  - {tracos: x,       from: y.z,     as: datetime}\n\n  - {client: a1, tracos: b1}\n"),
    ),
    "a short rule on one line": (
        "- client: a\n  tracos: join(a, b)\n",
        '  - {client: a, tracos: "join(a, b)"}\n',
    ),
    "a rule with a comment inside stays a block": (
        "- {client: a, # why\n  # and\n  tracos: b}  # end\n",
        "  # end\n  - client: a  # why\n    # and\n    tracos: b\n",
    ),
    "a table below its rule": (
        "- {flags: [{tracos: t, client: isDone}, {tracos: u, client: x}], tracos: s, otherwise: v}\n",
        ("  - tracos: s\n    flags:\n      - {client: isDone, tracos: t}\n      - {client: x,      tracos: u}\n"
        "    otherwise: v\n"),
    ),
    "words of a rule in order": (
        "- {wins: tracos, write: once, key: true, as: date, tracos: b, client: a, lossy: why}\n",
        "  - {client: a, tracos: b, as: date, key: true, write: once, wins: tracos, lossy: why}\n",
    ),
    "quotes where they are needed": (
        "- {client: 'a', tracos: \"b.c\"}\n- {client: '\"x:y\"', tracos: 'no'}\n- {client: \"7\", tracos: 'a b'}\n",
        ("  - {client: a,       tracos: b.c}\n  - {client: '\"x:y\"', tracos: \"no\"}\n"
        "  - {client: \"7\",     tracos: \"a b\"}\n"),
    ),
    "block scalars": (
        "- tracos: x\n  from: |-\n      a\n        || b\n- tracos: z\n  from: >-  # long\n    c ||\n    d\n",
        ("  - tracos: x\n    from: |-\n      a\n        || b\n"
        "  - tracos: z\n    from: >-  # long\n      c ||\n      d\n"),
    ),
    "blank lines": (
        "\n\n- {client: a, tracos: b}\n\n\n\n- {client: c, tracos: d}\n\n\n",
        "  - {client: a, tracos: b}\n\n  - {client: c, tracos: d}\n",
    ),
    "comments between rules, at their ends and after the last": (
        "# one\n- {client: a, tracos: b} # two\n# three\n- {client: c, tracos: dd}    # four\n#five\n",
        "  # one\n  - {client: a, tracos: b}  # two\n  # three\n  - {client: c, tracos: dd}  # four\n#five\n",
    ),
    "comments that follow one another": (
        "- {client: a, tracos: b} # 1\n- {client: c, tracos: ddd} # 2\n- {client: e, tracos: f}      # 3\n",
        "  - {client: a, tracos: b}    # 1\n  - {client: c, tracos: ddd}  # 2\n  - {client: e, tracos: f}    # 3\n",
    ),
    "a line of a table that is commented out stays with its table": (
        "- tracos: s\n  flags:\n  - {client: a, tracos: b}\n    # - {client: c, tracos: d}\n  otherwise: x\n",
        ("  - tracos: s\n    flags:\n      - {client: a, tracos: b}\n      # - {client: c, tracos: d}\n"
        "    otherwise: x\n"),
    ),
    "nothing is null": (
        "- client: a\n  tracos: b\n  when_absent: {client: ~, tracos: }\n",
        "  - client: a\n    tracos: b\n    when_absent: {client: null, tracos: null}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKS)
def test_a_mapping_has_one_look(name: str) -> None:
    written, expected = LOOKS[name]
    assert rules(written) == expected


def test_what_does_not_fit_on_a_line_becomes_a_block() -> None:
    path = "a_rather_long_name_of_a_field." * 4
    expected = f"  - client: {path}x\n    tracos: b\n  - {{client: c, tracos: d}}\n"
    assert rules(f"- {{client: {path}x, tracos: b}}\n- {{client: c, tracos: d}}\n") == expected


def test_a_long_line_does_not_push_the_columns_of_others() -> None:
    path = "a_rather_long_name_of_a_field." * 3
    made = rules(f"- {{client: {path}x, tracos: b}}\n- {{client: c, tracos: {path}x}}\n- {{client: dd, tracos: e}}\n")
    assert all(len(line) <= 120 for line in made.splitlines())


def test_the_keys_of_a_mapping_have_one_order_and_its_rules_keep_theirs() -> None:
    upside_down = (
        "# yaml-language-server: $schema=s\n"
        "rules:\n# the last is first\n- {tracos: z, client: z, key: true}\n- {client: a, tracos: a}\n"
        "inside:\n  mongodb: {on_export: {b: 1, a: 2}, export_when: {x: 1}, collection: orders}\n"
        "  deleted_when: {status: deleted, active: false}\n"
        "  schema: t.json\n  name: tracos\n"
        "examples: []\n"
        "conflicts:\n  # by their clocks\n  newest: {tolerance: 5, as: date, tracos: at, client: day}\n  wins: newest\n"
        "outside: {files: {outbound: '{z}.json', inbound: '*.json'}, echo: false, schema: c.json, name: client}\n"
        "language: 1\nmapping: m"
    )
    assert fmt(upside_down) == (
        "# yaml-language-server: $schema=s\n"
        "mapping: m\nlanguage: 1\n\n"
        "outside:\n  name: client\n  schema: c.json\n  echo: false\n"
        '  files: {inbound: "*.json", outbound: "{z}.json"}\n\n'
        "inside:\n  name: tracos\n  schema: t.json\n  deleted_when: {status: deleted, active: false}\n"
        "  mongodb: {collection: orders, export_when: {x: 1}, on_export: {b: 1, a: 2}}\n\n"
        "conflicts:\n  wins: newest\n  # by their clocks\n"
        "  newest: {client: day, tracos: at, as: date, tolerance: 5}\n\n"
        "rules:\n  # the last is first\n  - {client: z, tracos: z, key: true}\n  - {client: a, tracos: a}\n\n"
        "examples: []\n"
    )


def test_windows_line_ends_and_a_byte_order_mark_go(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(
        b"\xef\xbb\xbf" + (TOP + "rules:\n  - {client: a, tracos: b}  # x\n").replace("\n", "\r\n").encode()
    )
    assert etl_fmt(file).returncode == 0
    assert file.read_bytes() == (TOP + "rules:\n  - {client: a, tracos: b}  # x\n").encode()


def test_anchors_stay_before_their_aliases() -> None:
    made = rules("- {client: a, tracos: b, as: &zoned {datetime: {zone: UTC}}}\n- {client: c, tracos: d, as: *zoned}\n")
    assert "as: &zoned {datetime" in made
    assert "as: *zoned}" in made
    text = "rules:\n  - {tracos: &b b, client: a}\n" + TOP.replace("collection: orders", "collection: *b")
    assert fmt(text).startswith("rules:\n  - {tracos: &b b, client: a}\n\nmapping: m\n")


UNTIDY = TOP + "rules:\n- { client: a, tracos: b }\n"
TIDY = TOP + "rules:\n  - {client: a, tracos: b}\n"


def test_a_file_is_formatted_once(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(UNTIDY)
    file.chmod(0o640)
    done = etl_fmt(file)
    assert (done.returncode, done.stdout, file.read_text()) == (0, f"formatted {file}\n", TIDY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    before = file.stat()
    done = etl_fmt(file)
    assert (done.returncode, done.stdout, file.stat()) == (0, "", before)
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_to_a_mapping_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(UNTIDY)
    (tmp_path / "link.yaml").symlink_to("m.yaml")
    assert etl_fmt(tmp_path / "link.yaml").returncode == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "m.yaml").read_text() == TIDY


def test_check_names_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    tidy, untidy = tmp_path / "tidy.yaml", tmp_path / "untidy.yaml"
    tidy.write_text(TIDY)
    untidy.write_text(UNTIDY)
    done = etl_fmt("--check", tidy, untidy)
    assert (done.returncode, done.stdout) == (1, f"{untidy}\n")
    assert untidy.read_text() == UNTIDY
    done = etl_fmt("--check", tidy)
    assert (done.returncode, done.stdout) == (0, "")


def test_diff_prints_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(UNTIDY.rstrip())
    done = etl_fmt("--diff", file)
    assert done.returncode == 0
    assert "-- { client: a, tracos: b }\n\\ No newline at end of file\n+  - {client: a, tracos: b}\n" in done.stdout
    assert file.read_text() == UNTIDY.rstrip()
    assert etl_fmt("--check", "--diff", file).returncode == 1


def test_stdin_is_formatted_to_stdout() -> None:
    done = etl_fmt("-", text=UNTIDY)
    assert (done.returncode, done.stdout, done.stderr) == (0, TIDY, "")
    assert etl_fmt("-", text=TIDY).stdout == TIDY
    assert etl_fmt("--check", "-", text=UNTIDY).stdout == "<stdin>\n"


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ("a: [1", "1:6 E002 not YAML"),
        (UNTIDY.replace("tracos: b", "tracos: no"), "18:24 E004 no means"),
        (UNTIDY + "rulez: []\n", "19:1 E010 unknown key rulez"),
        (UNTIDY.replace("mapping: m\n", ""), "E012 mapping is missing"),
        (b"\xff", "1:1 E001 byte 0 is not UTF-8"),
    ],
    ids=["syntax", "ambiguous", "unknown key", "required key", "not UTF-8"],
)
def test_what_is_no_mapping_is_refused_and_left_as_it_is(tmp_path: Path, content: str | bytes, finding: str) -> None:
    file, good = tmp_path / "m.yaml", tmp_path / "good.yaml"
    raw = content if isinstance(content, bytes) else content.encode()
    file.write_bytes(raw)
    good.write_text(UNTIDY)
    done = etl_fmt(file, good)
    assert done.returncode == 3
    assert finding in done.stdout.splitlines()[0]
    assert file.read_bytes() == raw
    assert good.read_text() == TIDY
    done = etl_fmt("-", text=raw)
    assert (done.returncode, done.stdout) == (3, "")
    assert finding in done.stderr


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    done = etl_fmt(tmp_path / "none.yaml")
    assert done.returncode == 3
    assert "E001 the file cannot be read" in done.stdout


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text.replace("tracos: b", "tracos: c"), "its value would change"),
        (lambda text: text.replace("# note", ""), "a comment would be lost"),
        (lambda text: text + "]", "E002 not YAML"),
    ],
    ids=["value", "comment", "syntax"],
)
def test_a_defect_of_the_formatter_damages_no_file(monkeypatch: pytest.MonkeyPatch, damage: Any, reason: str) -> None:
    monkeypatch.setattr("etl.mapping.formatter.format.write_layout", lambda root: damage(write_layout(root)))
    with pytest.raises(FormatterError, match="internal error") as caught:
        format_mapping(UNTIDY + "# note\n", "m.yaml")
    assert reason in str(caught.value)


@given(st.text(alphabet="ab:{}[]&*!|>'\"#%@`,-? \n\t0123\\é\x00", max_size=60))
def test_any_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(MappingError):
        format_mapping(text, "m.yaml")
