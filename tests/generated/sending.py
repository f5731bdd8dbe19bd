"""What is sent after docs/language.md: under the names and in the forms that `written` says, without what it says not.

Of an expected record, whether the outside had one last or not; what is only read is in that as it was last.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from etl import Direction, Mapping
from etl.app import compile_pipeline
from etl.endpoints.files.csv_header import columns_of
from etl.endpoints.files.formats import make_format
from etl.mapping.rules.sent import SentForm, sent_form
from etl.mapping.rules.wanted import SentSchema, sent_schema
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.values import Record, get, path_text, same
from tests.generated.words.base import in_objects
from tests.generated.words.rows import cells, columns

_TOLD: Final = 12
_LAST: Final = 4
"""How many inside records go out, and how many records the outside may have had last."""


def judge_sending(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    """Send the inside records, new ones and over what the outside had last."""
    how, oracle = (sent_form(mapping), sent_schema(mapping)), court.oracle
    rows = _Rows(court, mapping) if oracle.rows else None
    if not (oracle.scene.written.all or oracle.sending) or any(finding.is_error for finding in court.findings):
        return
    for record, verdict in court.pool["inside"]:
        if verdict.accepted:
            made = _judge_sent(court, how, record, verdict.record, judgement)
            if made is not None and rows is not None:
                rows.judge(made, judgement)
    _judge_only_read(court, mapping, judgement)


def _judge_sent(
    court: Court,
    how: tuple[SentForm | None, SentSchema | None],
    record: Record,
    expected: Record,
    judgement: Judgement,
) -> Record | None:
    """Return what is sent of a record, None where it is not sent."""
    form, schema = how
    meant, reasons = court.oracle.sent(expected, record)
    made, wrong = (expected, []) if form is None else form(expected, record)
    text = f"{record!r}, expected as {expected!r}, is sent as {made!r}"
    if bool(reasons) is not bool(wrong):
        label = court.label(reasons[0].place) if reasons else "-"
        judgement.add(f"sent, {'accepts' if reasons else 'rejects'} {label}", f"{text}; {reasons or wrong}")
    elif not reasons and not same(made, meant):
        judgement.add(f"sent, differs {_differing(court, made, meant)}", f"{text}, not as {meant!r}")
    elif reasons and {path_text(reason.path) for reason in reasons} != {one.path for one in wrong}:
        judgement.add("sent, rejects other fields", f"{text}; {reasons}, not {wrong}")
    if not reasons and not wrong and schema is not None:
        told = {one.path for one in schema.violations(made, is_partial=False)}
        faults = {path_text(path) for path, _ in court.oracle.sent_faults(made)}
        if bool(told) is not bool(faults):
            judgement.add(f"sent, schema {'accepts' if faults else 'rejects'}", f"{text}; {faults}, not {told}")
    return None if wrong else made


class _Rows:
    """What is written into CSV files: a column for each single value that is sent, and what stands in it."""

    def __init__(self, court: Court, mapping: Mapping) -> None:
        form = mapping.files
        self._rows = make_format(form.outbound_format, form.csv, columns_of(mapping), encoding=form.outbound_encoding)
        self._delimiter, self._guarded = form.csv.delimiter, bool(form.csv.spreadsheet)
        written = court.oracle.scene.written
        silent = {path for word, path, entry in court.oracle.entries() if entry.to is None}
        places = {written.place(path) for word in court.oracle.words for path in word.writes("outside")}
        self._paths = [
            path for path in columns(court.case.sent or court.case.outside) if path not in silent or path in places
        ]
        self._names = [str(path[0]) if len(path) == 1 else path_text(path) for path in self._paths]

    def judge(self, sent: Record, judgement: Judgement) -> None:
        """Write what is sent of a record, and read the header and the row."""
        assert self._rows is not None
        text = self._rows.join([self._rows.encode(sent)]).decode()
        found = [*csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter)]
        if found[0] not in ([path_text(path) for path in self._paths], self._names):
            judgement.add("sent, another header", f"{found[0]}, not {self._names}")
        elif found[1] != (row := cells(sent, self._paths, guarded=self._guarded)):
            judgement.add("sent, another row", f"{sent!r} is written as {found[1]}, not {row}")


def _differing(court: Court, made: Record, meant: Record) -> str:
    """Return how the rule is called of which something else is sent than is meant."""
    for word, path, entry in court.oracle.entries():
        place = entry.place(path)
        if place is not None and not same(get(made, place), get(meant, place)):
            return word.label
    return "-"


def _judge_only_read(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    """What is only read has the value that it had last; nothing, where the outside did not have the record."""
    words = [word for word in court.oracle.words if word.is_only_read]
    if not words:
        return
    sent = {path for word in court.oracle.words for path in word.writes("outside")}
    out = compile_pipeline(mapping, Direction.OUTBOUND)
    lasts = [record for record, verdict in court.pool["outside"] if verdict.accepted][:_LAST]
    for record, verdict in court.pool["inside"][:_TOLD] if not court.oracle.keep else ():
        for last in ({}, *lasts) if verdict.accepted else ():
            made, _, violations, _ = out.translate(record, last)
            for word in words if not violations else ():
                paths = [path for path in filter(in_objects, word.paths("outside")) if path not in sent]
                if any(not same(get(made, path), get(last, path)) for path in paths):
                    judgement.add(f"only read, differs {word.label}", f"{record!r} over {last!r} becomes {made!r}")
