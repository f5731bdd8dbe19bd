"""A mapping that somebody damages is caught: by what `etl check` finds, or by an example or a golden that fails."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from etl import Direction, Mapping, MappingError
from etl.app import compile_pipeline
from etl.mapping.checks.run import check_mapping
from etl.mapping.language.document import Document, read_document
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.load import mapping_schema
from etl.testing.cases import Judge
from etl.testing.goldens import read_goldens
from tests.support.site import ROOT

FILES = sorted((ROOT / "mappings").glob("*.yaml"))
GOLDENS = ROOT / "tests" / "golden"
TABLES = ("flags", "values", "cases")


def mutants(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the mapping with one rule deleted, two lines of a table swapped, or one name misspelt."""
    yield from policy_mutants(value)
    for index, rule in enumerate(value["rules"]):
        shown = json.dumps(rule)[:60]
        damaged = copy.deepcopy(value)
        del damaged["rules"][index]
        yield f"deleted {shown}", damaged
        for word in set(TABLES) & set(rule):
            for one, other in combinations(range(len(rule[word])), 2):
                damaged = copy.deepcopy(value)
                lines = damaged["rules"][index][word]
                lines[one], lines[other] = lines[other], lines[one]
                yield f"swapped lines {one} and {other} of {shown}", damaged
        for place in _names(rule):
            damaged = copy.deepcopy(value)
            holder = damaged["rules"][index]
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = _misspelt(holder[place[-1]])
            yield f"misspelt {place} of {shown}", damaged


def policy_mutants(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the mapping with one name misspelt in what it says of conflicts and of deletions."""
    for place in (("conflicts",), ("conflicts", "newest"), ("inside", "deleted_when")):
        for word, text in _part(value, place).items():
            damaged = copy.deepcopy(value)
            part = _part(damaged, place)
            part[_misspelt(word)] = part.pop(word)
            yield f"misspelt {word} of {place}", damaged
            if isinstance(text, str):
                damaged = copy.deepcopy(value)
                _part(damaged, place)[word] = _misspelt(text)
                yield f"misspelt {text} of {place}", damaged


def _part(value: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    for step in place:
        value = value.get(step, {})
    return value


def _names(rule: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Yield the places of a rule where a path, a codec, an expression or a table's word stands."""
    for word, part in rule.items():
        if word in TABLES:
            yield from ((word, index, name) for index, line in enumerate(part) for name in line)
        elif isinstance(part, str) and word not in {"lossy", "write"}:
            yield (word,)


def _misspelt(text: str) -> str:
    return text[:-1] + ("x" if text[-1] != "x" else "y")


def caught(file: Path, value: dict[str, Any]) -> bool:
    document = Document(str(file), value)
    try:
        check_form(document, mapping_schema())
        mapping = parse_mapping(document)
    except MappingError:
        return True
    return bool(check_mapping(mapping)) or not _holds(mapping)


def _holds(mapping: Mapping) -> bool:
    """Return whether the examples and the goldens still hold."""
    judge = Judge(mapping, {direction: compile_pipeline(mapping, direction) for direction in Direction})
    folder = GOLDENS / mapping.name
    verdicts = [judge.example(example) for example in mapping.examples]
    verdicts += [judge.golden(golden) for golden in (read_goldens(folder, mapping) if folder.is_dir() else ())]
    return all(verdict.holds for verdict in verdicts)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_damaged_mapping_is_caught(file: Path) -> None:
    value = read_document(file).value
    assert not caught(file, value)
    damaged = list(mutants(value))
    missed = [what for what, mutant in damaged if not caught(file, mutant)]
    assert len(damaged) > 40
    assert missed == [], f"{len(damaged) - len(missed)} of {len(damaged)} caught"
