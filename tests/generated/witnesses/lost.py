"""Findings that a record shows that does not come back as it was, or comes back as another one again and again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.generated.case import SIDES
from tests.generated.oracle import Verdict
from tests.generated.values import MISSING, Record, get, same
from tests.generated.witnesses.search import Search, alone, read, trip
from tests.generated.words.base import Word
from tests.generated.words.computed import Computed
from tests.generated.words.copied import Copied
from tests.generated.words.scene import ASIDE, CHANGED, OTHER, REFUSED, REMOVED, Reason


def loses(search: Search) -> bool:
    """A value of the rule comes back as another one, or not at all, whatever other rules do with the record."""
    for side, record, last in _over_any(search) if not search.word.is_only_read else ():
        if side == "outside" and search.court.oracle.keeps(search.word):
            continue
        made = search.made(side, record, last)
        if made is None:
            continue
        back = search.made(OTHER[side], search.court.as_read(OTHER[side], made), record)
        if back is None or not search.word.equal(side, record, back, exact=True):
            return True
    return False


def _over_any(search: Search) -> Iterator[tuple[str, Record, Record]]:
    """Yield what the rule reads, with what may have been on the other side last: nothing, or any record of it."""
    lasts = {side: search.lasts(OTHER[side]) for side in SIDES}
    for side, record in read(search):
        yield from ((side, record, last) for last in lasts[side])


def kinds(search: Search) -> set[str]:
    """Return how the rule loses: records are refused, values come back changed, or are removed by a codec."""
    found = {"refused" for _, _, verdict in search.records() if _refuses(search, verdict)}
    sent = (verdict for side, _, verdict in search.records() if side == "inside")
    if any(_of(search, reason) for verdict in sent for reason in search.court.unread(verdict)):
        found.add("refused")
    outbound = [(record, verdict) for side, record, verdict in search.records() if side == "inside"]
    if any(_of(search, reason) for record, verdict in outbound for reason in search.court.unsent(record, verdict)):
        found.add("refused")
    left = (search.court.left(record, verdict) for side, record, verdict in search.records() if side == "inside")
    if any(_of(search, reason) for reasons in left for reason in reasons):
        found.add("refused")
    if any(_of(search, reason) for _, reason in (*search.court.cleared, *search.court.staying, *search.court.added)):
        found.add("refused")
    if left_aside(search):
        found.add("aside")
    if not search.word.two_way:
        return found | ({"changed"} if overwritten(search) else set())
    for side, record, back in alone(search):
        if search.word.forgives(side, record, back):
            continue
        if not _is_refused(search, side, record) and not search.word.equal(side, record, back):
            found.add("removed" if search.word.removed(side, record, back) else "changed")
    return found


def _refuses(search: Search, verdict: Verdict) -> bool:
    """Return whether the rule is why a record is rejected, and what it reads is no content that nothing could take.

    Where another rule cannot be asked for what stands on its way, none is.
    """
    own = [reason for reason in verdict.reasons if _of(search, reason) and not _is_for_another(search, verdict, reason)]
    own += [reason for reason in verdict.reasons if reason.excused and reason.what == "path"]
    return bool(own) and not any(reason.excused for reason in own)


def _is_for_another(search: Search, verdict: Verdict, reason: Reason) -> bool:
    """Return whether a rule would not be why a record is rejected, had another one made anything of it.

    That one would have written what is missing, or what a table looks at.
    """
    beside = [one for one in verdict.reasons if one.what != "schema" and not _of(search, one)]
    words = [search.court.oracle.word(one.place) for one in beside if one.place is not None]
    if reason.what == "table":
        return search.place is not None and any(one is word for one in words for word in search.group)
    return reason.detail == "required" and any(
        path[: len(reason.path)] == reason.path for word in words for side in SIDES for path in word.writes(side)
    )


def _is_refused(search: Search, side: str, record: Record) -> bool:
    """Return whether what the rule makes of a record is refused there, so that nothing comes back as another value."""
    if search.place is None or len(search.place) > 1:
        return False
    verdict = search.court.verdict(side, record)
    return _refuses(search, verdict) or (side == "inside" and any(search.court.unread(verdict)))


def _of(search: Search, reason: Reason) -> bool:
    """Return whether the rule is why a record is rejected, by a reason that `lossy` may cover: a failure is none."""
    within = (reason.place or ())[: len(search.place or ())] == search.place
    return within and reason.what != "expression"


def loses_nothing(search: Search) -> bool:
    """Nothing is lost by the rule; or nothing of the kind for which it gives a reason."""
    named = set(re.findall(r"\bW\d{3}\b", search.finding.message))
    if not search.word.two_way and not list(search.court.there_and_back("inside")):
        return True  # nothing goes there and back, so nobody knows
    found = kinds(search)
    if named & ASIDE:
        return "aside" not in found
    if named & REFUSED:
        return "refused" not in found
    if not named:
        return not found
    others = (search.word.reasons or frozenset()) & CHANGED - named
    if isinstance(search.word, Copied) and search.word.codec is not None:
        return ("removed" if named == REMOVED else "changed") not in found
    return bool(others) or not found & {"changed", "removed"}


def left_aside(search: Search) -> bool:
    """A record is sent, and not imported when it comes back, for what the rule writes."""
    oracle = search.court.oracle
    if not any(word is search.word for word in oracle.asking()):
        return False
    sent = (verdict for side, _, verdict in search.records() if side == "inside" and verdict.accepted)
    return any(oracle.leaves_aside(verdict.record) for verdict in sent)


def settles_not(search: Search) -> bool:
    for side, record, _ in search.records():
        first = trip(search, side, record)
        second = None if first is None else trip(search, side, first)
        if second is not None and not same(first, second):
            return True
    if search.place is None:
        return False
    groups = [[search.word], _with_same_fields(search)]
    return any(_settles_not_alone(words, *tried) for tried in _over_any(search) for words in groups)


def _with_same_fields(search: Search) -> list[Word]:
    """Return the rule, and those beside it that have to do with a field of it."""
    words = search.beside
    fields = {(side, path) for side in SIDES for path in search.word.reads(side)}
    return [word for word in words if any((side, path) in fields for side in SIDES for path in word.reads(side))]


def _settles_not_alone(words: list[Word], side: str, record: Record, before: Record) -> bool:
    """Return whether a value of the rules becomes another one twice, whatever other rules do with the record.

    before: what was on the other side last.
    """
    found = [record]
    for step in range(4):
        made: Record = {}
        source = side if step % 2 == 0 else OTHER[side]
        last = found[-2] if step else before
        if any(True for word in words for _ in word.over(last).translate(source, found[-1], made)):
            return False
        found.append(made)
    return not same(found[2], found[4])


def overwritten(search: Search) -> bool:
    """An edit of the field inside does not come back; or nothing comes back at all."""
    word = search.word
    if not isinstance(word, Computed) or word.target != "inside":
        return False
    if search.place is None or len(search.place) > 1:
        return True
    through = [word.specs["inside"].read(one, word.path) for one, _ in search.court.there_and_back("inside")]
    if all(value is MISSING for value in through) or any(finding.is_error for finding in search.court.findings):
        return True  # nothing goes there and back; or what comes back is not known before an error is mended
    trips = [
        (record, back)
        for side, record, _ in search.records()
        if side == "inside" and _is_sent(search, record) and (back := trip(search, "inside", record)) is not None
    ]
    return not trips or any(not word.equal("inside", one, other, exact=True) for one, other in trips)


def _is_sent(search: Search, record: Record) -> bool:
    """Return whether the outside schema takes what the rule reads of an inside record, whatever it says of the rest."""
    made, _ = search.court.oracle.bare("inside", record)
    refused = [path for path, _ in search.court.oracle.targets["outside"].faults(made)]
    return not any(path[: len(read)] == read[: len(path)] for read in search.word.reads("outside") for path in refused)


def two_become_one(search: Search) -> bool:
    seen: list[tuple[Any, Any]] = []
    for side, record, verdict in search.records():
        if side == "outside" and not any(reason.place == search.place for reason in verdict.reasons):
            value = get(record, search.word.paths("outside")[0])
            made = get(verdict.record, search.word.paths("inside")[0])
            if any(same(made, other) and not same(value, before) for before, other in seen):
                return True
            seen.append((value, made))
    return False
