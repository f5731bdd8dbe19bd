"""`keep` after docs/language.md: what came stays as it lies there while its rule would say nothing new.

The outside values of a two-way rule stay, all of them, as they lie there, while they mean what the inside has; else
they are what the rule writes. So what came and nobody touched goes back as it came, and what goes out comes back the
same, whatever the outside was last.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from etl import Direction, Mapping
from etl.app import compile_pipeline
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.kept import beside, expected, lying, without_nulls
from tests.generated.oracle import Oracle
from tests.generated.values import MISSING, Path, Record, get, same
from tests.generated.words.codec import INT64
from tests.generated.words.scene import CHANGED

_TOLD: Final = 4
_LAST: Final = 3
"""How many inside records go out, and how many records the outside may have had last."""


def _is_read(value: Any) -> bool:
    """Return whether a value can come at all: a whole number of more than 64 bits rejects its record."""
    if isinstance(value, dict | list):
        return all(map(_is_read, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or INT64[0] <= value <= INT64[1]


def judge_keeping(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    """Send inside records out to an outside that has others, and outside records back that nobody touched."""
    oracle = court.oracle
    out = compile_pipeline(mapping, Direction.OUTBOUND)
    refused = any(finding.is_error for finding in court.findings)
    told = [record for record, verdict in court.pool["inside"] if verdict.accepted]
    came = [(record, verdict) for record, verdict in court.pool["outside"] if verdict.accepted and _is_read(record)]
    pairs = [*product(told[:: max(1, len(told) // _TOLD)], [one for one, _ in came[:: max(1, len(came) // _LAST)]])]
    for record, last in (*pairs, *((court.made("outside", verdict), one) for one, verdict in came)):
        if refused or not court.legal("inside", record):
            continue
        made, _, violations, _ = out.translate(record, last)
        meant = expected(oracle, record, last, made)
        if violations or meant is None:
            if meant is None and not violations:
                judgement.add("keep accepts", f"{record!r}, last {last!r}, becomes {made!r}")
            elif meant is not None and not _faults(oracle, meant, last):
                judgement.add(f"keep rejects {violations[0].code}", f"{record!r}, last {last!r}: {violations}")
            continue
        if faults := _faults(oracle, meant, last):
            judgement.add(f"keep accepts {faults[0][1]}", f"{record!r}, last {last!r}, becomes {made!r}: {faults}")
        _judge_expected(court, record, last, (made, meant), judgement)
    for record, verdict in came if not refused else ():
        _judge_untouched(court, record, out.translate(court.made("outside", verdict), record), judgement)


def _faults(oracle: Oracle, meant: Record, last: Record) -> list[tuple[Path, str]]:
    """Return what the outside schema refuses of what goes out."""
    return list(oracle.targets["outside"].faults(beside(oracle, meant, last)))


def _judge_expected(
    court: Court, record: Record, last: Record, both: tuple[Record, Record], judgement: Judgement
) -> None:
    made, meant = both
    for word in filter(court.oracle.keeps, court.oracle.words):
        if any(not same(get(made, path), get(meant, path)) for path in word.paths("outside")):
            text = f"{record!r}, last {last!r}, becomes {made!r}, not {meant!r}"
            judgement.add(f"keep differs {word.label}", text)
            return
    back = court.verdict("outside", court.as_read("outside", made), record)
    if court.findings or not back.accepted:
        return
    for word in court.oracle.changed("inside", without_nulls(record), without_nulls(back.record)):
        if not word.may(CHANGED):
            text = f"{record!r}, last {last!r}, goes out as {made!r} and comes back as {back.record!r}"
            judgement.add(f"clean, keep loses {word.label}", text)


def _judge_untouched(court: Court, record: Record, out: Any, judgement: Judgement) -> None:
    """What came and nobody touched goes back as it came; with `whole`, what no rule writes as well."""
    made, _, violations, _ = out
    if violations:
        return
    inside = court.made("outside", court.verdict("outside", record))
    again = court.made("outside", court.verdict("outside", record, inside))
    moving = [word for word in court.oracle.changed("inside", inside, again) if court.findings or word.may(CHANGED)]
    for word in filter(court.oracle.keeps, court.oracle.words):
        if word in moving:
            continue  # over what it has become, it means something else
        if any(not same(get(made, path), lying(court.oracle, word, record, path)) for path in word.paths("outside")):
            judgement.add(f"keep changes what came {word.label}", f"{record!r} goes back as {made!r}")
    if court.case.system("outside")["keep"] == "whole":
        written = {path[0] for word in court.oracle.words for path in word.writes("outside")}
        for name in record.keys() - written:
            if not same(record[name], made.get(name, MISSING)):
                judgement.add("keep whole loses what no rule writes", f"{record!r} goes back as {made!r}")
