"""What edits of one field are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.exact import Doc

DAY = datetime(2025, 1, 1, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)


def each_of(name: str, *values: Any) -> tuple[Doc, ...]:
    return tuple({name: value} for value in values)
