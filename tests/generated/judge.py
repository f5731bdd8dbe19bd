"""Judges one case: the engine against the documentation, and `check`, `test` and run against one another."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Final

from click.testing import CliRunner

from etl import Direction, Mapping, RecordError, translator
from etl.app import compile_pipeline
from etl.cli.check import check as etl_check
from etl.cli.test import test as etl_test
from etl.errors import Finding
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from etl.testing.report import Outcome, render
from tests.generated.answers import answered
from tests.generated.case import SIDES, Case, Place
from tests.generated.clean import judge_clean
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.keeping import judge_keeping
from tests.generated.oracle import Verdict
from tests.generated.overs import judge_overs
from tests.generated.sending import judge_sending
from tests.generated.splits import judge_split
from tests.generated.values import Record, parse_path, same
from tests.generated.witnesses.every import shows
from tests.generated.witnesses.search import Search
from tests.generated.words.scene import OTHER

EXAMPLES: Final = 8
_SAMPLED: Final = 20
_DIRECTIONS: Final = {"outside": Direction.INBOUND, "inside": Direction.OUTBOUND}
_FORM = re.compile("E0|E10|E111|E112|E113|E13")
"""Findings about the form of a file: no generated one has a fault of it."""


def judge(case: Case, folder: FilePath, *, test: bool = True) -> Judgement:
    """Judge a case, and where `check` only warns, the case as it is once the warnings are answered.

    test: whether `etl test` has to hold as well.
    """
    judgement = Judgement()
    court = Court(case, folder)
    _judge(court, judgement, test=test)
    if court.findings and not judgement.disagreements and (mended := answered(court)):
        judgement.mended = True
        _judge(Court(mended, folder), judgement, test=test)
    return judgement


def _judge(court: Court, judgement: Judgement, *, test: bool) -> None:
    judgement.codes += [finding.code for finding in court.findings]
    for finding in court.findings:
        if _FORM.match(finding.code):
            judgement.add(f"form {finding.code}", str(finding))
    if court.mapping is None:
        return
    if _is_sampled(court):
        _judge_check(court, judgement)
    if court.case.split is not None:
        judge_split(court, judgement)
    court.gather()
    judgement.records += sum(map(len, court.pool.values()))
    _judge_translations(court, court.mapping, judgement)
    if court.oracle.keep:
        judge_keeping(court, court.mapping, judgement)
    judge_overs(court, court.mapping, judgement)
    judge_sending(court, court.mapping, judgement)
    _judge_findings(court, judgement)
    if not court.findings:
        judgement.clean = True
        judge_clean(court, judgement)
        if test and not judgement.disagreements:
            _judge_test(court, court.mapping, judgement)


def _judge_findings(court: Court, judgement: Judgement) -> None:
    """For every finding there is a record that shows that it is right."""
    for finding in court.findings if all(court.pool.values()) else ():
        if not _FORM.match(finding.code) and not _beside(court, finding) and not shows(court, finding):
            judgement.add(f"alarm {finding.code} {court.label(court.place(finding)[0])}", _one_line(finding))


def _beside(court: Court, finding: Finding) -> bool:
    """Return whether another finding of the line or rule, or of the list above, has to be mended before this one."""
    place = court.place(finding)[0]
    others = [other for other in court.findings if other is not finding]
    others = [
        other
        for other in others
        if (other.file, other.line) == (finding.file, finding.line)
        or (place is not None and _leads_to(court.place(other)[0], place))
    ]
    if finding.code == "E122" and place is not None and len(place) > 1:
        elements = [other for other in court.findings if _leads_to(place[:-1], court.place(other)[0] or ())]
        if any(other.code in {"E153", "E161"} for other in elements):
            return True  # an element with a value that means absent, or is refused, and no other, shows nothing
    if finding.code in {"E122", "E123", "E160", "E181"} and any(other.code == "E161" for other in others):
        return True  # a value that is none of its field
    if finding.code == "E181" and any(other.code == "E122" for other in others):
        return True  # what goes round is rejected
    shared = {one.place for one in Search(court, finding, place, None).group} if place is not None else set()
    codecs = {court.place(other)[0] for other in court.findings if other.code == "E151"}
    if codecs & (shared - {place}):
        return True  # a rule beside, whose field it looks at, makes nothing of any record
    return any(other.code == "E145" or (other.is_error and not finding.is_error) for other in others)


def _leads_to(above: Place | None, place: Place) -> bool:
    return above is not None and place[: len(above)] == above


def _judge_check(court: Court, judgement: Judgement) -> None:
    """The command line says what the library says."""
    result = CliRunner().invoke(etl_check, ["--strict", "--format", "json", str(court.file)])
    said = [(found["line"], found["column"], found["code"]) for found in json.loads(result.output)]
    if result.exit_code != (3 if court.findings else 0) or said != [
        (found.line, found.column, found.code) for found in court.findings
    ]:
        judgement.add("check says otherwise", result.output)


def _one_line(finding: Finding) -> str:
    return f"{finding.line}:{finding.column} {finding.code} {finding.message}"


def _judge_translations(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    for side in SIDES:
        translate = translator(mapping, _DIRECTIONS[side])
        for record, verdict in court.pool[side]:
            _judge_translation(court, side, record, verdict, translate, judgement)


def _judge_translation(
    court: Court,
    side: str,
    record: Record,
    verdict: Verdict,
    translate: Callable[[Record], Record],
    judgement: Judgement,
) -> None:
    direction = _DIRECTIONS[side].value
    if any(reason.unsaid for reason in verdict.reasons):
        return
    try:
        made = translate(record)
    except RecordError as error:
        if verdict.accepted:
            codes = sorted({violation.code for violation in error.violations})
            path = parse_path(error.violations[0].path)
            label = court.label(court.oracle.writer(OTHER[side], path) or court.oracle.writer(side, path))
            judgement.add(f"rejects {direction} {label} {'+'.join(codes)}", f"{record!r} is rejected: {error}")
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        judgement.add(f"crash {type(error).__name__}", f"{direction} {record!r}: {error!r}")
        return
    if not verdict.accepted and any(finding.code.startswith("E") for finding in court.findings):
        return  # such a mapping is refused
    if not verdict.accepted:
        reason = verdict.reasons[0]
        differing = (word.label for word in court.differing(OTHER[side], made, verdict.record))
        label = next(differing, court.label(reason.place))
        kind = f"accepts {direction} {label} {reason.what} {reason.detail}"
        judgement.add(kind, f"{record!r} becomes {made!r}, but {reason}")
    elif not same(made, verdict.record):
        label = next((word.label for word in court.differing(OTHER[side], made, verdict.record)), "form")
        judgement.add(f"differs {direction} {label}", f"{record!r} becomes {made!r}, not {verdict.record!r}")


def _judge_test(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    judge = Judge(mapping, {direction: compile_pipeline(mapping, direction) for direction in Direction})
    tally = check_laws(judge, EXAMPLES, seed=0)
    outcome = Outcome(mapping.file, tuple(tally.verdicts), judge.coverage.units, tally.accepted, tuple(tally.notes))
    text = "\n".join(render(outcome)).replace(str(court.folder), ".")
    if _is_sampled(court):
        _judge_test_command(court, text, judgement, holds=outcome.holds)
    if not outcome.holds:
        named = re.search(r"\./((?:base/)?generated\.yaml):(\d+)", text)
        label = court.label(court.case.places.get((named[1], int(named[2])), (None, None))[0]) if named else "-"
        law = re.search(r'law "([^"]*)"', text)
        judgement.add(f"test fails {label} {law[1] if law else ''}", text)
    elif not outcome.records:
        here = any(verdict.accepted for side in SIDES for _, verdict in court.pool[side])
        if here:
            judgement.add("test tries nothing", text)


def _judge_test_command(court: Court, text: str, judgement: Judgement, *, holds: bool) -> None:
    """The command line says what the library says."""
    result = CliRunner().invoke(etl_test, ["--examples", str(EXAMPLES), str(court.file)])
    said = result.output.replace(str(court.folder), ".").strip()
    if result.exit_code != (0 if holds else 1) or said != text:
        judgement.add("test says otherwise", said or repr(result.exception))


def _is_sampled(court: Court) -> bool:
    """Return whether a case is one of those that the command line judges as well."""
    return zlib.crc32(court.file.read_bytes()) % _SAMPLED == 0
