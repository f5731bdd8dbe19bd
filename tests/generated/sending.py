"""What is sent after docs/language.md: under the names and in the forms that `written` says, without what it says not.

Of an expected record, whether the outside had one last or not; what is only read is in that as it was last.
"""

from __future__ import annotations

from typing import Final

from etl import Direction, Mapping
from etl.app import compile_pipeline
from etl.mapping.rules.sent import SentForm, sent_form
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.values import Record, get, path_text, same
from tests.generated.words.base import in_objects

_TOLD: Final = 12
_LAST: Final = 4
"""How many inside records go out, and how many records the outside may have had last."""


def judge_sending(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    """Send the inside records, new ones and over what the outside had last."""
    form, oracle = sent_form(mapping), court.oracle
    if not oracle.scene.written.all or any(finding.is_error for finding in court.findings):
        return
    for record, verdict in court.pool["inside"]:
        if verdict.accepted:
            _judge_sent(court, form, record, verdict.record, judgement)
    _judge_only_read(court, mapping, judgement)


def _judge_sent(court: Court, form: SentForm | None, record: Record, expected: Record, judgement: Judgement) -> None:
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
