"""One history of both sides: what they do, what a run makes of it, and what may be remembered of every work order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from etl import Direction, Report, run
from etl.app import Options
from tests.model.accounts import Accounts
from tests.model.faults import Death, dying, interrupted
from tests.model.oracle import acts, play, raced
from tests.model.place import KEYS, Place
from tests.model.words import Doc, Said, State, Step, Terms, outward

Edit: TypeAlias = Callable[[Doc | None], Doc | None]
BOTH = (Direction.INBOUND, Direction.OUTBOUND)


@dataclass
class Figures:
    """What happened in all histories of a process."""

    steps: int = 0
    edits: int = 0
    runs: int = 0
    crashes: int = 0
    races: int = 0
    plans: int = 0
    conflicts: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class Race:
    """An edit in TracOS while a run is at work. flagged: it leaves the work order unsynced, as TracOS does."""

    moment: str
    key: int
    edit: Edit
    flagged: bool = True


class History:
    """Both sides of one place. states: by key, all that may be, where a run has died somewhere."""

    def __init__(self, place: Place, figures: Figures) -> None:
        place.clear()
        self.place = place
        self.client = place.client
        self.figures = figures
        self.accounts = Accounts()
        self.states: dict[int, list[State]] = {key: [State()] for key in KEYS}
        self.excused: set[int] = set()
        self.variant = place.variants["client"]

    @property
    def terms(self) -> Terms:
        return replace(self.variant.terms, now=self.place.now)

    def client_writes(self, key: int, name: str, record: Doc | None, style: str = "plain") -> None:
        """Write, break (None) or rewrite one file."""
        with self._client_edit(key):
            if record is None:
                self.client.break_off(name)
            else:
                self.client.write(name, record, style)

    def client_removes(self, key: int, name: str) -> None:
        with self._client_edit(key):
            self.client.remove(name)

    def _client_edit(self, key: int) -> _ClientEdit:
        self.figures.edits += 1
        return _ClientEdit(self, key)

    def tracos_writes(self, key: int, edit: Edit, *, flagged: bool = True) -> None:
        """Put a work order in the place of another, or of none; None removes it."""
        self.figures.edits += 1
        before = self.place.orders.find_one({"number": key}, {"_id": False})
        after = edit(before)
        if after is None:
            self.place.orders.delete_one({"number": key})
        else:
            self.place.orders.replace_one({"number": key}, after, upsert=True)
        self.accounts.tracos_wrote(key, before, after, self.client.told(key))
        if not flagged:
            self.excused.add(key)

    def run(self, options: Options, race: Race | None = None) -> list[Report]:
        """Run to the end, and hold what there is then against the oracle."""
        self.refresh()
        self.figures.runs += 1
        steps = self._expected(options, race)
        with interrupted(race.moment, lambda: self._race(race)) if race else nullcontext():
            reports = run(self.variant.mapping, self.place.settings, None, options)
        chosen = self.judge({key: [(step, step.stages[-1:]) for step in steps[key]] for key in KEYS})
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
        self.accounts.run_begins(self.place.view())
        steps = self._expected(options, None)
        try:
            with dying(writes):
                run(self.variant.mapping, self.place.settings, None, options)
        except Death:
            self.figures.crashes += 1
        self.judge({key: [(step, step.stages) for step in steps[key]] for key in KEYS})
        self._check_accounts(options, whole=False, raced=None)
        self.place.pass_time(7)

    def refresh(self) -> None:
        """Take what can be seen now for what is there, whatever is remembered."""
        view = self.place.view()
        for key in KEYS:
            self.states[key] = [replace(state, **view[key].visible) for state in self.states[key]]

    def judge(self, possible: Mapping[int, Sequence[tuple[Step, Sequence[State]]]]) -> dict[int, list[Step]]:
        """Keep, for every key, the states that fit what can be seen; return the steps that led there."""
        view, chosen = self.place.view(), {}
        for key, candidates in possible.items():
            fitting = [
                (step, replace(state, held=None, read=None))
                for step, states in candidates
                for state in states
                if state.visible == view[key].visible
            ]
            assert fitting, _unexpected(key, view[key], [state for _, states in candidates for state in states])
            old = self.states[key][0]
            self.figures.conflicts += len(view[key].log - old.log) + (old.waiting is None is not view[key].waiting)
            self.states[key] = _distinct([state for _, state in fitting])
            chosen[key] = [step for step, _ in fitting]
        if not self.terms.echo:  # what the client says already is not sent
            self.excused |= set(KEYS)
        self._check_doubled()
        self._check_lost(view)
        return chosen

    def groups(self, key: int, size: int) -> list[tuple[Said, bool]]:
        return self.client.groups(key, size)[0]

    def _expected(self, options: Options, race: Race | None) -> dict[int, list[Step]]:
        steps = {}
        for key in KEYS:
            doing = acts(
                self.groups(key, options.batch_size),
                self.terms,
                inbound=Direction.INBOUND in options.directions,
                outbound=Direction.OUTBOUND in options.directions,
            )
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
            expected["inbound", "rejected"] = sum(record is None for record in self.client.records.values())
        for report in reports:
            found = report.as_dict()
            read = found.pop("read")
            assert read == sum(found.values()), report.as_line()
            wanted = {name: expected[report.direction.value, name] for name in found}
            assert found == wanted, f"{report.as_line()}; expected {wanted}"

    def _check_accounts(self, options: Options, *, whole: bool, raced: Race | None) -> None:
        inbound = Direction.INBOUND in options.directions
        view = self.place.view()
        records = {key: record for key in KEYS if inbound and (record := self.client.last(key)) is not None}
        for key, record in records.items():
            self.accounts.client_was_read(key, record, whole=whole and view[key].waiting is None)
        read = [key for key in records if whole and not (raced and raced.key == key)]
        self._check_lost(view, read)

    def _check_lost(self, view: Mapping[int, State], read: Sequence[int] = ()) -> None:
        lost = self.accounts.lost(view, {key: self.client.good(key) for key in KEYS}, read)
        self.figures.lost += len(lost)
        assert not lost, f"lost: {lost}"

    def _check_doubled(self) -> None:
        doubled = self.place.doubled()
        self.figures.doubled += len(doubled)
        assert not doubled, f"twice: {doubled}"

    def check_equal(self) -> None:
        """After a run both ways, what does not wait is marked, and the client has been told what TracOS has."""
        for key, state in self.place.view().items():
            if state.doc is None or state.waiting is not None:
                continue
            assert state.doc.get("isSynced") is True, f"{key} is not marked: {state.doc}"
            is_told = state.file is not None and _lasting(state.file) == _lasting(outward(state.doc))
            if is_told:
                self.excused.discard(key)
            elif not self.terms.echo:
                self.excused.add(key)
            assert is_told or key in self.excused, f"{key}: the client has {state.file}, TracOS {state.doc}"


class _ClientEdit:
    """Takes note of what the client's record of a key was before an edit, and is after it."""

    def __init__(self, history: History, key: int) -> None:
        self._history, self._key = history, key
        self._before = history.client.last(key)

    def __enter__(self) -> None:
        """Nothing to do: the record has been looked at."""

    def __exit__(self, *_: object) -> None:
        client = self._history.client
        after, told = client.last(self._key), client.told(self._key)
        self._history.accounts.client_wrote(self._key, self._before, after, told)


def _distinct(states: list[State]) -> list[State]:
    return [state for index, state in enumerate(states) if state not in states[:index]]


def _lasting(file: Doc) -> Doc:
    return {name: value for name, value in file.items() if name != "lastUpdateDate"}


def _unexpected(key: int, seen: State, candidates: list[State]) -> str:
    """Return what is there, and how every state that may be differs from it."""
    lines = [f"work order {key} is as it may not be:", f"  {seen.visible}", "but it may differ from that so:"]
    for state in _distinct(candidates):
        pairs = ((name, value, seen.visible[name]) for name, value in state.visible.items())
        differing = {name: _difference(value, found) for name, value, found in pairs if value != found}
        lines.append(f"  {differing}, remembering {state.memory}")
    return "\n".join(lines)


def _difference(wanted: Any, found: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {name: wanted.get(name) for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)}
    return wanted
