"""Every code of a finding, as `codes.md` beside this file describes it: what it means, an example, and the fix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HEADING = re.compile(r"^## ([EW][0-9]{3}) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. page: its section of codes.md, heading included."""

    code: str
    title: str
    page: str


@cache
def load_codes() -> dict[str, Code]:
    """Return every code, in order."""
    text = Path(__file__).with_name("codes.md").read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    sections = zip(headings, ends, strict=True)
    return {found[1]: Code(found[1], found[2], text[found.start() : end].strip()) for found, end in sections}
