"""A pytest plugin: every mapping is a test file, with a test for `etl check` and one for each of its examples.

Everything but pytest is imported when a mapping is collected, so pytest starts as fast as without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from etl.mapping.model import Example
    from etl.testing.cases import Judge

_DEFAULT: Final = ("mappings/*.yaml", "mappings/*/*.yaml")
_BROKEN: Final = ("tests", "broken")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says which files are mappings."""
    parser.addini(
        "etl_mappings",
        f"patterns of mapping files that are collected as tests (default: {' '.join(_DEFAULT)})",
        type="args",
        default=list(_DEFAULT),
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that is a mapping, by its name and its first lines."""
    if file_path.suffix not in {".yaml", ".yml"} or _is_broken(file_path):
        return None
    named = parent.session.isinitpath(file_path)
    if not named and not any(file_path.match(pattern) for pattern in parent.config.getini("etl_mappings")):
        return None
    from etl.shipped import says_mapping  # noqa: PLC0415 - see the module

    return MappingFile.from_parent(parent, path=file_path) if says_mapping(file_path) else None


def _is_broken(file: Path) -> bool:
    """Return whether a file lies where wrong mappings are kept on purpose."""
    return _BROKEN in zip(file.parts, file.parts[1:], strict=False)


class FailedError(Exception):
    """A test of a mapping does not hold; the message is all that a reader needs."""


class MappingFile(pytest.File):
    """One mapping file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test of the mapping as a whole, then one for each example."""
        from etl.app import compile_pipeline  # noqa: PLC0415 - see the module
        from etl.errors import MappingError  # noqa: PLC0415
        from etl.mapping.load import load_mapping  # noqa: PLC0415
        from etl.mapping.terms import Direction  # noqa: PLC0415
        from etl.testing.cases import Judge  # noqa: PLC0415

        yield CheckItem.from_parent(self, name="check")
        try:
            mapping = load_mapping(self.path)
        except MappingError:
            return  # the test before says why
        judge = Judge(mapping, {direction: compile_pipeline(mapping, direction) for direction in Direction})
        for example in mapping.examples:
            yield ExampleItem.from_parent(self, name=example.name, example=example, judge=judge)


class _Item(pytest.Item):
    """A test of a mapping, whose failure is told without a traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **options: Any) -> Any:
        """Return the message of a test that does not hold."""
        if isinstance(excinfo.value, FailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **options)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test stands."""
        return self.path, None, self.name


class CheckItem(_Item):
    """What `etl check` says of a mapping: no errors."""

    def runtest(self) -> None:
        """Raise FailedError with every error."""
        from etl.errors import MappingError  # noqa: PLC0415 - see the module
        from etl.mapping.load import load_mapping  # noqa: PLC0415

        try:
            load_mapping(self.path)
        except MappingError as error:
            raise FailedError(str(error)) from None


class ExampleItem(_Item):
    """One example of a mapping."""

    def __init__(self, *, example: Example, judge: Judge, **options: Any) -> None:
        super().__init__(**options)
        self._example = example
        self._judge = judge

    def runtest(self) -> None:
        """Raise FailedError with every difference."""
        from etl.testing.report import render_failure  # noqa: PLC0415 - see the module

        verdict = self._judge.example(self._example)
        if not verdict.holds:
            raise FailedError("\n".join(render_failure(verdict, self._judge.mapping.file)))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the example stands, its line counted from 0."""
        where = self._example.where
        return Path(where.file or self.path), where.line - 1, self.name
