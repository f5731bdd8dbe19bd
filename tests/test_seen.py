"""Which keys a run has seen: never forgotten, hardly ever mistaken, in bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transfer.seen import Seen

PART = st.integers(0, 2**60) | st.text(min_size=1, max_size=5)
KEYS = st.lists(st.tuples(PART) | st.tuples(PART, PART))


@given(KEYS, st.sampled_from([0, 3, 100]))
def test_a_key_is_seen_from_the_second_time_on(keys: list[tuple[int | str, ...]], exact: int) -> None:
    seen = Seen(exact)
    assert [seen.add(key) for key in keys] == [key in keys[:index] for index, key in enumerate(keys)]


@pytest.mark.slow
def test_of_many_keys_none_is_forgotten_and_few_are_mistaken() -> None:
    seen = Seen()
    assert sum(seen.add((number,)) for number in range(300_000)) < 10
    assert all(seen.add((number,)) for number in range(300_000))
