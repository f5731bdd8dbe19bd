"""Histories of many work orders: a run stops for drift where the rule says so, and on no ordinary delivery."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.model.figures import Figures
from tests.model.wide import Wide, ordinary
from tests.support.site import Site

pytestmark = pytest.mark.slow

plain = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)
ways = st.sampled_from(("leave out", "leave out", "clear", "set", "rename"))
changes = st.tuples(
    st.sampled_from(("note", "hold", "prio", "room", "hall")), ways, st.integers(0, 40), st.integers(0, 40)
)
deliveries = st.tuples(st.lists(changes, max_size=4), st.integers(0, 15), st.integers(8, 40), st.booleans())


def anew(site: Site) -> None:
    """Let nothing be known, delivered or remembered."""
    for name in site.database.list_collection_names():
        site.database[name].delete_many({})
    for file in site.inbound.iterdir():
        file.unlink()


def change(record: dict[str, Any], name: str, way: str) -> None:
    """Let a client change one field of a record."""
    value = {"hold": {"why": "no parts"}, "prio": 1}.get(name, "A")
    if way == "clear":
        record[name] = None
    elif way == "set":
        record[name] = value
    elif name in record:
        old = record.pop(name)
        record |= {f"{name}_new": old} if way == "rename" else {}


@pytest.mark.parametrize("share", [0.5, 0.2, 1])
def test_a_history_is_stopped_where_the_rule_says_so_and_nowhere_else(site: Site, share: float) -> None:
    figures, stopped = Figures(), list[bool]()

    @settings(plain, max_examples=12)
    @given(st.lists(deliveries, min_size=2, max_size=4))
    def play(history: list[Any]) -> None:
        anew(site)
        wide = Wide(site, figures, share)
        whole = {"summary": "Pump", "note": "n", "hold": {"why": "w"}, "prio": 2, "room": "R", "hall": "H"}
        wide.records = {key: {"id": key, **whole} for key in range(40)}
        wide.deliver(range(30), "00.jsonl")
        for number, (changed, first, last, planned) in enumerate(history, 1):
            for name, way, begin, end in changed:
                for key in range(min(begin, end), max(begin, end)):
                    change(wide.records[key], name, way)
            keys = range(min(first, last), max(first, last) + 1) if last < 40 else range(40)
            stopped.append(wide.deliver(keys, f"{number:02}.jsonl", planned=planned))
            if stopped[-1]:
                wide.deliver(keys, f"{number:02}.jsonl", confirmed=True)

    play()
    assert 3 <= sum(stopped) < len(stopped), "histories of both kinds were played"
    assert figures.drift_alarms == sum(stopped)
    assert figures.false_alarms == 0


@pytest.mark.parametrize("count", [12, 40, 200])
def test_no_ordinary_history_is_stopped(site: Site, count: int) -> None:
    figures = Figures()

    @settings(plain, max_examples=5)
    @given(st.integers(0, 2**32))
    def play(number: int) -> None:
        anew(site)
        assert ordinary(Wide(site, figures), Random(number), count, deliveries=8) == 0

    play()
    assert (figures.drift_alarms, figures.false_alarms) == (0, 0)
    assert figures.deliveries >= 40
