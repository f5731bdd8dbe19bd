"""Conflicts and dead letters as people may see them: what is private in them is masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.transfer.conflicts import Conflict
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.discretion import masked_conflict, masked_content

if TYPE_CHECKING:
    from etl.app.session import Session


def shown_conflicts(session: Session, found: Iterable[Conflict]) -> Iterator[Conflict]:
    """Yield conflicts without what is private in them."""
    privacy = session.privacy
    return (masked_conflict(privacy, one) if privacy else one for one in found)


def shown_letters(session: Session, found: Iterable[DeadLetter]) -> Iterator[DeadLetter]:
    """Yield dead letters without what is private in what they keep."""
    privacy = session.privacy
    return (replace(one, content=masked_content(privacy, one)) if privacy else one for one in found)
