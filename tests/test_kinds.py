"""A kind of rule is complete or does not type-check: a new one breaks types just where CONTRIBUTING.md says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site import ROOT

DUMMY = '''"""A kind of rule that says nothing of itself yet."""

from __future__ import annotations

from dataclasses import dataclass

from etl.mapping.rules.rule import BaseRule
from etl.mapping.terms import Position


@dataclass(frozen=True, slots=True)
class Dummy(BaseRule):
    """Says nothing."""


DUMMY = Dummy(Position(1, 1))
'''
KINDS = Path("etl/mapping/rules/kinds.py")
MUST_ANSWER = {
    "etl/mapping/checks/rules.py",
    "etl/mapping/rules/dummy.py",
    "etl/page/words.py",
}
"""The files that ask a kind of what it does not say yet; that it is parsed at all is for the author to write."""


@pytest.mark.long
def test_a_new_kind_of_rule_does_not_type_check_before_it_is_complete(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "etl", tmp_path / "etl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "etl/mapping/rules/dummy.py").write_text(DUMMY)
    kinds = (tmp_path / KINDS).read_text()
    union = re.search(r"^Rule: TypeAlias = .*$", kinds, re.MULTILINE)
    assert union is not None
    with_dummy = kinds.replace(union[0], f"{union[0]} | Dummy").replace(
        "from etl.mapping.rules.each", "from etl.mapping.rules.dummy import Dummy\nfrom etl.mapping.rules.each"
    )
    (tmp_path / KINDS).write_text(with_dummy)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "etl"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    named = set(re.findall(r"^(etl/[^:]+):\d+: error", done.stdout, re.MULTILINE))
    assert named == MUST_ANSWER, done.stdout
    assert "abstract" in done.stdout
