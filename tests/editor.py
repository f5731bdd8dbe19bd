"""What editors say of codecs, their options among it: drawn from the codecs into the schema of mappings.

python -m tests.editor
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from etl.mapping.codecs import codec_kinds
from etl.mapping.codecs.codec import CodecKind
from tests.support.site import ROOT

FILE = ROOT / "schemas" / "mapping.schema.json"


def drawn(text: str) -> str:
    """Return the text of the schema with the codecs as they are now."""
    for name, part in (("codec_names", names()), ("codec_options", options())):
        before, beginning, rest = text.partition(f'    "{name}": {{\n')
        _, end, after = rest.partition("\n    }")
        assert end, f"{FILE} has no place for {name}"
        text = before + beginning + part + end + after
    return text


def names() -> str:
    return f'      "enum": {json.dumps([*codec_kinds()])}'


def options() -> str:
    """Return, by codec, what it does and what its options mean."""
    known = ",\n".join(f"        {json.dumps(name)}: {_codec(kind)}" for name, kind in codec_kinds().items())
    return f'      "properties": {{\n{known}\n      }},\n      "additionalProperties": {{"$ref": "#/$defs/options"}}'


def _codec(kind: CodecKind) -> str:
    words = kind.words.format(outside="the outside system", inside="the inside one")
    described = {"title": kind.name, "description": f"{words[:1].upper()}{words[1:]}.", "$ref": "#/$defs/options"}
    examples = list(_examples(kind))
    known = {
        name: {"title": name, "description": f"{meaning[:1].upper()}{meaning[1:]}."}
        for name, meaning in kind.options.items()
    }
    return json.dumps(
        {**described, **({"properties": known} if known else {}), **({"examples": examples} if examples else {})},
        ensure_ascii=False,
    )


def _examples(kind: CodecKind) -> Iterator[Any]:
    seen: list[Any] = []
    for example in kind.examples:
        said = example.options[kind.bare] if list(example.options) == [kind.bare] else dict(example.options)
        if example.options and said not in seen:
            seen.append(said)
            yield said


if __name__ == "__main__":
    FILE.write_text(drawn(FILE.read_text()))
