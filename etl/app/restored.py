"""A database that was restored from a backup is noticed before anything is written."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from etl.endpoints.mongodb.ledger import MongoLedger
from etl.errors import RestoredError
from etl.exit_codes import COMPLETED
from etl.mapping.equality import same
from etl.record import Key, Record, show_key
from etl.transfer.batches import gathered
from etl.transfer.replaced import Replaced
from etl.transfer.restored import FEWEST, Older, Remembering, most, older
from etl.transfer.run_history import RunRecord

if TYPE_CHECKING:
    from etl.app.session import Session

_LOOKED_AT: Final = 100
_RUNS: Final = 10
_NAMED: Final = 3

_FIX: Final = (
    "If one of them came out of a backup, restore both as they were at one time, or say by `etl state rebuild` that "
    "what both sides have now is right; --confirm-restored takes it once as edited since: what "
    "is due then goes out, and the rest stays apart, as `etl verify` names it, until it is edited. Nothing was written"
)
_SHOWN: Final = "of {of} that run {run} wrote at {at} UTC, {count} are "
_TEXTS: Final = {
    Older.DOCUMENTS: "the documents of {name} are older than what is remembered of them: "
    + _SHOWN
    + "as they were before it, or gone ({named}). ",
    Older.MEMORY: "what is remembered of the documents of {name} is older than they are: "
    + _SHOWN
    + "as it wrote them, and nothing is remembered of that ({named}). ",
}


def check_restored(session: Session) -> None:
    """Stop where documents and what is remembered are of different ages; a person may say that it is right.

    Raises:
        RestoredError: when they are.

    """
    for run, why in _signs(session):
        if not session.access.confirm_restored:
            raise RestoredError(why)
        session.replaced.settle(run)


def why_restored(session: Session) -> str:
    """Return why a run would stop; "" where it would not."""
    return next((why for _, why in _signs(session)), "")


def _signs(session: Session) -> list[tuple[str, str]]:
    """Return the last run that has written enough, and what it shows; [] where nothing is wrong."""
    for kept in session.replaced.runs(most=_RUNS):
        if kept.records < FEWEST:
            continue
        if kept.is_settled or not session.ledger.has_any():
            return []
        record = next(iter(session.runs.find(id_=kept.run)), None)
        if record is None:
            return []
        shown = _shown(session, record)
        sign = most(shown)
        return [] if sign is None else [(kept.run, _told(session, record, len(shown), *sign))]
    return []


def _shown(session: Session, record: RunRecord) -> dict[Key, Older | None]:
    """Return what some of what a run wrote last shows; what one that died had only begun is left out."""
    unsure = record.exit_code not in COMPLETED
    shown: dict[Key, Older | None] = {}
    # nothing of a part is held any more once the next one is read
    for found in map(partial(_shown_by, session, record, shown), session.replaced.parts(record.id, 2, int(unsure))):
        shown |= found
    return shown


def _shown_by(
    session: Session, record: RunRecord, shown: Table[Key, Older | None], part: Sequence[Replaced]
) -> dict[Key, Older | None]:
    images: dict[Key, Replaced] = {}
    for image in part[: _LOOKED_AT - len(shown)]:
        if image.key not in shown:
            images.setdefault(image.key, image)
    found, known = _now(session, images)
    return {key: older(one, record.token, found.get(key), known.get(key)) for key, one in images.items()}


def _now(session: Session, images: dict[Key, Replaced]) -> tuple[dict[Key, Record], dict[Key, Remembering]]:
    """Return the documents that a run wrote, as they are, and what is remembered of them."""
    if not images:
        return {}, {}
    writer, ledger = session.inside_writer, MongoLedger(session.gateway)
    found = gathered(lambda keys: writer.find(keys).records, images)
    there = {key: d for key, d in found.items() if same(writer.identity_of(d), images[key].identity)}
    return there, {key: Remembering(*known) for key, known in gathered(ledger.load_dated, images).items()}


def _told(session: Session, record: RunRecord, count: int, which: Older, keys: list[Key]) -> str:
    named = ", ".join(map(show_key, keys[:_NAMED])) + (", …" if len(keys) > _NAMED else "")
    return (_TEXTS[which] + _FIX).format(
        name=session.documents.collection.name,
        of=count,
        run=record.id,
        at=f"{record.started:%Y-%m-%d %H:%M:%S}",
        count=len(keys),
        named=named,
    )
