"""Every error of the engine, by whose fault it is and what helps.

EtlError
├── ConfigurationError   ours to correct before a run: nothing was read, nothing was written
│   ├── MappingError     edit the mapping (or a schema) at the places that its findings name
│   ├── SettingsError    correct the environment variable or the .env file that it names
│   ├── PlanError        the plan does not fit what it is applied to: plan again
│   ├── DraftError       give other samples, or another schema, to draft a mapping from
│   └── KeyTextError     write a key, a rule or a system as the mapping has it
├── RecordError          the record's fault: correct the record; all others went on
├── EndpointError        MongoDB or the file system failed: see to it, then run again, which is always safe
│   └── LockedError      somebody else is at work here: wait for it, or stop it
│       └── LeaseLostError   this run was held up for too long to go on: run again
├── LimitError           a limit that you set stopped the run: look at the records, or raise the limit
├── DriftError           a delivery has lost fields that the mapping reads: correct the mapping, or say that it is right
├── RestoredError        documents or what is remembered came out of a backup: restore both, or say that it is right
├── NoLetterError        there is no dead letter of this id: see which there are
├── UndoError            there is no such run to take back: see which there are
└── FormatterError       a bug of the formatter, noticed before it did harm: the file is as it was
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from etl.exit_codes import ExitCode
from etl.record import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etl.record import Violation


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong in a mapping or schema file.

    file: as the user named it. line, column: 1-based. code: stable; E110 is an error, W170 a warning.
    message: what is wrong. fix: what would be right. All text is printable and of one line, whatever the file says.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    fix: str

    def __post_init__(self) -> None:
        for name in ("file", "message", "fix"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    @property
    def is_error(self) -> bool:
        """Whether a mapping with this finding is refused; a warning is only said."""
        return self.code.startswith("E")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.code} {self.message}; {self.fix}"


class EtlError(Exception):
    """Base of every error that the engine raises on purpose. exit_code: of a command that ends with it."""

    exit_code: ClassVar[int] = ExitCode.BROKEN


class ConfigurationError(EtlError):
    """The mapping or the settings do not hold; found before anything was read."""

    exit_code = ExitCode.INVALID


class MappingError(ConfigurationError):
    """A mapping, or a schema that it names, is wrong. `findings` holds every reason, in file order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))


class SettingsError(ConfigurationError):
    """A setting is missing, empty or malformed. Each of `problems` names the variable and what would be right."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class DraftError(ConfigurationError):
    """Nothing can be drafted of what was given; nothing was written."""


class PlanError(ConfigurationError):
    """A file that is no plan, or a plan that was made with another mapping."""


class KeyTextError(ConfigurationError):
    """A text that names no key, rule or system of the mapping."""


class RecordError(EtlError):
    """A record was rejected. `violations` holds every reason."""

    exit_code = ExitCode.REJECTED

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(map(str, self.violations)))


class EndpointError(EtlError):
    """MongoDB or the file system failed. The message says what was tried and what helps."""

    exit_code = ExitCode.FAILED


class NothingThereError(EndpointError):
    """There is nothing where something was to be read."""


class LockedError(EndpointError):
    """Another process holds what this one needs."""

    exit_code = ExitCode.LOCKED


class LeaseLostError(LockedError):
    """A run that may no longer be the only one, and so stopped writing."""


class LimitError(EtlError):
    """More records were rejected, or would be marked as deleted, than a setting allows."""

    exit_code = ExitCode.REJECTED


class DriftError(EtlError):
    """Fields that the mapping reads, and that records had, are missing in all of them: work orders would be emptied."""

    exit_code = ExitCode.REJECTED


class RestoredError(EtlError):
    """Documents and what is remembered of them are of different ages: one of them came out of a backup."""

    exit_code = ExitCode.REJECTED


class NoLetterError(EtlError):
    """There is no dead letter of an id that a person named."""

    exit_code = ExitCode.REJECTED


class UndoError(EtlError):
    """There is no such run, or nothing is kept of what it has replaced."""

    exit_code = ExitCode.REJECTED


class FormatterError(EtlError):
    """A formatted mapping would not have been the same mapping, so it was given up."""
