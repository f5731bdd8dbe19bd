"""The mapping: what its check finds, and whether it exports what is for another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from etl.diagnosis import Check, fail, ok, warn
from etl.errors import Finding, MappingError
from etl.mapping.checks.overlaps import check_overlaps
from etl.mapping.load import examine, read_mapping
from etl.mapping.model import Mapping
from etl.shipped import says_mapping

_SAID: Final = 5


def examine_mapping(file: Path) -> tuple[Mapping | None, list[Check]]:
    """Return a mapping, None where the file is none, and what its check says."""
    try:
        mapping, findings = examine(file)
    except MappingError as error:
        return None, list(_told(file, error.findings))
    fine = ok("mapping", f"{file.absolute()}: {mapping.name}, {len(mapping.rules)} rules, no findings")
    return mapping, list(_told(file, findings)) or [fine]


def _told(file: Path, findings: Sequence[Finding]) -> Iterator[Check]:
    ranked = sorted(findings, key=lambda finding: not finding.is_error)
    for finding in ranked[:_SAID]:
        text = f"{finding.file}:{finding.line}:{finding.column} {finding.code} {finding.message}"
        yield (fail if finding.is_error else warn)("mapping", text, finding.fix)
    if left := ranked[_SAID:]:
        says = fail if any(finding.is_error for finding in left) else warn
        yield says("mapping", f"{len(left)} more findings", f"see `etl check {file}`")


def examine_overlaps(mapping: Mapping, others: Sequence[Path]) -> Iterator[Check]:
    """Yield with which other mappings it shares documents: those beside it, and others that are named."""
    beside = [file for file in sorted(mapping.file.parent.glob("*.yaml")) if says_mapping(file)]
    files = {file.resolve(): file for file in (*beside, *others)}
    files.pop(mapping.file.resolve(), None)
    found = [other for file in files.values() if (other := _read(file)) is not None]
    overlaps = [finding for finding in check_overlaps([mapping, *found]) if finding.file == str(mapping.file)]
    for finding in overlaps:
        yield warn("overlaps", f"{finding.code} {finding.message}", finding.fix)
    if not overlaps:
        names = ", ".join(other.name for other in found) or "none is beside it"
        yield ok("overlaps", f"it exports nothing that is for another mapping ({names})")


def _read(file: Path) -> Mapping | None:
    try:
        return read_mapping(file)
    except MappingError:
        return None  # its own check says why
