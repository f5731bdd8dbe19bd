"""Random histories, step by step: the rules that hypothesis chooses from, and shrinks to the few that matter."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from etl.app import Options
from tests.model.client import STYLES, first_record, taken_in, with_other_zone
from tests.model.faults import MOMENTS
from tests.model.history import BOTH, Edit, Figures, History, Race
from tests.model.place import KEYS, Place
from tests.model.reviews import Reviews
from tests.model.words import FLAGS, Doc

DAY = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
DATES = (DAY, DAY + dt.timedelta(days=1))
TITLES = ("A", "B", "C", "new")
STATUSES = (*FLAGS.values(), "done and deleted")
POLICIES = ("client", "tracos", "newest", "review", "mixed", "partly reviewed", "without echo")
CLIENT_FIELDS = ("summary", "creationDate", "deletedDate", "flags")

keys = st.sampled_from(KEYS)
styles = st.sampled_from(STYLES)
sizes = st.sampled_from((1, 2, 3, 500))
directions = st.sampled_from((BOTH, BOTH, BOTH[:1], BOTH[1:]))
one_change = st.sampled_from(
    [
        *(("title", title) for title in TITLES),
        *(("createdAt", date) for date in DATES),
        *(("deletedAt", date) for date in (None, *DATES)),
        *(("status", status) for status in STATUSES),
    ]
)
changes = st.lists(one_change, min_size=1, max_size=3)


class Machine(RuleBasedStateMachine):
    """Both sides of four work orders."""

    def __init__(self, place: Place, figures: Figures) -> None:
        super().__init__()
        self.history = History(place, figures)
        self.reviews = Reviews(self.history)
        self.place = place
        self.client = place.client
        self.figures = figures
        self.fresh = 0

    def _meant(self, changed: list[tuple[str, Any]]) -> Doc:
        self.figures.steps += 1
        self.fresh += 1
        return {name: f"new {self.fresh}" if value == "new" else value for name, value in changed}

    @rule(
        key=keys,
        changed=changes,
        second=st.sampled_from((False, False, False, True)),
        dated=st.booleans(),
        style=styles,
    )
    def client_edits(self, key: int, changed: list[tuple[str, Any]], second: bool, dated: bool, style: str) -> None:
        """In its first file, or in a second one of the same key."""
        name = f"x{key}.json" if second else f"{key}.json"
        before = self.client.records.get(name) or first_record(key)
        record = before | _outside(self._meant(changed))
        if dated:
            record["lastUpdateDate"] = self.place.now.isoformat()
        self.history.client_writes(key, name, record, style)
        self.place.pass_time(3)

    @rule(key=keys, what=st.sampled_from((*CLIENT_FIELDS, "all", "zone", "break", "remove")), style=styles)
    def client_handles_its_file(self, key: int, what: str, style: str) -> None:
        """It takes in our file, wholly or for one field, writes its own anew, breaks or removes it."""
        self.figures.steps += 1
        files, told = self.client.names(key), self.client.told(key)
        name = files[-1] if files else f"{key}.json"
        record = self.client.records.get(name) or told
        if what == "remove" and files:
            self.history.client_removes(key, name)
        elif what == "break" and files:
            self.history.client_writes(key, name, None)
        elif what == "zone" and record is not None:
            self.history.client_writes(key, name, with_other_zone(record), style)
        elif record is not None and told is not None:
            names = CLIENT_FIELDS if what == "all" else [what] if what in CLIENT_FIELDS else []
            self.history.client_writes(key, name, taken_in(record, told, names), style)

    @rule(
        key=keys,
        changed=changes,
        flagged=st.sampled_from((True, True, True, False)),
        dated=st.booleans(),
        whole=st.booleans(),
    )
    def tracos_edits(self, key: int, changed: list[tuple[str, Any]], flagged: bool, dated: bool, whole: bool) -> None:
        self.history.tracos_writes(key, self._edit(key, self._meant(changed), flagged, dated, whole), flagged=flagged)
        self.place.pass_time(3)

    def _edit(self, key: int, values: Doc, flagged: bool, dated: bool, whole: bool) -> Edit:
        now = self.place.now
        if values.get("status") == "done and deleted":
            values["status"] = "deleted"
        if whole and "status" in values:
            values["deleted"] = values["status"] == "deleted"
        marks: Doc = ({"isSynced": False} if flagged else {}) | ({"updatedAt": now} if dated else {})

        def edit(doc: Doc | None) -> Doc | None:
            return _present({**(doc or _made(key)), **values, **marks})

        return edit

    @rule(key=keys, flagged=st.booleans(), removes=st.booleans())
    def tracos_handles_what_is_its_own(self, key: int, flagged: bool, removes: bool) -> None:
        """It sets a field that no rule names, or removes the work order."""
        edit = self._edit(key, self._meant([("technician", "new")]), flagged, False, False)
        self.history.tracos_writes(key, lambda doc: None if removes or doc is None else edit(doc))

    @rule(key=keys, theirs=changes, ours=changes, dated=st.booleans())
    def both_edit(self, key: int, theirs: list[tuple[str, Any]], ours: list[tuple[str, Any]], dated: bool) -> None:
        self.client_edits(key, theirs, False, dated, "plain")
        self.tracos_edits(key, ours, True, True, True)

    @rule(
        seconds=st.sampled_from((-7200, -6, 4, 86400)),
        policy=st.sampled_from(POLICIES),
        memory=st.sampled_from(("kept", "kept", "kept", "kept", "lost", "rebuilt")),
    )
    def circumstances_change(self, seconds: int, policy: str, memory: str) -> None:
        """The clock jumps, the mapping gets another policy, or what is remembered is lost."""
        self.figures.steps += 1
        self.place.pass_time(seconds)
        self.history.variant = self.place.variants[policy]
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
        if again:
            self.reviews.run_again(options)

    @rule(size=sizes, ways=directions)
    def runs(self, size: int, ways: Any) -> None:
        self.figures.steps += 1
        self.history.run(Options(ways, size))

    @rule(size=sizes, ways=directions, writes=st.integers(0, 9), key=keys, changed=changes)
    def run_dies(self, size: int, ways: Any, writes: int, key: int, changed: list[tuple[str, Any]]) -> None:
        self.client_edits(key, changed, False, True, "plain")
        self.history.die(Options(ways, size), writes)

    @rule(
        size=sizes,
        ways=directions,
        moment=st.sampled_from(sorted(MOMENTS)),
        key=keys,
        theirs=changes,
        ours=one_change,
        kind=st.sampled_from(("edit", "edit", "edit", "unflagged", "remove")),
    )
    def run_is_raced(  # noqa: PLR0917 - hypothesis gives all by name
        self, size: int, ways: Any, moment: str, key: int, theirs: Any, ours: Any, kind: str
    ) -> None:
        """While a run is at work on what the client has changed, somebody edits or removes the work order.

        An edit of several rules may come before what the run does to one of them, and after what it does to another.
        """
        self.client_edits(key, theirs, False, True, "plain")
        edit = self._edit(key, self._meant([ours]), kind != "unflagged", dated=True, whole=False)
        race = Race(moment, key, edit if kind != "remove" else lambda _: None, flagged=kind != "unflagged")
        self.history.run(Options(ways, size), race)

    @rule(key=keys, take=st.sampled_from((["client"], ["tracos"], ["title=client"], ["tracos", "status=client"])))
    def conflict_is_resolved(self, key: int, take: list[str]) -> None:
        self.figures.steps += 1
        self.reviews.resolve(key, take)

    @rule(size=sizes, key=keys, changed=changes, who=st.sampled_from(("nobody", "client", "tracos")))
    def plan_is_applied(self, size: int, key: int, changed: Any, who: str) -> None:
        values = self._meant(changed)
        touched = key if who != "nobody" else None

        def between() -> None:
            if who == "client":
                record = (self.client.last(key) or first_record(key)) | _outside(values)
                self.history.client_writes(key, (self.client.names(key) or [f"{key}.json"])[-1], record)
            elif who == "tracos":
                self.history.tracos_writes(key, self._edit(key, values, True, True, True))

        self.reviews.apply(Options(batch_size=size), between, touched)

    @rule(size=sizes)
    def is_verified(self, size: int) -> None:
        self.figures.steps += 1
        self.reviews.verify(size)


def _outside(values: Doc) -> Doc:
    """Return a client's fields that mean these values."""
    record: Doc = {}
    for name, value in values.items():
        if name == "status":
            record |= {flag: value == status for flag, status in FLAGS.items()}
            if value == "done and deleted":
                record |= {"isDeleted": True, "isDone": True}
        else:
            field = {"title": "summary", "createdAt": "creationDate", "deletedAt": "deletedDate"}[name]
            record[field] = value.isoformat() if isinstance(value, dt.datetime) else value
    return record


def _made(key: int) -> Doc:
    return {"number": key, "title": "Made here", "status": "pending", "createdAt": DAY}


def _present(doc: Doc) -> Doc:
    return {name: value for name, value in doc.items() if value is not None}
