"""A client of which files wait: what a test of them needs."""

from __future__ import annotations

from typing import Any

from etl.app import plan, verify
from etl.mapping.load import load_mapping
from etl.transfer.model import Note, Outcome, ValueChange
from tests.support.site import Site
from tests.support.sites import LOG, Shop

NULLABLE: dict[str, Any] = {"type": ["string", "null"]}
PARTIAL = "send: changed, when_absent: null, "


def changes_of(site: Site) -> list[ValueChange]:
    """Return what a plan has."""
    return [value for one in plan(site.mapping, site.settings, LOG).records for value in one.values]


def planned(site: Site) -> dict[str, Any]:
    return {value.path: value.new for value in changes_of(site)}


def noted(shop: Shop) -> Note | None:
    """Return what verify says beside its judgement of the one record that there is."""
    (result,) = verify(shop.site.mapping, shop.site.settings, LOG)
    assert result.outcome is Outcome.UNCHANGED
    return result.note


def agrees(shop: Shop) -> bool:
    return set(shop.verified().values()) == {Outcome.UNCHANGED}


def as_due_again(shop: Shop) -> None:
    """Let an import make the work order due."""
    file = shop.folder / "m.yaml"
    file.write_text(file.read_text().replace("export_when: {", "on_import: {isSynced: false}, export_when: {"))
    shop.site.mapping = load_mapping(file)
    assert shop.site.mapping.mongodb.on_import
