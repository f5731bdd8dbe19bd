"""The kinds of rules: all that an entry of `rules` can be."""

from __future__ import annotations

from typing import TypeAlias

from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.table import Table

Rule: TypeAlias = Copy | Computed | Table | Each
"""One entry of `rules`. What is asked of all kinds stands in `BaseRule`; a `match` over them ends in `assert_never`."""
