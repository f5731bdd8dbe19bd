"""How histories are drawn: each by itself. Hypothesis by default makes five of six out of parts of earlier ones.

Repeated parts find little here, where what matters is how many different things meet. Shrinking is hypothesis's own.
Nor are constants of our own modules drawn, so a seed plays the same history whatever is imported beside it.
"""

from __future__ import annotations

from typing import Final

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from tests.support.constants import draw_no_constants_of_ours

BACKEND: Final = "tests.model.afresh"


class AfreshProvider(HypothesisProvider):
    """Draws as hypothesis does; as a backend of another name, it is always asked for something new."""


AVAILABLE_PROVIDERS[BACKEND] = f"{__name__}.{AfreshProvider.__name__}"
draw_no_constants_of_ours()
