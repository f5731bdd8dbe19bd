"""What people decide: conflicts and dead letters, one by one and in bulk, with a name and a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from typing import Final, TypeVar

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response

from etl import app
from etl.logs import Log
from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.overview import cause_of
from etl.transfer.report import Report
from etl.web.site import site

T = TypeVar("T")

_LONGEST: Final = 200


decisions = Blueprint("decisions", __name__)


@decisions.before_request
def ask_for_edits() -> None:
    """Refuse a site that only shows."""
    if not site.edits:
        abort(403, "this site is read-only; start it with etl serve --edit to decide")


@decisions.post("/conflicts/decide")
def decide_conflicts() -> Response:
    """Decide the conflicts that were selected, as they were seen, or all that are open."""
    take = [value if name == "take" else f"{name[5:]}={value}" for name, value in _taken()]
    if not take:
        abort(400, "choose a side first")
    seen = dict(one.split(":", 1) for one in request.form.getlist("seen") if ":" in one)
    rule = request.form.get("rule") or ""
    every = request.form.get("every") == "yes"
    if not every and not seen:
        return _back("No conflict was selected.", "pages.conflicts", rule=rule)
    choice = app.Choice(rule=rule or None, seen=None if every else seen)
    decision = app.Resolution(take, **_signed())
    reports = _alone(lambda: app.resolve(site.mapping, site.settings, site.log, choice, decision))
    moved = 0 if every else len(seen) - (reports[0].read if reports else 0)
    return _back(_said(reports, moved, "conflict"), "pages.conflicts", rule=rule)


@decisions.post("/letters/decide")
def decide_letters() -> Response:
    """Replay or drop the dead letters that were selected, or all of a cause."""
    cause = request.form.get("cause") or ""
    ids = _of_cause(cause) if request.form.get("every") == "yes" else request.form.getlist("id")
    if not ids:
        return _back("No dead letter was selected.", "pages.letters", cause=cause)
    signed = _signed()
    match request.form.get("do"):
        case "replay":
            said = _replayed(ids, signed)
        case "ack":
            by, note = signed["by"], signed.get("note", "")
            said = _counted(lambda: app.acknowledge(*_chosen(ids), by=by, note=note), "acknowledged")
        case "drop":
            said = _counted(lambda: app.drop(*_chosen(ids)), "dropped")
            site.log.warning("dead letters dropped", ids=ids[:10], **signed)
        case _:
            abort(400, "say whether to replay, to acknowledge or to drop them")
    return _back(said, "pages.letters", cause=cause)


def _replayed(ids: Sequence[str], signed: Table[str, str]) -> str:
    reports = _alone(lambda: app.replay(*_chosen(ids), decided=signed))
    return _said(reports, len(ids) - sum(report.read for report in reports), "dead letter")


def _chosen(ids: Sequence[str]) -> tuple[Mapping, Settings, Log, app.Selection]:
    return site.mapping, site.settings, site.log, app.Selection(ids)


def _counted(work: Callable[[], int], word: str) -> str:
    return f"{_alone(work)} {word}."


def _taken() -> list[tuple[str, str]]:
    """Return what is chosen: a side for all, or one for each rule, in fields called `take.RULE`."""
    return [(name, value) for name, value in request.form.items() if name == "take" or name.startswith("take.")]


def _signed() -> dict[str, str]:
    """Return who decides, and why; refuse what nobody has signed."""
    by, note = (request.form.get(name, "").strip() for name in ("by", "note"))
    if not by:
        abort(400, "say who decides: the name is kept with the decision")
    for text in (by, note):
        if not text.isprintable() or len(text) > _LONGEST:
            abort(400, f"write one line of at most {_LONGEST} characters")
    session["by"] = by
    return {"by": by, **({"note": note} if note else {})}


def _alone(work: Callable[[], T]) -> T:
    with site.deciding:
        return work()


def _of_cause(cause: str) -> list[str]:
    with app.letters(site.mapping, site.settings, site.log, whole=False) as found:
        return [letter.id for letter in found if not cause or cause_of(letter) == cause]


def _said(reports: list[Report], moved: int, word: str) -> str:
    said = [report.as_line() for report in reports if report.read]
    if moved > 0:
        said.append(f"{moved} {word}{'' if moved == 1 else 's'} had changed since you looked, and stayed: look again")
    return ". ".join(said) + "." if said else "There was nothing left to do."


def _back(message: str, page: str, **values: str) -> Response:
    flash(message)
    where = url_for(page, _external=False, **{name: value for name, value in values.items() if value})
    return redirect(where, 303)
