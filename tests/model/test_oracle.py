"""The oracle alone, without an engine: what it says of the histories by which the rules were found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.model.courses import acts, play
from tests.model.exact import Doc, exact, plain, put
from tests.model.shapes import Shape
from tests.model.words import Delivery, Group, State, Terms

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass
class Order:
    """One work order in the oracle's hands."""

    shape: Shape
    wins: str = "review"
    state: State = field(default_factory=State)
    deliveries: dict[str, Doc] = field(default_factory=dict)

    def client(self, file: str = "d1", **fields: Any) -> Order:
        self.deliveries[file] = {"id": 1, **fields}
        return self

    def tracos(self, **values: Any) -> Order:
        doc = self.state.doc or {}
        for path, value in {**values, "isSynced": False}.items():
            doc = put(doc, path, exact(value))
        self.state = replace(self.state, doc=doc)
        return self

    def run(self, size: int = 500) -> list[tuple[str, str]]:
        said = [Delivery(name, name, self.shape.understood(record)) for name, record in sorted(self.deliveries.items())]
        parts = [said[start : start + size] for start in range(0, len(said), size)]
        groups = [Group(part[-1], tuple(part[:-1]), number + len(part) > 1) for number, part in enumerate(parts)]
        terms = Terms(self.shape.kinds, {"": self.wins}, NOW, self.shape.echo)
        step = play(self.state, acts(groups, terms))
        self.state = step.stages[-1]
        return list(step.outcomes)

    def __getitem__(self, path: str) -> Any:
        return plain((self.state.doc or {}).get(path))

    @property
    def told(self) -> Doc:
        return {name: plain(value) for name, value in (self.state.file or {}).items()}


def order(*rules: str, echo: bool = True, wins: str = "review") -> Order:
    return Order(Shape(rules, echo=echo), wins)


def test_a_cleared_value_is_cleared_where_only_imports_write_it() -> None:
    one = order("a text", "only inwards").client(name="A", closedBy="Ann")
    one.run()
    one.tracos(title="B").run()
    one.client(name="B").run()
    assert (one["title"], one["closedBy"]) == ("B", None)


def test_a_confirmation_is_news_for_a_rule_that_was_never_told() -> None:
    one = order("inwards beside a table").client(stage="1")
    one.run()
    one.tracos(stage="2").run()
    one.client(stage="2").run()
    assert one["last"] == "2"


def test_an_edit_of_what_only_imports_write_stays_an_edit() -> None:
    one = order("a pair").client(entered="open")
    one.run()
    one.tracos(phase="done").run()
    assert one.told == {"action": "done"}
    one.tracos(phase="hold").client(entered="done")
    assert ("inbound", "conflict") in one.run()
    assert one["phase"] == "hold"


def test_a_remembered_code_goes_with_the_mark_of_another_status() -> None:
    one = order("a remembered code", echo=False).client(code="closed")
    one.run()
    one.tracos(state="open").run()
    assert (one["state"], one["kept"]) == ("open", None)
    one.client(code="open").run()
    one.tracos(state="done").run()
    assert one.told == {"code": "done"}


def test_what_is_entered_beside_a_status_that_does_not_name_it_stays() -> None:
    one = order("a remembered code").client(code="open")
    one.run()
    for _ in range(2):
        one.tracos(kept="void").run()
        assert (one["state"], one["kept"]) == ("open", "void")


def test_values_that_look_alike_are_told_apart() -> None:
    one = order("values that look alike", wins="tracos").client(any=10)
    one.run()
    one.tracos(any=11.0).run()
    for value in (11, 12, True, 1, 1.0):
        one.client(any=value).run()
        assert repr(one["any"]) == repr(value)


def test_a_stamp_beside_others_goes_out() -> None:
    one = order("a text", "a stamp beside others", echo=False).client(name="A")
    assert ("outbound", "unchanged") in one.run()
    assert ("outbound", "created") in one.tracos(mode="done", doneAt=NOW).run()
    assert one.told == {"name": "A", "doneOn": NOW.isoformat()}


def test_what_is_written_once_does_not_echo() -> None:
    one = order("a text", "once, and out again", echo=False).client(name="A", source="Ann")
    assert one.run() == [("inbound", "created"), ("outbound", "unchanged")]
    assert ("outbound", "created") in one.tracos(origin="Cem").run()


def test_a_superseded_delivery_is_no_news() -> None:
    for size in (1, 500):
        one = order("a text").client("d1", name="A").client("d2", name="B")
        one.run(size)
        one.tracos(title="C").run(size)
        del one.deliveries["d2"]
        assert one.run(size) == [("inbound", "unchanged")]
        assert one["title"] == "C"
        one.client("d3", name="A").run(size)
        assert one["title"] == "A"
