"""Rules of one value that both systems have."""

from __future__ import annotations

from typing import Any

from tests.model.catalog.edits import DAY, NEXT, each_of
from tests.model.exact import exact, plain
from tests.model.kinds import Kind, absent_as, copied, dated, listed

_LOOKALIKES = (1, 1.0, True, [1], [1.0], {"a": 1}, {"a": [True]}, {"a": [1.0]}, None)

_TITLE = copied(
    "name",
    "title",
    theirs=each_of("name", "A", "B", "C", "new", None),
    ours=each_of("title", "A", "B", "C", "new", None),
    text_only=True,
)


def _number(text: str | None) -> Any:
    if text is None:
        return None
    number = float(text)
    return exact(int(number) if number.is_integer() else number)


VALUES: dict[str, tuple[Kind, ...]] = {
    "a text": (_TITLE,),
    "values that look alike": (
        copied("any", "any", theirs=each_of("any", *_LOOKALIKES), ours=each_of("any", *_LOOKALIKES)),
    ),
    "a date": (
        dated(
            "made",
            "madeAt",
            theirs=each_of("made", DAY.isoformat(), "2024-12-31T21:00:00-03:00", NEXT.isoformat(), None),
            ours=each_of("madeAt", DAY, NEXT, None),
        ),
    ),
    "an amount": (
        Kind(
            "sum",
            "{client: amount, tracos: sum, as: decimal}",
            "both",
            ("sum",),
            ("amount",),
            lambda record: {"sum": _number(record.get("amount"))},
            lambda doc: {"amount": None if (number := plain(doc.get("sum"))) is None else str(number)},
            theirs=each_of("amount", "1.5", "1.50", "1.500", "2", "2.0", None),
            ours=each_of("sum", 1.5, 2, 7.25, None),
            text_only=True,
        ),
    ),
    "a field of an object": (
        copied(
            "asset",
            "asset.code",
            theirs=each_of("asset", "A", "B", "new", None),
            ours=(*each_of("asset.code", "A", "B", "new", None), *each_of("asset.note", "new", None)),
            text_only=True,
        ),
    ),
    "a list": (
        listed(
            "lines",
            "tasks",
            "{client: lines, tracos: tasks, each: [{client: qty, tracos: quantity}, {client: state, tracos: done, "
            "values: [{client: closed, tracos: true}, {client: open, tracos: false}]}]}",
            {"closed": True, "open": False},
            theirs=each_of(
                "lines",
                [{"qty": 1, "state": "open"}],
                [{"qty": 1.0, "state": "open"}],
                [{"qty": 2, "state": "closed"}, {"qty": 1, "state": "open"}],
                [],
                None,
            ),
            ours=each_of(
                "tasks",
                [{"quantity": 1, "done": True}],
                [{"quantity": 1, "done": False, "own": "x"}],
                [{"quantity": 1.0, "done": False}],
                [],
                None,
            ),
        ),
    ),
    "text for nothing": (
        absent_as(
            "place",
            "place",
            '{client: place, tracos: place, nulls: {client: ["", "N/A"]}, when_absent: {client: ""}}',
            ("", "N/A"),
            "",
            theirs=each_of("place", "A", "B", "", "N/A", None),
            ours=each_of("place", "A", "B", "N/A", None),
            text_only=True,
        ),
    ),
    "a number for nothing": (
        absent_as(
            "cost",
            "cost",
            "{client: cost, tracos: cost, when_absent: {client: 0, tracos: null}}",
            (0,),
            0,
            theirs=each_of("cost", 0, 5, 5.0, None),
            ours=each_of("cost", 0, 5, 5.0, 6, None),
        ),
    ),
}
