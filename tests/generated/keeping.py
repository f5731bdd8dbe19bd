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
from tests.generated.oracle import Oracle
from tests.generated.values import MISSING, Path, Record, drop, get, put, same
from tests.generated.words.above import fill_above
from tests.generated.words.base import Word, changed
from tests.generated.words.codec import INT64
from tests.generated.words.copied import Copied
from tests.generated.words.each import Each
from tests.generated.words.scene import CHANGED

_TOLD: Final = 4
_LAST: Final = 3
"""How many inside records go out, and how many records the outside may have had last."""


def expected(oracle: Oracle, record: Record, last: Record) -> Record | None:
    """Return what the rules make of an inside record where the outside was like that; None where it is rejected."""
    made: Record = {}
    writing: list[Word] = []
    for word in oracle.words:
        wrong = list(word.over(last).translate("inside", record, made))
        if oracle.keeps(word) and _tells_nothing_new(oracle, word, record, last):
            for path in word.paths("outside"):
                value = lying(oracle, word, last, path)
                drop(made, path) if value is MISSING else put(made, path, value)
        elif wrong:
            return None
        else:
            writing.append(word)
    fill_above(writing, made, beside=oracle.words)
    return made


def lying(oracle: Oracle, word: Word, record: Record, path: Path) -> Any:
    """Return what is kept of a value; of a list what its rules map, unless the whole of it is."""
    value = get(record, path)
    if not isinstance(word, Each) or not isinstance(value, list) or oracle.keep == "whole":
        return value
    mapped = [below for inner in word.words for below in inner.reads("outside")]
    made: list[Any] = []
    for item in value:
        found = {below: get(item, below) for below in mapped} if isinstance(item, dict) else {}
        there = {below: one for below, one in found.items() if one is not MISSING}
        made.append(changed({}, there) if isinstance(item, dict) else item)
    return made


def _tells_nothing_new(oracle: Oracle, word: Word, record: Record, last: Record) -> bool:
    meant: Record = {}
    inward = word.over(record)
    if any(True for _ in inward.translate("outside", last, meant)):
        return False
    if _alike(word, meant, record):
        return True
    written: Record = {}
    heard: Record = {}
    refused = any(True for _ in word.over(last).translate("inside", record, written))
    return (
        not refused
        and not any(True for _ in inward.translate("outside", oracle.read(written), heard))
        and _alike(word, meant, heard)
    )


def _alike(word: Word, one: Record, other: Record) -> bool:
    """Return whether two inside records say the same to a rule; null says as much as nothing, in objects too."""
    one, other = _without_nulls(one), _without_nulls(other)
    if isinstance(word, Copied):
        return word.equal("inside", one, other)
    spec = word.specs["inside"]
    return all(same(spec.read(one, path), spec.read(other, path)) for path in word.paths("inside"))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


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
        meant = expected(oracle, record, last)
        made, _, violations, _ = out.translate(record, last)
        if violations or meant is None:
            if meant is None and not violations:
                judgement.add("keep accepts", f"{record!r}, last {last!r}, becomes {made!r}")
            elif meant is not None and not list(oracle.targets["outside"].faults(meant)):
                judgement.add(f"keep rejects {violations[0].code}", f"{record!r}, last {last!r}: {violations}")
            continue
        _judge_expected(court, record, last, (made, meant), judgement)
    for record, verdict in came if not refused else ():
        _judge_untouched(court, record, out.translate(court.made("outside", verdict), record), judgement)


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
    for word in court.oracle.changed("inside", record, back.record):
        if not word.may(CHANGED):
            text = f"{record!r}, last {last!r}, goes out as {made!r} and comes back as {back.record!r}"
            judgement.add(f"clean, keep loses {word.label}", text)


def _judge_untouched(court: Court, record: Record, out: Any, judgement: Judgement) -> None:
    """What came and nobody touched goes back as it came; with `whole`, what no rule writes as well."""
    made, _, violations, _ = out
    if violations:
        return
    for word in filter(court.oracle.keeps, court.oracle.words):
        if any(not same(get(made, path), lying(court.oracle, word, record, path)) for path in word.paths("outside")):
            judgement.add(f"keep changes what came {word.label}", f"{record!r} goes back as {made!r}")
    if court.case.system("outside")["keep"] == "whole":
        written = {path[0] for word in court.oracle.words for path in word.writes("outside")}
        for name in record.keys() - written:
            if not same(record[name], made.get(name, MISSING)):
                judgement.add("keep whole loses what no rule writes", f"{record!r} goes back as {made!r}")
