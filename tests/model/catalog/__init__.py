"""The rules that the model's mappings are made of, with what either side may do to their values.

"new" stands for a text that was never there before.
"""

from __future__ import annotations

from tests.model.catalog.one_way import ONE_WAY
from tests.model.catalog.tables import TABLES
from tests.model.catalog.values import VALUES
from tests.model.kinds import Kind

CATALOG: dict[str, tuple[Kind, ...]] = {**VALUES, **TABLES, **ONE_WAY}
