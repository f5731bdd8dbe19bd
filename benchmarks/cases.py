"""What is measured."""

from __future__ import annotations

from benchmarks.runs import RUNS
from benchmarks.startup import STARTUPS
from benchmarks.translations import TRANSLATIONS

CASES = (*RUNS, *TRANSLATIONS, *STARTUPS)
