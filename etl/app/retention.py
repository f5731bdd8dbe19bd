"""Retention: a run forgets what is older than the settings say, before it does anything else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from etl.endpoints.mongodb.names import CONFLICTS, LETTERS
from etl.settings import Settings

if TYPE_CHECKING:
    from etl.app.session import Session


def forget_old(session: Session, settings: Settings, now: datetime) -> None:
    """Forget what runs have replaced, dead letters and decided conflicts that are too old; the history does by itself.

    A conflict that waits for a person waits on.
    """
    session.replaced.expire(now - timedelta(days=settings.undo_kept))
    if settings.letters_kept is not None:
        _forget(session, LETTERS, now - timedelta(days=settings.letters_kept), {})
    if settings.conflicts_kept is not None:
        _forget(session, CONFLICTS, now - timedelta(days=settings.conflicts_kept), {"open": False})


def _forget(session: Session, name: str, before: datetime, wanted: dict[str, bool]) -> None:
    gateway = session.gateway
    old = {**gateway.scope, **wanted, "last": {"$lt": before}}
    gateway.write(lambda: gateway.collection_of(name).delete_many(old))
