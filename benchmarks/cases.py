"""What is measured."""

from __future__ import annotations

from benchmarks.notes import NOTES
from benchmarks.runs import RUNS
from benchmarks.startup import STARTUPS
from benchmarks.streams import LARGE, STREAMS
from benchmarks.translations import TRANSLATIONS

CASES = (*RUNS, *STREAMS, *NOTES, *TRANSLATIONS, *STARTUPS)
ALL = (*CASES, *LARGE)
