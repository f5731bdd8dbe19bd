"""YAML is read quickly where that makes no difference: libyaml and PyYAML's own parser give the same nodes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from etl.mapping.language.composing import by_libyaml, by_pyyaml
from tests.support.site import ROOT

PIECES = (
    *"ab1 :,-[]{}'\"#|>.=@`~\\/+$()é😀<!%?&*\t\r",
    *("\n", "\n  ", "\n    ", "\n- ", "  - ", "- ", ": ", ", ", "|\n ", "> \n", "''", "\\n", " #x\n", "\\x41"),
    *("a: b\n", "{a: b}", "[a, b]", "'a': ", '"b"', "--- ", "...", "\u2028", "\x85", "\ufeff", "null"),
)
TEXTS = [file for folder in ("mappings", "tests", "docs", "etl") for file in sorted((ROOT / folder).rglob("*.yaml"))]


def told(node: yaml.Node | None) -> Any:
    """Return what a mapping's reader sees of a node: where it stands, its tag, how it is written, what is in it."""
    if node is None:
        return None
    where = node.start_mark.line, node.start_mark.column
    if isinstance(node, yaml.ScalarNode):
        return where, node.tag, node.value, node.style or None
    if isinstance(node, yaml.MappingNode):
        return where, node.tag, [(told(key), told(value)) for key, value in node.value]
    return where, node.tag, [told(item) for item in node.value]


def test_a_plain_text_is_read_by_libyaml() -> None:
    assert (by_libyaml("mapping: x\nrules:\n  - {a: b, c: 'd'}\n") is not None) == yaml.__with_libyaml__


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_is_read_the_same_by_either_parser(file: Any) -> None:
    text = file.read_text("utf-8", errors="replace")
    if (quick := by_libyaml(text)) is not None:
        assert told(quick) == told(by_pyyaml(text))


@given(st.lists(st.sampled_from(PIECES), max_size=24).map("".join))
def test_whatever_is_written_is_read_the_same_by_either_parser(text: str) -> None:
    if (quick := by_libyaml(text)) is not None:
        assert told(quick) == told(by_pyyaml(text))
