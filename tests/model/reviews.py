"""What looks at both sides, or at what is remembered: plans, verifying, conflicts that a person resolves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

from etl import Direction
from etl.app import Options, apply_plan, plan, rebuild_state, resolve, verify
from etl.logs import make_log
from etl.record import ABSENT
from etl.transfer.model import Note, Outcome
from etl.transfer.plan import Plan
from tests.model.history import History
from tests.model.oracle import acts, play
from tests.model.place import KEYS
from tests.model.words import Doc, Memory, Said, State, Step, Terms, there_and_back, understood

LOG = make_log("error", "text", str)
_DONE = (Outcome.CREATED, Outcome.UPDATED)


class Reviews:
    """What a person does with a history beside running it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.place = history.place
        self.client = history.client

    def plan(self, options: Options) -> Plan:
        """Plan, which changes nothing."""
        self.history.figures.plans += 1
        before = self.place.everything()
        made = plan(self.history.variant.mapping, self.place.settings, LOG, options)
        assert self.place.everything() == before, "a plan has changed something"
        return made

    def run_as_planned(self, options: Options) -> None:
        """Run just after planning: the counts and the values are those of the plan."""
        made = self.plan(options)
        reports = self.history.run(options)
        assert [report.as_dict() for report in made.reports] == [report.as_dict() for report in reports]
        docs = self.place.docs()
        last = {(record.direction, record.key): record for record in made.records if record.outcome in _DONE}
        for (direction, (key,)), record in last.items():
            found = docs[int(key)] if direction is Direction.INBOUND else self.client.told(int(key)) or {}
            for value in record.values:
                new = None if value.new is ABSENT else value.new
                assert found.get(value.path) == new, f"planned {record}, found {found}"

    def run_again(self, options: Options) -> None:
        """Run once more: there is nothing to do but what waits for a person."""
        before = self.place.view()
        for report in self.history.run(options):
            idle = {Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.REJECTED, Outcome.CONFLICT}
            idle -= {Outcome.UNCHANGED} if report.direction is Direction.OUTBOUND else set()
            done = {outcome.value: count for outcome, count in report.counts.items() if count and outcome not in idle}
            assert not done, f"a second run did something: {report.as_line()}"
        assert self.place.view() == before, "a second run changed something"

    def apply(self, options: Options, between: Callable[[], None], touched: int | None) -> None:
        """Plan, let somebody touch one work order, apply: all others end as planned, that one may be left alone."""
        made = self.plan(options)
        then = {key: len(self.history.groups(key, options.batch_size)) for key in KEYS}
        between()
        self.history.refresh()
        free = {key for key in KEYS if key == touched or self._is_met_anew(key, options, then[key])}
        expected = {key: self._planned(made, key, options, key in free) for key in KEYS}
        mapping, settings = self.history.variant.mapping, self.place.settings
        reports, missing = apply_plan(mapping, settings, LOG, made, replace(options, directions=()))
        self.history.judge({key: [(step, step.stages[-1:]) for step in steps] for key, steps in expected.items()})
        for key in free:  # a record that was left alone may be what makes the key a shared one
            known = [state for state in self.history.states[key] if state.memory is not None]
            self.history.states[key] += [replace(s, memory=_shared_or_not(s.memory)) for s in known]
        for key in KEYS:
            for record in self.client.good(key):
                self.history.accounts.client_was_read(key, record, whole=False)
        if not free:
            wanted = Counter((r.direction, r.outcome) for r in made.records if r.outcome in _DONE)
            done = Counter({(r.direction, outcome): r.counts[outcome] for r in reports for outcome in _DONE})
            assert (+done, missing) == (wanted, []), f"planned {wanted}, done {done}, missing {missing}"
        self.place.pass_time(7)

    def _is_met_anew(self, key: int, options: Options, then: int) -> bool:
        """Return whether a key comes in several batches and nobody knows yet that it does. then: in how many it came.

        A plan leaves out what changes nothing, and a run remembers that: applying may leave the other records alone.
        So it may where its records come in other batches than when it was planned.
        """
        memories = [state.memory for state in self.history.states[key]]
        now = len(self.history.groups(key, options.batch_size))
        if now != then:
            return any(memory is None or not memory.shared for memory in memories)
        return now > 1 and any(memory is not None and not memory.shared for memory in memories)

    def _planned(self, made: Plan, key: int, options: Options, touched: bool) -> list[Step]:
        """Return what may come of one work order: just what was planned, or less where somebody has touched it."""
        ours = [
            record
            for record in made.records
            if record.key == (key,) and (record.outcome in _DONE or record.note == Note.SETTLED.value)
        ]
        names = [record.origin for record in ours if record.direction is Direction.INBOUND]
        groups = self.client.groups(key, options.batch_size, names)[0]
        told = any(record.direction is Direction.OUTBOUND for record in ours)
        counts = range(len(groups) + 1) if touched else [len(groups)]
        parts = [part for count in counts for part in combinations(groups, count)]
        return [
            play(state, acts(part, self.history.terms, inbound=bool(part), outbound=outbound))
            for part in parts
            for outbound in ((False, True) if touched else (told,))
            for state in self.history.states[key]
        ]

    def resolve(self, key: int, take: Sequence[str]) -> None:
        """Decide what waits, if anything does; it is transferred both ways."""
        self.history.refresh()
        waiting = self.history.states[key][0].waiting
        taken = {name: side for text in take for name, _, side in [text.rpartition("=")]}
        terms = replace(self.history.terms, taken=taken)
        expected = {other: [play(state, []) for state in self.history.states[other]] for other in KEYS}
        if waiting is not None:
            said = understood(json.loads(waiting[0]))
            expected[key] = [_resolved(state, said, terms) for state in self.history.states[key]]
            self.history.accounts.client_was_read(key, json.loads(waiting[0]), whole=False)
        reports = resolve(self.history.variant.mapping, self.place.settings, LOG, str(key), take)
        assert bool(reports) == (waiting is not None)
        self.history.judge({k: [(step, step.stages[-1:]) for step in steps] for k, steps in expected.items()})
        self.place.pass_time(7)

    def verify(self, size: int) -> None:
        """Verify, which changes nothing: it names just the work orders that differ."""
        self.history.refresh()
        before = self.place.everything()
        found = list(verify(self.history.variant.mapping, self.place.settings, LOG, size))
        assert self.place.everything() == before, "verifying has changed something"
        differing = {r.candidate.key[0] for r in found if r.candidate and r.outcome is Outcome.CONFLICT}
        for key in KEYS:
            answers = {self._differs(state, self.history.groups(key, size)) for state in self.history.states[key]}
            assert (key in differing) in answers, f"{key}: verifying says the wrong thing"

    def _differs(self, state: State, groups: Sequence[tuple[Said, bool]]) -> bool:
        doc, memory = state.doc, state.memory
        if not groups:
            return doc is not None and (memory is None or _differ(memory.base, doc))
        said = [said for said, _ in (groups[-1:] if memory is not None and memory.shared else groups)]
        return doc is None or any(_differ(_last_known(memory, one), doc) for one in said)

    def lose_memory(self) -> None:
        """Lose what is remembered: every work order is met for the first time again."""
        self.place.database["etl_state"].delete_many({})
        states = self.history.states
        self.history.states = {key: [replace(s, memory=None) for s in states[key]] for key in KEYS}

    def rebuild(self) -> None:
        """Take what both sides say today for agreed."""
        self.history.refresh()
        rebuild_state(self.history.variant.mapping, self.place.settings, LOG)
        view = self.place.view()
        both = {key: state for key, state in view.items() if state.doc is not None and self.history.groups(key, 500)}
        for key in both:
            for said, repeats in self.history.groups(key, 500):
                states = self.history.states[key]
                self.history.states[key] = [_rebuilt(state, said, repeats) for state in states]
                self.history.accounts.client_was_read(key, json.loads(said.text), whole=True)
        self.history.accounts.agreed(both)


def _shared_or_not(memory: Memory | None) -> Memory | None:
    return None if memory is None else replace(memory, shared=not memory.shared)


def _rebuilt(state: State, said: Said, repeats: bool) -> State:
    return replace(state, memory=Memory(said.text, said.values, there_and_back(state.doc or {}), repeats))


def _differ(values: Doc, doc: Doc) -> bool:
    back = there_and_back(doc)
    return any(values.get(rule) not in (doc.get(rule), value) for rule, value in back.items())


def _last_known(memory: Memory | None, said: Said) -> Doc:
    """Return what the client knows: what it was told, unless it has said something else since."""
    is_old = memory is not None and memory.record == said.text
    return memory.told if memory is not None and is_old and memory.told is not None else said.values


def _resolved(state: State, said: Said, terms: Terms) -> Step:
    shared = state.memory is not None and state.memory.shared
    return play(state, acts([(said, shared)], terms))
