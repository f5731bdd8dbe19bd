"""One fuzzer on one target, in a process that it ends: `python -m tests.fault.fuzz_worker TARGET [OPTION ...]`."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import atheris

INSTRUMENTED: Final = ("etl", "yaml", "jmespath", "dotenv", "_strptime", "pymongo.uri_parser_shared")
"""Whose branches guide the fuzzer: ours, and those that read an input for us."""

with atheris.instrument_imports(include=list(INSTRUMENTED)):
    for lazy in ("dotenv.parser", "_strptime"):
        importlib.import_module(lazy)
    from tests.fault.fuzz_targets import TARGETS

if __name__ == "__main__":
    program, name, *options = sys.argv
    atheris.Setup([program, *options], TARGETS[name])
    atheris.Fuzz()
