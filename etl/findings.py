"""Findings as text for people, JSON for programs, annotations for GitHub, and SARIF for code scanners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from etl.errors import Finding
from etl.record import printable, printable_json
from etl.version import __version__

Checked: TypeAlias = tuple[Path, int, Sequence[Finding]]
"""A mapping file, how many rules it has, and what was found."""


def render(results: Sequence[Checked], form: str, *, color: bool = False) -> str:
    """Return the results in a format: text, json, github or sarif. color: for a terminal, with the line and a caret."""
    findings = [finding for _, _, found in results for finding in found]
    if form == "json":
        return _json([asdict(finding) | {"severity": severity(finding)} for finding in findings])
    if form == "github":
        return "".join(map(_annotation, findings))
    if form == "sarif":
        return _json(_sarif(findings))
    return "".join(_text(result, color=color) for result in results)


def severity(finding: Finding) -> str:
    """Return "error" or "warning"."""
    return "error" if finding.is_error else "warning"


def _text(result: Checked, *, color: bool) -> str:
    file, rules, findings = result
    if not findings:
        return f"{printable(str(file))}: {rules} rules, no findings\n"
    lines = _lines(file) if color else []
    return "".join(f"{finding}\n{_caret(finding, lines)}" for finding in findings)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _caret(finding: Finding, lines: Sequence[str]) -> str:
    if not 0 < finding.line <= len(lines):
        return ""
    red, plain = "\x1b[31m", "\x1b[0m"
    line = lines[finding.line - 1]
    before = printable(line[: finding.column - 1])
    return f"    {printable(line)}\n    {' ' * len(before)}{red}^{plain}\n"


def _annotation(finding: Finding) -> str:
    place = f"file={_escaped(finding.file)},line={finding.line},col={finding.column},title={finding.code}"
    return f"::{severity(finding)} {place}::{_escaped(f'{finding.message}; {finding.fix}')}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    from etl.mapping.language.codes import load_codes  # noqa: PLC0415 - only this format needs it

    results = [
        {
            "ruleId": finding.code,
            "level": severity(finding),
            "message": {"text": f"{finding.message}; {finding.fix}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": Path(finding.file).as_posix()},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
        }
        for finding in findings
    ]
    rules = [{"id": code.code, "shortDescription": {"text": code.title}} for code in load_codes().values()]
    driver = {"name": "etl check", "version": __version__, "rules": rules}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return {"$schema": schema, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _json(value: Any) -> str:
    return printable_json(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
