"""The pages to look at: the last run, all runs, the conflicts, the dead letters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from etl import app
from etl.mapping.terms import Side
from etl.page import html
from etl.page.left import reason_of, sample_text, values_of
from etl.page.model import Block, Inline, Link, Row, Table
from etl.page.report import duration, moment, plural, report_of, totals
from etl.record import show_key
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.overview import SHOWN, Overview, by_cause, cause_of
from etl.transfer.run_history import RunRecord
from etl.web.site import site

_ID: Final = 16
_RUN: Final = ("started, UTC", "run", "command", "took", "ended", "read", "not done")


pages = Blueprint("pages", __name__)


@pages.get("/")
def overview() -> str:
    """The last run, and what waits."""
    return _report(app.overview(site.mapping, site.settings, site.log), "overview", "Last run")


@pages.get("/runs")
def runs() -> str:
    """All runs that are known."""
    seen = app.overview(site.mapping, site.settings, site.log)
    return render_template("runs.html", here="runs", made=_blocks(_runs_table(seen.runs)), count=len(seen.runs))


@pages.get("/runs/<id_>")
def one_run(id_: str) -> str:
    """One run."""
    if not _is_id(id_):
        abort(404)
    seen = app.overview(site.mapping, site.settings, site.log, id_)
    if seen.run is None:
        abort(404, "no run has this id")
    return _report(seen, "runs", f"Run {seen.run.id}")


@pages.get("/conflicts")
def conflicts() -> str:
    """The open conflicts, or those about one rule."""
    rule = request.args.get("rule") or None
    choice = app.Choice(rule=rule)
    with app.conflicts(site.mapping, site.settings, site.log, choice, decided=False) as found:
        shown = list(islice(found, SHOWN))
        count = len(shown) + sum(1 for _ in found)
    values = {"conflicts": shown, "count": count, "rule": rule}
    return render_template("conflicts.html", here="conflicts", **values, **_words())


@pages.get("/conflicts/<id_>")
def one_conflict(id_: str) -> str:
    """One conflict, open or decided."""
    with app.conflicts(site.mapping, site.settings, site.log) as found:
        conflict = next((each for each in found if each.id == id_), None)
    if conflict is None:
        abort(404, "there is no such conflict any more")
    return render_template("conflict.html", here="conflicts", conflict=conflict, **_words())


@pages.get("/letters")
def letters() -> str:
    """The dead letters, or those of one cause."""
    cause = request.args.get("cause") or ""
    with app.letters(site.mapping, site.settings, site.log, whole=False) as found:
        every = list(found)
    shown = [letter for letter in every if not cause or cause_of(letter) == cause]
    causes = [(each, _inline(reason_of(each))) for each in by_cause(every)]
    values = {"letters": shown[:SHOWN], "count": len(shown), "causes": causes, "cause": cause}
    return render_template("letters.html", here="letters", total=len(every), moment=moment, **values)


@pages.get("/letters/<id_>")
def one_letter(id_: str) -> str:
    """One dead letter, whole."""
    letter = letter_of(id_)
    text = sample_text(letter.content)
    return render_template("letter.html", here="letters", letter=letter, text=text, moment=moment)


def letter_of(id_: str) -> DeadLetter:
    """Return the dead letter with an id, whole; where there is none, that is the answer to who asked."""
    if not _is_id(id_):
        abort(404)
    with app.letters(site.mapping, site.settings, site.log, app.Selection([id_])) as found:
        letter = next(found, None)
    if letter is None:
        abort(404, "there is no such dead letter any more")
    return letter


def pretty(value: Any) -> str:
    """Return any value as JSON to read."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _ID and not set(text) - set("0123456789abcdef")


def _words() -> dict[str, object]:
    """Return what a template needs to show conflicts."""
    mapping = site.mapping
    names = {side: mapping.system(side).name for side in Side}
    sides = {"outside": names[Side.OUTSIDE], "inside": names[Side.INSIDE]}
    return {"values_of": values_of, "show_key": show_key, "moment": moment, "names": names, **sides}


def _report(seen: Overview, here: str, heading: str) -> str:
    page = report_of(seen)
    return render_template("report.html", here=here, heading=heading, page=page, blocks=_blocks, anchor=html.anchor)


def _blocks(made: Sequence[Block]) -> Markup:
    return Markup(html.blocks(made))  # noqa: S704 - the renderer has escaped every text


def _inline(text: Inline) -> Markup:
    return Markup(html.inline(text))  # noqa: S704 - as above


def _runs_table(runs: Sequence[RunRecord]) -> tuple[Table, ...]:
    return (Table(tuple((name,) for name in _RUN), tuple(map(_run_row, runs))),)


def _run_row(run: RunRecord) -> Row:
    counts = totals(run)
    ended = run.state.value if run.exit_code is None else f"exit {run.exit_code}"
    left = ", ".join(f"{counts[name]} {name}" for name in ("rejected", "conflict") if counts.get(name))
    link = Link(run.id, f"/runs/{run.id}")
    read = plural(counts.get("read", 0), "record")
    return Row(((moment(run.started),), (link,), (run.command,), (duration(run.seconds),), (ended,), (read,), (left,)))
