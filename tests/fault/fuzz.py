"""Coverage-guided fuzzing: `python -m tests.fault.fuzz --seconds 600`. It needs the extra `fuzz`, on Linux.

Every target is fuzzed in a process of its own, one after the other, from its seeds on. The figures are printed as JSON;
the exit code is 1 if an input crashed a target, hung it or made it take too much memory.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.fault.fuzz_bases import ROOT
from tests.fault.fuzz_seeds import SEEDS, words

HANG_SECONDS: Final = 20
"""An input that takes longer is a hang; instrumented code is some ten times slower than it is otherwise."""

MEMORY_MB: Final = 1024
_PROGRESS: Final = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)", re.MULTILINE)
_LAST_LINES: Final = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that a target did not stand. kind: crash, timeout or oom. said: the end of what the fuzzer said."""

    kind: str
    input_base64: str
    said: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What fuzzing a target came to.

    inputs: how many were tried. edges, features: what libFuzzer counts as covered. corpus: inputs that it kept.
    """

    inputs: int
    edges: int
    features: int
    corpus: int
    found: tuple[Finding, ...]


def campaign(seconds: float, names: Iterable[str] = tuple(SEEDS)) -> dict[str, Any]:
    """Fuzz the targets for that long altogether, one after the other; return the figures, ready for JSON.

    Fuzzing of a target ends with the first input that it does not stand.

    Raises:
        RuntimeError: when the fuzzer is not installed, or does not run.

    """
    if importlib.util.find_spec("atheris") is None:
        raise RuntimeError("atheris is not installed; run `pip install -e '.[fuzz]'` on Linux")
    chosen = tuple(names)
    figures = {name: fuzz(name, seconds / len(chosen)) for name in chosen}
    return {
        "seconds": seconds,
        "inputs": sum(each.inputs for each in figures.values()),
        "crashes": sum(len(each.found) for each in figures.values()),
        "targets": {name: asdict(each) for name, each in figures.items()},
    }


def fuzz(name: str, seconds: float) -> Figures:
    """Fuzz one target, from its seeds on.

    Raises:
        RuntimeError: when the fuzzer does not run.

    """
    with tempfile.TemporaryDirectory(prefix="etl-fuzz-") as folder:
        corpus, found, dictionary = Path(folder, "corpus"), Path(folder, "found"), Path(folder, "words")
        corpus.mkdir()
        found.mkdir()
        for index, seed in enumerate(SEEDS[name]()):
            (corpus / f"seed-{index}").write_bytes(seed)
        dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words()))
        done = _run(
            [
                name, str(corpus), f"-artifact_prefix={found}/", f"-dict={dictionary}", "-print_final_stats=1",
                f"-max_total_time={max(1, round(seconds))}", f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={MEMORY_MB}",
            ],
            folder,
        )  # fmt: skip
        return figures_of(done, sorted(found.iterdir()))


def _run(options: Sequence[str], scratch: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fault.fuzz_worker", *options],
        cwd=ROOT, env={**os.environ, "TMPDIR": scratch}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="backslashreplace", check=False,
    )  # fmt: skip


def figures_of(done: subprocess.CompletedProcess[str], artifacts: Sequence[Path]) -> Figures:
    """Return what libFuzzer said, with the inputs that it left in files called `crash-…`, `timeout-…` or `oom-…`.

    Raises:
        RuntimeError: when it did not fuzz, or failed without such a file.

    """
    progress = _PROGRESS.findall(done.stdout)
    said = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
    found = tuple(
        Finding(file.name.partition("-")[0], base64.b64encode(file.read_bytes()).decode(), said)
        for file in artifacts
        if not file.name.startswith("slow-unit-")
    )
    if not progress or (done.returncode and not found):
        raise RuntimeError(f"the fuzzer failed with exit code {done.returncode}: {said}")
    inputs = re.search(r"^stat::number_of_executed_units:\s*(\d+)", done.stdout, re.MULTILINE)
    tried, edges, features, kept = map(int, progress[-1])
    return Figures(int(inputs[1]) if inputs else tried, edges, features, kept, found)


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz as the command line says, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.fault.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long, for all targets together")
    parser.add_argument("--target", action="append", choices=tuple(SEEDS), help="only this one; may be repeated")
    options = parser.parse_args(arguments)
    figures = campaign(options.seconds, options.target or tuple(SEEDS))
    print(json.dumps(figures, indent=2))
    return 1 if figures["crashes"] else 0


if __name__ == "__main__":
    sys.exit(main())
