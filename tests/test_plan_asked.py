"""What an import only learns: a plan reads it where what goes out depends on it, and what is applied is as planned."""

from __future__ import annotations

from etl.app import plan
from etl.transfer.model import Note, Outcome
from tests.support.plans import LOG, applied
from tests.support.proofs import TEXT, of
from tests.support.site import Site
from tests.support.sites import Shop


def asked(site: Site) -> list[Outcome]:
    """Return the outcomes of what a plan reads since what goes out depends on it."""
    made = plan(site.mapping, site.settings, LOG)
    return [record.outcome for record in made.records if record.note == Note.ASKED.value]


def test_what_the_client_has_already_is_not_sent_as_new_by_a_plan_that_is_applied(site: Site) -> None:
    rules = "{c: title, t: title}\n{c: origin, t: origin, write: {c: once}}"
    shop = Shop(site, rules, of(title=TEXT, origin=TEXT), of(title=TEXT, origin=TEXT))
    shop.client_says(1, title="Pump", origin="there")
    shop.technician_creates(1, title="Pump", origin="there")
    assert asked(site) == [Outcome.UNCHANGED]
    assert applied(site) == ([{"read": 1, "unchanged": 1}, {"read": 1, "created": 1}], [])
    assert shop.client_is_told(1) == {"id": 1, "title": "Pump"}


def test_what_both_sides_have_come_to_say_is_not_sent_by_a_plan_that_is_applied(site: Site) -> None:
    rules = "{c: title, t: title, send: changed}\n{c: note, t: note}"
    shop = Shop(site, rules, of(title_=TEXT, note=TEXT), of(title_=TEXT, note=TEXT))
    shop.client_says(1, title="Pump", note="a")
    shop.run()
    shop.client_says(1, title="Valve", note="a")
    shop.technician_edits(1, title="Valve", note="b")
    assert asked(site) == [Outcome.UNCHANGED]
    assert applied(site) == ([{"read": 1, "unchanged": 1}, {"read": 1, "updated": 1}], [])
    assert shop.client_is_told(1) == {"id": 1, "note": "b"}


def test_what_is_news_of_a_record_that_goes_out_is_read_though_it_changes_nothing(site: Site) -> None:
    shop = Shop(site, "{c: title, t: title}", of(title=TEXT), of(title=TEXT))
    shop.client_says(1, title="Pump")
    shop.technician_creates(1, title="Pump")
    assert asked(site) == [Outcome.UNCHANGED]
    assert applied(site) == ([{"read": 1, "unchanged": 1}, {"read": 1, "created": 1}], [])
    assert asked(site) == []
