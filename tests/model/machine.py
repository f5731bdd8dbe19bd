"""Random histories, step by step: the rules that hypothesis chooses from, and shrinks to the few that matter."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from etl.app import Options
from tests.model.catalog import CATALOG
from tests.model.client import taken_in
from tests.model.exact import Doc, exact, put
from tests.model.figures import Figures
from tests.model.files import STYLES
from tests.model.history import BOTH, Edit, History, Race
from tests.model.place import Place
from tests.model.reviews import Reviews
from tests.model.shapes import CHANGED, EDITED, FORMATS, KEYS, Shape

WINNERS = ("client", "tracos", "newest", "review")

keys = st.sampled_from(KEYS)
numbers = st.sampled_from((1, 1, 1, 2, 3))
styles = st.sampled_from(STYLES)
sizes = st.sampled_from((500, 3, 2, 1))
directions = st.sampled_from((BOTH, BOTH, BOTH[:1], BOTH[1:]))
policies = st.tuples(st.sampled_from(WINNERS), st.none() | st.sampled_from(WINNERS))
picks = st.integers(0, 10**6)
changes = st.lists(picks, min_size=1, max_size=3)
shapes = st.builds(
    Shape,
    st.lists(st.sampled_from(sorted(CATALOG)), min_size=1, max_size=5, unique=True).map(tuple),
    st.sampled_from((FORMATS[0], *FORMATS)),
    st.sampled_from((False, False, True)),
    st.booleans().map(lambda silent: not silent),
    st.sampled_from(("omit", "null")),
    st.booleans(),
)


class Machine(RuleBasedStateMachine):
    """Both sides of three work orders, under a mapping that is drawn first."""

    def __init__(self, place: Place, figures: Figures) -> None:
        super().__init__()
        self.place = place
        self.figures = figures
        self.fresh = 0

    @initialize(shape=shapes, policy=policies)
    def begins(self, shape: Shape, policy: tuple[str, str | None]) -> None:
        """Nothing is there yet."""
        self.history = History(self.place, self.figures, shape, {"": "client"})
        self.history.wins = self._wins(policy)
        self.reviews = Reviews(self.history)
        self.client = self.history.client
        self.shape = self.history.shape

    def _wins(self, policy: tuple[str, str | None]) -> Doc:
        every, other = policy
        names = [kind.name for kind in self.history.shape.kinds if kind.is_compared]
        return {"": every} | (dict.fromkeys(names[::2], other) if other else {})

    def _edits(self, changed: list[int], *, ours: bool) -> Doc:
        """Return the edits that these numbers stand for. ours: inside."""
        choices = [edit for kind in self.shape.kinds for edit in (kind.ours if ours else kind.theirs)]
        self.fresh += 1
        edits: Doc = {}
        for number in changed if choices else []:
            edits |= choices[number % len(choices)]
        return {name: f"new {self.fresh}" if value == "new" else value for name, value in edits.items()}

    @rule(key=keys, number=numbers, changed=changes, dated=st.booleans(), style=styles)
    def client_edits(self, key: int, number: int, changed: list[int], dated: bool, style: str) -> None:
        """In a first delivery, or in another one of the same key."""
        self.figures.steps += 1
        name = self.client.name(key, number)
        before = self.client.records.get(name, {}).get(key) or self.client.last(key) or {}
        record = {**before, **self._edits(changed, ours=False)}
        if dated:
            record[CHANGED] = self.place.now.isoformat()
        self.history.client_writes(key, name, record, style)
        self.place.pass_time(3)

    @rule(key=keys, number=numbers, what=st.sampled_from(("all", "one", "break", "remove", "again")), pick=picks)
    def client_handles_a_file(self, key: int, number: int, what: str, pick: int) -> None:
        """It takes in our record, wholly or for one rule, breaks or removes a file, or brings an old one again."""
        self.figures.steps += 1
        told, names = self.place.told(key), self.client.names(key)
        name = names[-1] if names else self.client.name(key, number)
        record = self.client.records.get(name, {}).get(key)
        if what == "remove" and names:
            self.history.client_removes(names[pick % len(names)])
        elif what == "break" and record is not None:
            self.history.client_writes(key, name, None)
        elif what == "again":
            self._bring_again(key, number, pick)
        elif told is not None and what in ("all", "one"):
            fields = [kind.fields for kind in self.shape.kinds if kind.way != "in"] or [()]
            chosen = fields if what == "all" else [fields[pick % len(fields)]]
            taken = taken_in(record or {}, told, [name for names in chosen for name in names])
            self.history.client_writes(key, name, taken)

    def _bring_again(self, key: int, number: int, pick: int) -> None:
        """Bring a file that was removed, under its name or another one; or a record that is there, in another file."""
        removed = sorted(self.client.removed)
        if removed and pick % 3:
            name = removed[pick % len(removed)]
            self.history.client_puts(name, self.client.removed[name])
        elif removed:
            old = self.client.removed[removed[pick % len(removed)]]
            for other, record in old.items():
                self.history.client_writes(other, self.client.name(other, number), record)
        elif (record := self.client.last(key)) is not None:
            self.history.client_writes(key, self.client.name(key, number), record)

    @rule(key=keys, what=st.sampled_from(("taken", "spoilt")), pick=picks)
    def our_file_is_touched(self, key: int, what: str, pick: int) -> None:
        """The client takes our file, or somebody puts another record into it."""
        self.figures.steps += 1
        rules = [
            kind
            for kind in self.shape.kinds
            if kind.way != "in" and not (kind.timed or kind.sent_once or kind.secret) and kind.is_sent
        ]
        if self.shape.parts or not self.place.file(key).exists():
            return
        if what == "taken":
            self.place.file(key).unlink()
        elif rules:
            self.place.spoil(key, {rules[pick % len(rules)].fields[0]: "spoilt"})

    @rule(key=keys, changed=changes, flagged=st.sampled_from((True, True, True, False)), dated=st.booleans())
    def tracos_edits(self, key: int, changed: list[int], flagged: bool, dated: bool) -> None:
        self.figures.steps += 1
        self.history.tracos_writes(key, self._edit(key, changed, flagged, dated), flagged=flagged)
        self.place.pass_time(3)

    def _edit(self, key: int, changed: list[int], flagged: bool, dated: bool) -> Edit:
        values = self._edits(changed, ours=True)
        if flagged:
            values["isSynced"] = False
        if dated:
            values[EDITED] = self.place.now

        def edit(doc: Doc | None) -> Doc | None:
            after = {name: exact(value) for name, value in self.shape.made(key).items()} | (doc or {})
            for path, value in values.items():
                after = put(after, path, exact(value))
            return after

        return edit

    @rule(key=keys, flagged=st.booleans(), removes=st.booleans())
    def tracos_handles_what_is_its_own(self, key: int, flagged: bool, removes: bool) -> None:
        """It sets a field that no rule names, or removes the work order."""
        self.figures.steps += 1
        self.fresh += 1
        marks = {"technician": f"new {self.fresh}"} | ({"isSynced": exact(False)} if flagged else {})
        self.history.tracos_writes(key, lambda doc: None if removes or doc is None else doc | marks)

    @rule(key=keys, theirs=changes, ours=changes, dated=st.booleans())
    def both_edit(self, key: int, theirs: list[int], ours: list[int], dated: bool) -> None:
        self.client_edits(key, 1, theirs, dated, "plain")
        self.tracos_edits(key, ours, True, True)

    @rule(
        seconds=st.sampled_from((4, -6, 86400, -7200)),
        policy=policies,
        memory=st.sampled_from(("kept", "kept", "kept", "kept", "lost", "rebuilt")),
    )
    def circumstances_change(self, seconds: int, policy: tuple[str, str | None], memory: str) -> None:
        """The clock jumps, the mapping gets another policy, or what is remembered is lost."""
        self.figures.steps += 1
        self.place.pass_time(seconds)
        self.history.wins = self._wins(policy)
        if memory == "lost":
            self.reviews.lose_memory()
        elif memory == "rebuilt":
            self.reviews.rebuild()

    @rule(size=sizes, planned=st.booleans(), again=st.booleans())
    def runs_both_ways(self, size: int, planned: bool, again: bool) -> None:
        self.figures.steps += 1
        options = Options(batch_size=size)
        self.reviews.run_as_planned(options) if planned else self.history.run(options)
        self.history.check_equal()
        self.reviews.verify(size)
        if again:
            self.reviews.run_again(options)

    @rule(size=sizes, ways=directions)
    def runs(self, size: int, ways: Any) -> None:
        self.figures.steps += 1
        self.history.run(Options(ways, size))
        self.reviews.verify(size)

    @rule(size=sizes, ways=directions, writes=st.integers(0, 9), key=keys, changed=changes)
    def run_dies(self, size: int, ways: Any, writes: int, key: int, changed: list[int]) -> None:
        self.client_edits(key, 1, changed, True, "plain")
        self.history.die(Options(ways, size), writes)

    @rule(
        size=sizes,
        ways=directions,
        moment=st.integers(0, 14),
        key=keys,
        theirs=changes,
        ours=picks,
        kind=st.sampled_from(("edit", "edit", "edit", "unflagged", "remove")),
    )
    def run_is_raced(  # noqa: PLR0917 - hypothesis gives all by name
        self, size: int, ways: Any, moment: int, key: int, theirs: list[int], ours: int, kind: str
    ) -> None:
        """While a run is at work on what the client has changed, somebody edits or removes the work order.

        An edit of several rules may come before what the run does to one of them, and after what it does to another.
        """
        self.client_edits(key, 1, theirs, True, "plain")
        edit = self._edit(key, [ours], kind != "unflagged", dated=True)
        race = Race(moment, key, edit if kind != "remove" else lambda _: None, flagged=kind != "unflagged")
        self.history.run(Options(ways, size), race)

    @rule(key=keys, side=st.sampled_from(("client", "tracos")), other=st.none() | st.sampled_from(("client", "tracos")))
    def conflict_is_resolved(self, key: int, side: str, other: str | None) -> None:
        self.figures.steps += 1
        names = [kind.name for kind in self.shape.kinds if kind.is_compared]
        self.reviews.resolve(key, [side, *(f"{name}={other}" for name in names[:1] if other)])

    @rule(size=sizes, key=keys, changed=changes, who=st.sampled_from(("nobody", "client", "tracos")))
    def plan_is_applied(self, size: int, key: int, changed: list[int], who: str) -> None:
        self.figures.steps += 1
        name = (self.client.names(key) or [self.client.name(key, 1)])[-1]
        touched = [key] if who == "tracos" else [*self.client.records.get(name, {}), key]

        def between() -> None:
            if who == "client":
                record = {**(self.client.last(key) or {}), **self._edits(changed, ours=False)}
                self.history.client_writes(key, name, record)
            elif who == "tracos":
                self.history.tracos_writes(key, self._edit(key, changed, True, True))

        self.reviews.apply(Options(batch_size=size), between, touched if who != "nobody" else ())

    @rule(size=sizes)
    def is_verified(self, size: int) -> None:
        self.figures.steps += 1
        self.reviews.verify(size)

    @rule()
    def letters_are_replayed(self) -> None:
        self.figures.steps += 1
        self.reviews.replay()
