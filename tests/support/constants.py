"""What hypothesis draws besides: not the constants of our own modules, unless it is asked to be thorough.

It would parse every module that is imported, in each process anew, which takes seconds; and which examples it draws
would depend on code that they have nothing to do with.
"""

from __future__ import annotations

from hypothesis.internal.conjecture import providers


def draw_no_constants_of_ours() -> None:
    """Let hypothesis look for constants in no module."""
    providers.is_local_module_file = lambda _: False  # type: ignore[assignment, attr-defined] # it is its own
