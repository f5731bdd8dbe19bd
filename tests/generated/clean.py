"""Judges a case that `etl check --strict` finds nothing in: no record is rejected or changed but as a `lossy` says."""

from __future__ import annotations

import zlib
from typing import Final

from tests.generated.case import SIDES
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.oracle import Verdict
from tests.generated.values import Record, same
from tests.generated.witnesses.fields import unmapped, unmatched
from tests.generated.witnesses.tables import dead_lines
from tests.generated.words.base import Word
from tests.generated.words.scene import ASIDE, CHANGED, REFUSED, REMOVED, Reason
from tests.generated.written import write

_SAMPLED: Final = 4


class Losses:
    """What each rule loses, by kind; where its `lossy` does not say so, it is a disagreement."""

    def __init__(self, court: Court, judgement: Judgement) -> None:
        self.court, self.judgement = court, judgement
        self.kinds: dict[int, tuple[Word, set[str]]] = {}

    def refused(self, side: str, record: Record, verdict: Verdict) -> None:
        """Note a record that is rejected, if that is the mapping's fault."""
        saying = [self.court.oracle.refusing(side, reason) for reason in verdict.blamed]
        for word in filter(None, saying):
            self._note(word, "refused")
        if verdict.blamed and not any(saying):
            reason = verdict.blamed[0]
            kind = f"clean, rejected {self.court.label(reason.place)} {reason.what} {reason.detail}"
            self.judgement.add(kind, f"{side} {record!r} is rejected: {reason}")

    def over(self, side: str, record: Record, verdict: Verdict) -> None:
        """Note a record that is accepted by itself, and rejected over what was there last for the mapping's fault.

        A required value that goes from what stays is a loss that a rule may give a reason for.
        """
        if all(reason.what == "schema" and reason.detail == "required" for reason in verdict.blamed):
            for reason in verdict.blamed:
                self._refuse(record, reason, "over")
        else:
            self.refused(side, record, verdict)

    def left(self, side: str, record: Record, verdict: Verdict) -> None:
        """Note what the import of what comes back leaves that the inside schema refuses."""
        for reason in self.court.left(record, verdict) if side == "inside" else ():
            self._refuse(record, reason, "left")

    def cleared(self) -> None:
        """Note what is left where a value goes, or is added, on either side, that the schema of that side refuses."""
        for record, reason in self.court.cleared:
            self._refuse(record, reason, "cleared")
        for record, reason in self.court.staying:
            self._refuse(record, reason, "staying")
        for record, reason in self.court.added:
            self._refuse(record, reason, "added")

    def unread(self, record: Record, verdict: Verdict) -> None:
        """Note what is written of a record and not read again: an empty cell where there has to be a value."""
        for reason in self.court.unread(verdict) if verdict.accepted else ():
            self._refuse(record, reason, "unread")

    def unsent(self, record: Record, verdict: Verdict) -> None:
        """Note what is expected of a record and cannot be sent."""
        for reason in self.court.unsent(record, verdict) if verdict.accepted else ():
            self._refuse(record, reason, "unsent")

    def _refuse(self, record: Record, reason: Reason, what: str) -> None:
        """Note what becomes of a record that its schema refuses, by the rule that made it."""
        word = None if reason.place is None else self.court.oracle.word(reason.place)
        if word is not None:
            self._note(word, "refused")
        if word is None or not word.may(REFUSED):
            kind = f"clean, {what} {self.court.label(reason.place)} {reason.detail}"
            self.judgement.add(kind, f"{record!r}: {reason}")

    def aside(self, record: Record, verdict: Verdict) -> None:
        """Note what is sent and left aside when it comes back."""
        if not verdict.accepted or not self.court.oracle.leaves_aside(verdict.record):
            return
        for word in self.court.oracle.asking():
            self._note(word, "aside")
            if not word.may(ASIDE):
                self.judgement.add(f"clean, left aside {word.label}", f"{record!r} becomes {verdict.record!r}")

    def trip(self, side: str, record: Record, back: Record) -> None:
        """Note a record that comes back as another one."""
        for word in self.court.oracle.changed(side, record, back):
            if side == "outside" and self.court.oracle.keeps(word):
                continue  # it goes back as it came
            if word.forgives(side, record, back):
                continue  # the form of all texts says so
            gone = word.removed(side, record, back)
            self._note(word, "removed" if gone else "changed")
            if not word.may(CHANGED):
                why = word.deciding(side, record)[1]
                kind = f"clean, lost {side} {word.label}{f' ({why})' if why else ''}"
                self.judgement.add(kind, f"{side} {record!r} comes back as {back!r}")
            elif gone and not word.may(REMOVED):
                self.judgement.add(f"clean, removed {side} {word.label}", f"{record!r} comes back as {back!r}")

    def judge(self) -> None:
        """Find the rules of which one text has to do for several kinds."""
        for word, kinds in self.kinds.values():
            if word.reasons is None and len(kinds) > 1:
                text = f"{'+'.join(sorted(kinds))} {self.court.label(word.place)}"
                self.judgement.add(f"clean, one reason for {text}", repr(word.raw))

    def _note(self, word: Word, kind: str) -> None:
        self.kinds.setdefault(id(word), (word, set()))[1].add(kind)


def judge_clean(court: Court, judgement: Judgement) -> None:
    for entry in unmatched(court):
        judgement.add("clean, an entry of written for nothing", entry.text)
    for word, line in dead_lines(court) if all(court.pool.values()) else ():
        judgement.add(f"clean, never reached {word.label}", f"line {line} of {word.raw!r}")
    for side in SIDES:
        for path in unmapped(court, side):
            judgement.add(f"clean, unmapped {'field' if len(path) == 1 else 'field below another'}", f"{side} {path}")
    for record, verdict in court.pool["inside"]:
        if verdict.accepted and court.oracle.runs(made := court.oracle.sent(verdict.record, record)[0]):
            judgement.add("clean, a spreadsheet runs text", f"{record!r} is sent as {made!r}")
    _judge_losses(court, judgement)
    _judge_lossy(court, judgement)


def _judge_losses(court: Court, judgement: Judgement) -> None:
    """What is rejected, or comes back as something else, is what a `lossy` says."""
    losses = Losses(court, judgement)
    for record, verdict in court.pool["inside"]:
        losses.unread(record, verdict)
        losses.unsent(record, verdict)
        losses.aside(record, verdict)
    losses.cleared()
    for side in SIDES:
        for record, verdict in court.pool[side]:
            losses.refused(side, record, verdict)
            losses.left(side, record, verdict)
        for record, back in court.there_and_back(side):
            losses.trip(side, record, back)
            if side == "outside" and not court.oracle.keep:
                _judge_settling(court, record, back, judgement)
    losses.judge()


def _judge_lossy(court: Court, judgement: Judgement) -> None:
    """Where a rule says `lossy`, something would be said without it; of some cases."""
    if zlib.crc32(court.file.read_bytes()) % _SAMPLED:
        return
    for word in court.oracle.all_words():
        if "lossy" in word.raw:
            case = court.case.copy()
            del case.rule(word.place)["lossy"]
            if not Court(case, court.folder).findings:
                judgement.add(f"clean, lossy for nothing {court.label(word.place)}", repr(word.raw))
    write(court.case, court.folder)


def _judge_settling(court: Court, record: Record, back: Record, judgement: Judgement) -> None:
    """A round trip of an outside record changes something once at most."""
    if court.oracle.leaves_aside(back):
        return
    if same(record, back):
        return
    inside = court.made("outside", court.verdict("outside", record))
    settled = court.back("outside", back, court.verdict("outside", back, inside))
    again = None if settled is None or not settled.accepted else court.as_read("outside", settled.record)
    if again is not None and not same(again, back):
        judgement.add("clean, never settles", f"{record!r} -> {back!r} -> {again!r}")
