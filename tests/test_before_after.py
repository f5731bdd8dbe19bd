"""The page of pairs: what one rule says both ways, beside the two that would say it in one direction each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from etl import Direction, Mapping
from etl.mapping.language.document import parse_document
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.load import examine_text, mapping_schema
from etl.mapping.paths import get
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Side
from tests.support.site import ROOT

PAGE = (ROOT / "docs" / "before_after.md").read_text()
PAIRS = re.findall(
    r"^## \d+\. ([^\n]+)\n\nIn \[.+?\]\(\.\./(.+?)\)\. Before:\n\n```yaml\n(.+?)```\n\nAfter:\n\n```yaml\n(.+?)```",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def text_with(file: Path, rules: str) -> str:
    """Return the text of a mapping of which these are the rules beside its key."""
    head, _, body = file.read_text().partition("\nrules:\n")
    keys = [
        line
        for line in body.partition("\nexamples:\n")[0].splitlines()
        if "key: true" in line or "key: assigned" in line
    ]
    return "\n".join([head, "rules:", *keys, *(f"  {line}" for line in rules.splitlines())])


def with_rules(file: Path, rules: str) -> Mapping:
    """Return a mapping of which these are the rules beside its key."""
    document = parse_document(text_with(file, rules), str(file))
    check_form(document, mapping_schema())
    return parse_mapping(document)


def squeezed(text: str) -> str:
    """Return a text without the blanks that line up columns."""
    return re.sub(r"(?<=\S) {2,}", " ", text)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_there_are_twelve() -> None:
    assert len(PAIRS) == 12


@pytest.mark.parametrize(("title", "file", "before", "after"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_both_read_the_same_and_the_mapping_has_the_second(title: str, file: str, before: str, after: str) -> None:
    del title
    written = "".join(f"  {line}\n" for line in after.splitlines())
    blocks = re.split(r"^(?=  - )", written, flags=re.MULTILINE)[1:]
    assert all(squeezed(block) in squeezed((ROOT / file).read_text()) for block in blocks)
    assert compared(ROOT / file, before, after)


def compared(file: Path, before: str, after: str) -> int:
    """Return of how many records two sets of rules read the same; none may they read otherwise."""
    one, two = with_rules(file, before), with_rules(file, after)
    paths = {path for rule in one.rules if not rule.key for path in rule.paths(Side.INSIDE)}
    assert paths
    count = 0
    for golden in (ROOT / "tests" / "golden" / one.name).glob("*.jsonl"):
        for line in golden.read_text().splitlines():
            record = json.loads(line)[one.outside.name]
            read = [compile_mapping(mapping, Direction.INBOUND)(record, {}) for mapping in (one, two)]
            if not (read[0][2] or read[1][2]):
                count += 1
                first, second = ({path: get(without_nulls(made), path) for path in paths} for made, _, _ in read)
                assert first == second
    return count


def advised(file: Path, before: str) -> str:
    """Return the rules that check names in the place of these, as a block of them."""
    _, findings = examine_text(text_with(file, before), str(file))
    (finding,) = (one for one in findings if one.code == "W174")
    text, _, _ = finding.fix.removeprefix("write ").partition(" in the place of ")
    return "".join(f"- {rule}\n" for rule in re.split(r" and (?=\{)", text))


def form_of(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what a rule is: the fields of its systems with the kind of rule, and how it converts."""
    if "cases" not in rule:
        return {word: said if word != "values" else ... for word, said in rule.items() if word not in ("each", "lossy")}
    lines = [{name: frozenset(said) for name, said in line.items() if name != "lossy"} for line in rule["cases"]]
    return {"cases": lines[0]}


@pytest.mark.parametrize(("title", "file", "before", "after"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_check_names_the_second_for_the_first(title: str, file: str, before: str, after: str) -> None:
    del title
    named = advised(ROOT / file, before)
    assert [form_of(rule) for rule in yaml.safe_load(named)] == [form_of(rule) for rule in yaml.safe_load(after)]
    assert compared(ROOT / file, before, named)
