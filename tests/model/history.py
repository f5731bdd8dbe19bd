"""One history of both sides: what they do, what a run makes of it, and what may be remembered of every work order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TypeAlias

from etl import Direction, Report, run
from etl import Mapping as EtlMapping
from etl.app import Options
from tests.model.accounts import Accounts
from tests.model.client import Entries
from tests.model.courses import acts, play, raced
from tests.model.drift import check_no_drift, without_drift
from tests.model.exact import Doc, exact, exact_doc
from tests.model.faults import Death, at_operation, dying
from tests.model.figures import Figures
from tests.model.kinds import Kind
from tests.model.place import Place
from tests.model.shapes import KEYS, Shape, outward
from tests.model.telling import distinct, unexpected
from tests.model.words import Delivery, Group, Left, State, Step, Terms, is_noted, understood

Edit: TypeAlias = Callable[[Doc | None], Doc | None]
BOTH = (Direction.INBOUND, Direction.OUTBOUND)


@dataclass(frozen=True)
class Race:
    """An edit in TracOS while a run is at work, before so many operations. It is exact.

    flagged: it leaves the work order unsynced, as TracOS does.
    """

    moment: int
    key: int
    edit: Edit
    flagged: bool = True


class History:
    """Both sides of one place. states: by key, all that may be, where a run has died somewhere.

    left: by key, what the marks of the last run to its end may have taken away.
    """

    def __init__(self, place: Place, figures: Figures, shape: Shape, wins: Mapping[str, str]) -> None:
        place.begin(shape)
        self.place = place
        self.client = place.client
        self.shape = shape
        self.figures = figures
        self.wins = wins
        self.accounts = Accounts(shape.kinds)
        self.states: dict[int, list[State]] = {key: [State()] for key in KEYS}
        self.excused: set[int] = set()
        self.left: dict[int, frozenset[Left]] = {}
        figures.histories += 1

    @property
    def terms(self) -> Terms:
        shape = self.shape
        return Terms(shape.kinds, self.wins, self.place.now, shape.echo, shape.parts, keep=shape.keep)

    @property
    def mapping(self) -> EtlMapping:
        return self.place.mapping(self.wins)

    def client_writes(self, key: int, name: str, record: Doc | None, style: str = "plain") -> None:
        """Write, break (None) or rewrite one record of a file."""
        self.figures.edits += 1
        self.client.write(name, key, record, style)

    def client_puts(self, name: str, entries: Entries) -> None:
        """Put a whole file."""
        self.figures.edits += 1
        self.client.put(name, entries)

    def client_removes(self, name: str) -> None:
        self.figures.edits += 1
        self.client.remove(name)

    def tracos_writes(self, key: int, edit: Edit, *, flagged: bool = True) -> None:
        """Put a work order in the place of another, or of none; None removes it. edit: of exact documents."""
        self.figures.edits += 1
        before = self._doc(key)
        after = edit(before)
        where = self.shape.inside_key(key)
        if after is None:
            self.place.orders.delete_one(where)
            self.states[key] = [replace(s, memory=None) if is_noted(s) else s for s in self.states[key]]
        else:
            self.place.orders.replace_one(where, self.place.plain(after), upsert=True)
        told = self.place.told(key)
        begun = [s.memory for s in self.states[key] if s.memory is not None and s.memory.begun is not None]
        self.accounts.tracos_wrote(key, before, after, told and self.place.fields(told), begun)
        if not flagged:
            self.excused.add(key)

    def _doc(self, key: int) -> Doc | None:
        doc = self.place.doc(key)
        return None if doc is None else exact_doc(doc)

    def run(self, options: Options, race: Race | None = None) -> list[Report]:
        """Run to the end, and hold what there is then against the oracle."""
        self.refresh()
        self.figures.runs += 1
        steps = self._expected(options, race)
        self._client_says(options)
        racing = at_operation(race.moment, lambda: self._race(race)) if race else nullcontext()
        with racing, without_drift(self.figures):
            reports = run(self.mapping, self.place.settings, None, options)
        check_no_drift(self.figures, reports)
        self.place.look()
        chosen = self.judge({key: [(step, step.stages[-1:]) for step in steps[key]] for key in KEYS})
        self.left = {key: _left_in(found) for key, found in chosen.items()}
        if race is None:
            self._check_reports(reports, chosen, options)
        self._check_accounts(options, whole=True, raced=race)
        if Direction.OUTBOUND in options.directions:
            self.accounts.run_ended()
        self.place.pass_time(7)
        return reports

    def die(self, options: Options, writes: int) -> None:
        """Run, and die after so many writes: what there is then must be one of the stages of a run."""
        self.refresh()
        self.accounts.run_begins(self.told())
        noted = {key: [state for state in self.states[key] if is_noted(state)] for key in KEYS}
        steps = self._expected(options, None)
        self._client_says(options)
        try:
            with dying(writes), without_drift(self.figures):
                run(self.mapping, self.place.settings, None, options)
        except Death:
            self.figures.crashes += 1
        self.accounts.run_begins(self.told())
        self.place.look()
        possible = {key: [(step, step.stages) for step in steps[key]] for key in KEYS}
        self.judge({key: [*possible[key], *((Step((state,)), [state]) for state in noted[key])] for key in KEYS})
        self._check_accounts(options, whole=False, raced=None)
        self.place.pass_time(7)

    def refresh(self) -> None:
        """Take what can be seen now for what is there, whatever is remembered."""
        view = self.place.view()
        self.accounts.was_told(self.told())
        for key in KEYS:
            self.states[key] = [replace(state, **view[key].visible) for state in self.states[key]]

    def judge(self, possible: Mapping[int, Sequence[tuple[Step, Sequence[State]]]]) -> dict[int, list[Step]]:
        """Keep, for every key, the states that fit what can be seen; return the steps that led there."""
        view, chosen = self.place.view(), {}
        for key, candidates in possible.items():
            fitting = [
                (step, replace(state, held=None, read=None, left=frozenset()))
                for step, states in candidates
                for state in states
                if state.visible == view[key].visible
            ]
            assert fitting, unexpected(key, view[key], [state for _, states in candidates for state in states])
            old = self.states[key][0]
            self.figures.conflicts += len(view[key].log - old.log) + (old.waiting is None is not view[key].waiting)
            self.states[key] = distinct([state for _, state in fitting])
            chosen[key] = [step for step, _ in fitting]
        self._check_doubled()
        self.check_lost(view)
        return chosen

    def groups(self, key: int, size: int) -> list[Group]:
        return self.client.groups(key, size)[0]

    def told(self) -> dict[int, Doc]:
        """Return the records in which work orders last went out."""
        return {key: self.place.fields(record) for key in KEYS if (record := self.place.told(key)) is not None}

    def _client_says(self, options: Options) -> None:
        if Direction.INBOUND in options.directions:
            told = self.told()
            for key in KEYS:
                for group in self.groups(key, options.batch_size)[-1:]:
                    changed, unheard = self.accounts.client_says(key, group.last, told.get(key), self._doc(key))
                    self.figures.changed += changed
                    self.figures.unheard += unheard

    def _expected(self, options: Options, race: Race | None) -> dict[int, list[Step]]:
        steps = {}
        for key in KEYS:
            doing = acts(
                self.groups(key, options.batch_size),
                self.terms,
                inbound=Direction.INBOUND in options.directions,
                outbound=Direction.OUTBOUND in options.directions,
            )
            self.states[key] = [understood(state) for state in self.states[key]]
            steps[key] = [play(state, doing) for state in self.states[key]]
            if race is not None and race.key == key:
                steps[key] += [step for state in self.states[key] for step in raced(state, doing, race.edit)]
        return steps

    def _race(self, race: Race) -> None:
        self.figures.races += 1
        self.tracos_writes(race.key, race.edit, flagged=race.flagged)

    def _check_reports(self, reports: list[Report], chosen: dict[int, list[Step]], options: Options) -> None:
        """Hold the counts against the oracle's, where only one course fits."""
        if any(len({step.outcomes for step in steps}) > 1 for steps in chosen.values()):
            return
        expected = Counter(outcome for steps in chosen.values() for outcome in steps[0].outcomes)
        if Direction.INBOUND in options.directions:
            expected["inbound", "superseded"] += sum(self.client.groups(k, options.batch_size)[1] for k in KEYS)
            expected["inbound", "rejected"] = sum(record is None for *_, record in self.client.slots())
        for report in reports:
            found = report.as_dict()
            read = found.pop("read")
            assert read == sum(found.values()), report.as_line()
            wanted = {name: expected[report.direction.value, name] for name in found}
            is_loose = self.shape.keep or any(map(self._has_two_forms, self.shape.kinds))
            if is_loose and report.direction is Direction.OUTBOUND:  # null and none are two forms of a file
                for counts in (found, wanted):
                    counts["updated"] += counts.pop("unchanged")
            assert found == wanted, f"{report.as_line()}; expected {wanted}"

    def _has_two_forms(self, kind: Kind) -> bool:
        """Return whether an absent value may stand in a file, or be left out, which the oracle does not tell apart."""
        return kind.secret or (kind.sent_once and self.shape.absent != "omit")

    def _check_accounts(self, options: Options, *, whole: bool, raced: Race | None) -> None:
        view = self.place.view()
        inbound = Direction.INBOUND in options.directions
        groups = {key: self.groups(key, options.batch_size) for key in KEYS} if inbound else {}
        last = {key: found[-1].last for key, found in groups.items() if found}
        for key, delivery in last.items():
            self.accounts.client_was_read(key, delivery, whole=whole and view[key].waiting is None)
        self.check_lost(view, [key for key in last if whole and not (raced and raced.key == key)])
        for key, found in groups.items():  # however a run ends, it may be remembered that others superseded them
            self.accounts.was_read(key, [one for group in found for one in group.before])
            self.accounts.may_be_read(key, [one for group in found[:-1] for one in group.all])
        for key in KEYS if inbound else ():
            note = self.accounts.lies_now if whole else self.accounts.died_over
            note(key, [one for group in groups[key] for one in group.all])
        if whole:
            remembered = {key for key in KEYS if all(state.memory is not None for state in self.states[key])}
            self.accounts.met |= {*last, *remembered}
            for key, found in groups.items():
                if raced and raced.key == key:
                    self.accounts.may_be_read(key, [one for group in found for one in group.all])
                elif view[key].waiting is None:
                    self.accounts.was_read(key, [one for group in found for one in group.all])

    def check_lost(self, view: Mapping[int, State], read: Sequence[int] = ()) -> None:
        said: dict[int, list[Delivery]] = {key: [one for g in self.groups(key, 1) for one in g.all] for key in KEYS}
        lost = self.accounts.lost(view, self.told(), said, read)
        self.figures.lost += len(lost)
        assert not lost, f"lost: {lost}"

    def _check_doubled(self) -> None:
        doubled = self.place.doubled()
        self.figures.doubled += len(doubled)
        assert not doubled, f"twice: {doubled}"

    def check_equal(self) -> None:
        """After a run both ways, what does not wait is marked, and the client has been told what TracOS has."""
        told = self.told()
        for key, state in self.place.view().items():
            if state.doc is None or state.waiting is not None:
                continue
            assert state.doc.get("isSynced") == exact(True), f"{key} is not marked: {state.doc}"
            is_told = key in told and self._is_as_told(told[key], outward(self.shape.kinds, state.doc))
            if is_told:
                self.excused.discard(key)
            elif not self.shape.echo:
                self.excused.add(key)
            self.figures.stale += not is_told and key not in self.excused
            assert is_told or key in self.excused, f"{key}: the client has {told.get(key)}, TracOS {state.doc}"

    def _is_as_told(self, told: Doc, plain: Doc) -> bool:
        """Return whether a record says what a work order would, where what came is kept in whatever form."""
        kept = [kind for kind in self.shape.kinds if self.shape.keep and kind.is_kept and not _passes(kind)]
        forms = {field for kind in kept for field in kind.fields}
        one, other = ({name: v for name, v in self._lasting(r).items() if name not in forms} for r in (told, plain))
        return one == other and all(kind.means(told) == kind.means(plain) for kind in kept)

    def _lasting(self, file: Doc) -> Doc:
        stamped = {field for kind in self.shape.kinds if _passes(kind) for field in kind.fields}
        return {name: value for name, value in file.items() if name not in stamped}


def _left_in(steps: Sequence[Step]) -> frozenset[Left]:
    return frozenset(left for step in steps for stage in step.stages for left in stage.left)


def _passes(kind: Kind) -> bool:
    """Return whether what went out of a rule need not be what would go out now."""
    return kind.stamped or kind.sent_once or kind.secret
