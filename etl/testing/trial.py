"""A trial: one law on generated records, of which Hypothesis finds the smallest that breaks it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.strategies import SearchStrategy

from etl.record import Record, Violation
from etl.testing.cases import Difference

Law: TypeAlias = Callable[[Any], None]
"""Raises for what is drawn and breaks it."""


class BrokenError(Exception):
    """A record breaks a law."""

    def __init__(self, record: Record, messages: list[str], differences: tuple[Difference, ...]) -> None:
        super().__init__("a law does not hold")
        self.record = record
        self.messages = messages
        self.differences = differences


class RejectedError(Exception):
    """A record is rejected."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__()
        self.violations = violations


class LetGoError(Exception):
    """A record that was accepted is rejected later on, and somebody said why that may be."""


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Let Hypothesis keep its files in a folder that is gone afterwards, not in the user's."""
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


class Trial:
    """Tries one law on generated records. Those that are rejected say nothing of it."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self.tried = 0
        self.accepted = 0
        self._reasons = Counter[str]()

    def run(self, drawn: SearchStrategy[Record], examples: int, seed: int) -> BrokenError | None:
        """Return the smallest record that breaks the law, None where none was found."""
        options = hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            print_blob=False,
        )

        @hypothesis.seed(seed)
        @options
        @hypothesis.given(drawn)
        def check(record: Record) -> None:
            self._check(record)

        try:
            check()
        except BrokenError as error:
            return error
        except hypothesis.errors.Unsatisfiable:
            return None
        return None

    def complaint(self, system: str) -> str:
        """Return in words that nearly all records were rejected, and why most were."""
        reason = "".join(f", most for: {reason}" for reason, _ in self._reasons.most_common(1))
        if not self.accepted:
            return f"none of the {self.tried} generated records of {system} is accepted{reason}"
        return f"only {self.accepted} of {self.tried} generated records of {system} are accepted{reason}"

    def _check(self, record: Record) -> None:
        self.tried += 1
        try:
            self._law(copy.deepcopy(record))
        except RejectedError as error:
            self._reasons.update(str(violation) for violation in error.violations[:1])
            hypothesis.reject()
        except LetGoError:
            pass
        self.accepted += 1
