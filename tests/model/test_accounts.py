"""The accounts alone, without an engine: what they take for written, and for gone."""

from __future__ import annotations

from tests.model.accounts import Accounts
from tests.model.exact import Doc, exact_doc
from tests.model.shapes import Shape
from tests.model.words import Delivery, Memory, State

SHAPE = Shape(("a pair over the same fields",))


def _says(**fields: str) -> Delivery:
    return Delivery("d1", "d1", SHAPE.understood({"id": 1, **fields}))


def test_what_was_said_before_the_memory_was_lost_is_no_value_that_the_client_takes_away() -> None:
    accounts, doc = Accounts(SHAPE.kinds), exact_doc({"number": 1, "step": "2"})
    accounts.client_says(1, _says(step="2"), None, None)
    accounts.forget()
    edited: Doc = {**doc, "title": "B"}
    accounts.tracos_wrote(1, doc, edited, None, ())
    accounts.client_says(1, _says(), None, edited)
    accounts.client_was_read(1, _says(), whole=True)
    assert accounts.lost({1: State(edited)}, {}, {1: [_says()]}, [1]) == []


def test_what_a_dead_run_had_begun_to_write_is_no_value_that_tracos_takes_away() -> None:
    accounts, doc = Accounts(SHAPE.kinds), exact_doc({"number": 1, "step": "1"})
    edited = exact_doc({"number": 1, "step": "2"})
    begun = Memory(seen={"step": (("step", "1"),)}, begun={"step": (("step", "2"),)})
    for memories, lost in (((), ["TracOS wrote step (('step', '2'),) of 1"]), ((begun,), [])):
        accounts.tracos_wrote(1, doc, edited, None, memories)
        assert accounts.lost({1: State(doc)}, {}, {1: []}, []) == lost
