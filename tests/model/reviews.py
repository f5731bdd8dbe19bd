"""What looks at both sides, or at what is remembered: plans, verifying, conflicts that a person resolves, letters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from etl import Direction
from etl.app import Choice, Options, Resolution, apply_plan, plan, rebuild_state, replay, resolve, verify
from etl.logs import make_log
from etl.record import ABSENT
from etl.transfer.model import Note, Outcome, PlannedRecord
from etl.transfer.plan import Plan
from tests.model.courses import acts, play
from tests.model.drift import check_no_drift
from tests.model.exact import Doc, Value, canonical, exact, exact_doc, get
from tests.model.history import History
from tests.model.oracle import expected_of, is_edited
from tests.model.shapes import KEYS
from tests.model.verdicts import allowed, is_right, read_verdicts
from tests.model.words import Delivery, Group, Memory, State, Step, Terms

LOG = make_log("error", "text", str)
_DONE = (Outcome.CREATED, Outcome.UPDATED)


class Reviews:
    """What a person does with a history beside running it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.place = history.place
        self.client = history.client
        self.shape = history.shape

    def plan(self, options: Options) -> Plan:
        """Plan, which changes nothing, and speaks of nothing that nobody touched."""
        self.history.refresh()
        self.history.figures.plans += 1
        before = self.place.everything()
        made = plan(self.history.mapping, self.place.settings, LOG, options)
        check_no_drift(self.history.figures, made)
        assert self.place.everything() == before, "a plan has changed something"
        for record in made.records:
            if record.direction is Direction.INBOUND and record.outcome is Outcome.UPDATED:
                self._check_said(record)
        return made

    def _check_said(self, record: PlannedRecord) -> None:
        key = self._key(record)
        stay = [value.path for value in record.values if exact(value.old) == exact(value.new)]
        for kind in self.history.terms.compared:
            if set(stay) & set(kind.paths) and len(self.history.groups(key, 1)) == 1:
                edited = [s.memory is None or is_edited(s.memory, kind, s.doc or {}) for s in self.history.states[key]]
                assert any(edited), f"the plan says that {kind.name} of {key} stays, which nobody touched"

    def _key(self, record: PlannedRecord) -> int:
        names = ("plant", "number") if self.shape.composite else ("number",)
        return self.shape.key_of(dict(zip(names, record.key, strict=True)))

    def run_as_planned(self, options: Options) -> None:
        """Run just after planning: the counts and the values are those of the plan."""
        made = self.plan(options)
        reports = self.history.run(options)
        assert [report.as_dict() for report in made.reports] == [report.as_dict() for report in reports]
        view = self.place.view()
        last = {(record.direction, self._key(record)): record for record in made.records if record.outcome in _DONE}
        for (direction, key), record in last.items():
            found = view[key].doc or {} if direction is Direction.INBOUND else exact_doc(self.place.told(key) or {})
            for value in record.values:
                new = None if value.new is ABSENT else exact(value.new)
                is_left = direction is Direction.INBOUND and self._is_left(key, found, value.path, new)
                is_as_planned = _shown(get(found, value.path)) == _shown(new)
                assert is_as_planned or is_left, f"planned {record}, found {found}"

    def _is_left(self, key: int, found: Doc, path: str, value: Any) -> bool:
        """Return whether a planned value is what a table had left, and the export of the same run took away."""
        taken = [dict(agreed).get(path) for _, there, agreed in self.history.left[key] if there == path]
        return get(found, path) is None and value in taken

    def run_again(self, options: Options) -> None:
        """Run once more: there is nothing to do but what waits for a person."""
        before = self.place.view()
        for report in self.history.run(options):
            idle = {Outcome.UNCHANGED, Outcome.SUPERSEDED, Outcome.REJECTED, Outcome.CONFLICT}
            idle -= {Outcome.UNCHANGED} if report.direction is Direction.OUTBOUND else set()
            done = {outcome.value: count for outcome, count in report.counts.items() if count and outcome not in idle}
            assert not done, f"a second run did something: {report.as_line()}"
        assert self.place.view() == before, "a second run changed something"

    def apply(self, options: Options, between: Callable[[], None], touched: Sequence[int]) -> None:
        """Plan, let somebody touch work orders, apply: all others end as planned, those may be left alone."""
        made = self.plan(options)
        then = {key: self._batches(key, options) for key in KEYS}
        between()
        self.history.refresh()
        free = {key for key in KEYS if key in touched or self._is_met_anew(key, options, then[key])}
        expected = {key: self._planned(made, key, options, key in free) for key in KEYS}
        mapping, settings = self.history.mapping, self.place.settings
        reports, missing = apply_plan(mapping, settings, LOG, made, replace(options, directions=()))
        self.place.look()
        self.history.judge({key: [(step, step.stages[-1:]) for step in steps] for key, steps in expected.items()})
        for key in free:  # a record that was left alone may be what makes the key a shared one
            self.history.states[key] += [_shared_or_not(s) for s in self.history.states[key] if s.memory is not None]
        for key in KEYS:
            for group in self.history.groups(key, 1):
                self.history.accounts.client_was_read(key, group.last, whole=False)
                self.history.accounts.may_be_read(key, group.all)
        if not free:
            wanted = Counter((r.direction, r.outcome) for r in made.records if r.outcome in _DONE)
            done = Counter({(r.direction, outcome): r.counts[outcome] for r in reports for outcome in _DONE})
            assert (+done, missing) == (wanted, []), f"planned {wanted}, done {done}, missing {missing}"
        self.place.pass_time(7)

    def _batches(self, key: int, options: Options) -> list[list[str]]:
        return [[one.origin for one in group.all] for group in self.history.groups(key, options.batch_size)]

    def _is_met_anew(self, key: int, options: Options, then: Sequence[Sequence[str]]) -> bool:
        """Return whether a key comes several times and nobody knows yet that it does. then: as it came when planned.

        A plan leaves out what changes nothing, and a run remembers that: applying may leave the other records alone.
        So it may where its records come in other batches than when it was planned.
        """
        memories = [state.memory for state in self.history.states[key]]
        now = self._batches(key, options)
        is_unknown = any(memory is None or not memory.shared for memory in memories)
        return is_unknown and (now != then or len(now) > 1)

    def _planned(self, made: Plan, key: int, options: Options, touched: bool) -> list[Step]:
        """Return what may come of one work order: just what was planned, or less where somebody has touched it.

        What would change nothing may be remembered as read, or not.
        """
        ours = [
            record
            for record in made.records
            if record.key == tuple(self.shape.key_parts(key))
            and (record.outcome in _DONE or record.note in (Note.SETTLED.value, Note.ASKED.value))
        ]
        names = [record.origin for record in ours if record.direction is Direction.INBOUND]
        groups = self.client.groups(key, options.batch_size, names)[0]
        every = self.history.groups(key, options.batch_size)
        told = any(record.direction is Direction.OUTBOUND for record in ours)
        counts = range(len(groups) + 1) if touched else [len(groups)]
        parts = [*(list(part) for count in counts for part in combinations(groups, count)), every]
        if touched:  # what the last ones supersede may say something else now, and be read by the next run
            parts += [[replace(group, before=()) for group in part] for part in parts]
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
        names = {kind.name for kind in self.history.terms.compared}
        if not taken.keys() <= {*names, ""}:
            return
        terms = replace(self.history.terms, taken=taken)
        expected = {other: [play(state, []) for state in self.history.states[other]] for other in KEYS}
        if waiting is not None:
            record = json.loads(waiting[0])
            delivery = self._delivery(key, record)
            groups = self.history.groups(key, 500)
            expected[key] = [_resolved(state, delivery, groups, terms) for state in self.history.states[key]]
            self.history.accounts.client_was_read(key, delivery, whole=False)
        text = json.dumps(self.shape.key_parts(key)) if self.shape.composite else str(key)
        reports = resolve(self.history.mapping, self.place.settings, LOG, Choice(text), Resolution(take))
        assert bool(reports) == (waiting is not None)
        self.place.look()
        self.history.judge({k: [(step, step.stages[-1:]) for step in steps] for k, steps in expected.items()})
        self.place.pass_time(7)

    def _delivery(self, key: int, record: Doc) -> Delivery:
        """Return a record that waits, as it was read."""
        conflict = self.place.database["etl_conflicts"].find_one({"key": self.shape.key_parts(key), "open": True})
        assert conflict is not None
        assert canonical(json.loads(conflict["record"])) == canonical(record)
        origin = conflict["origin"]
        file = max((name for name in {*self.client.records, *self.client.removed} if origin.startswith(name)), key=len)
        return Delivery(file, origin, self.shape.understood(record))

    def replay(self) -> None:
        """Replay all dead letters; what cannot be read still cannot, and nothing moves.

        A replay reads such a file again. Where the client has mended it, a run takes it in before.
        """
        if self._is_mended():
            self.history.run(Options((Direction.INBOUND,)))
        before = self.place.view()
        reports = replay(self.history.mapping, self.place.settings, LOG)
        assert self.place.view() == before, "replaying what cannot be read has changed something"
        for report in reports:
            assert report.read == report.rejected, report.as_line()

    def _is_mended(self) -> bool:
        """Return whether a file or a record of it could not be read, and can be now."""
        letters = {letter["origin"] for letter in self.place.database["etl_dead_letters"].find()}
        return any({name, place} & letters for name, place, _, record in self.client.slots() if record is not None)

    def verify(self, size: int) -> None:
        """Verify, which changes nothing: of every work order it says what is so."""
        self.history.refresh()
        self.history.figures.verified += 1
        before = self.place.everything()
        results = list(verify(self.history.mapping, self.place.settings, LOG, size))
        found = read_verdicts(results)
        assert self.place.everything() == before, "verifying has changed something"
        for key in KEYS:
            said = found.get(tuple(self.shape.key_parts(key)), {""})
            states, groups = self.history.states[key], self.history.groups(key, size)
            right = frozenset[str]().union(*(allowed(state, groups, self.history.terms) for state in states))
            judged = is_right(said, right, groups)
            self.history.figures.misjudged += not judged
            why = [str(violation) for result in results for violation in result.violations]
            assert judged, f"{key}: verifying says {sorted(said)}, not {sorted(right)}: {why}, {states}"

    def lose_memory(self) -> None:
        """Lose what is remembered: every work order is met for the first time again."""
        for name in ("etl_state", "etl_intents"):
            self.place.database[name].delete_many({})
        states = self.history.states
        self.history.states = {key: [replace(s, memory=None) for s in states[key]] for key in KEYS}
        self.history.accounts.forget()
        self.client.times.update(list(self.client.times))  # all that lies there is met, and may win, once more

    def rebuild(self) -> None:
        """Take what both sides say today for agreed."""
        self.history.refresh()
        rebuild_state(self.history.mapping, self.place.settings, LOG)
        view = self.place.view()
        both = {key: state for key, state in view.items() if state.doc is not None and self.history.groups(key, 500)}
        assert all(state.waiting is None for state in both.values()), "a conflict waits about what is agreed"
        for key in both:
            for group in self.history.groups(key, 500):
                states = self.history.states[key]
                terms = self.history.terms
                self.history.states[key] = [
                    _rebuilt(s, group, terms, sent) for s in states for sent in _lying(s, terms)
                ]
                self.history.accounts.client_was_read(key, group.last, whole=True)
                self.history.accounts.was_read(key, group.all)
        self.history.accounts.agreed(both, self.history.told())


def _shown(value: object) -> object:
    """Return a value that went out, as a file of rows can hold it."""
    return None if value == "" else value


def _shared_or_not(state: State) -> State:
    memory = state.memory
    return state if memory is None else replace(state, memory=replace(memory, shared=not memory.shared))


def _lying(state: State, terms: Terms) -> list[dict[str, Value]]:
    """Return what our file may be understood to say: where a value in it was spoilt, perhaps nothing."""
    if any(kind.sent_once for kind in terms.kinds) or state.file is None or terms.parts:
        return [{}]
    try:
        sent = {kind.name: kind.means(state.file) for kind in terms.two_way}
    except (ValueError, LookupError, TypeError, AttributeError):
        return [{}]
    return [sent, {}] if "spoilt" in str(state.file) else [sent]


def _rebuilt(state: State, group: Group, terms: Terms, sent: dict[str, Value]) -> State:
    """Return a state of which all is agreed: what the client says, and what TracOS has beside that.

    sent: what our file says.
    """
    doc, said = state.doc or {}, group.last.said
    expected = expected_of(Memory(lying=said.lying), doc, terms)
    once = {kind.name for kind in terms.two_way if kind.sent_once}
    ours = {kind.name: kind.means(expected) for kind in terms.two_way}
    ours = {rule: value for rule, value in ours.items() if value != said.values[rule] and rule not in once}
    known = {} if state.memory is None else state.memory.told
    told = {rule: value for rule, value in ours.items() if value in (known.get(rule), sent.get(rule))}
    telling = {rule: value for rule, value in ours.items() if rule not in told}
    values = {kind.name: kind.of(doc) for kind in terms.compared}
    inside = {rule: value for rule, value in values.items() if value != told.get(rule, said.values[rule])}
    deliveries = {one.file: one.said.text for one in group.all}
    plain = {
        k.name: k.lying(k.outward(k.write({}, told[k.name]))) for k in terms.two_way if k.name in told and k.is_kept
    }
    lying = {**said.lying, **plain}
    memory = Memory(said.text, group.last.file, deliveries, said.values, told=told, inside=inside, telling=telling)
    return replace(state, memory=replace(memory, shared=group.repeats, lying=lying))


def _resolved(state: State, delivery: Delivery, groups: Sequence[Group], terms: Terms) -> Step:
    """Decide, and send, unless the client has said something else since. groups: what it says now."""
    shared = state.memory is not None and state.memory.shared
    unread = [group for group in groups if group.last.said != delivery.said]
    decides = acts([Group(delivery, repeats=shared)], terms, outbound=False)
    return play(state, [*decides, *acts(unread, terms, inbound=False)])
