"""All codecs by name: every module of this package that has `KINDS`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from collections.abc import Mapping as Table
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind
from etl.record import shown

_PACKAGE = __name__.rpartition(".")[0]


@cache
def codec_kinds() -> Table[str, CodecKind]:
    """Return every codec, by name and in the order of the names."""
    names = [module.name for module in pkgutil.iter_modules(import_module(_PACKAGE).__path__, f"{_PACKAGE}.")]
    modules = [import_module(name) for name in names if name != __name__]
    kinds = [kind for module in modules for kind in getattr(module, "KINDS", ())]
    return MappingProxyType({kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)})


def codecs_that(suit: Callable[[Codec], bool]) -> str:
    """Return the names of the codecs that, with usual options, suit; for what a message advises."""
    return ", ".join(name for name, kind in codec_kinds().items() if suit(kind(kind.usual)))


def make_codec(name: str, options: Any) -> Codec:
    """Return the codec of that name. options: by name, or the value that stands in their place.

    Raises:
        CodecError: when there is no such codec, or it does not take these options.

    """
    if ":" in name:
        from etl.mapping.codecs.packages import package_codec  # noqa: PLC0415 - few mappings have codecs of packages

        return package_codec(name, options)
    kind = codec_kinds().get(name)
    if kind is None:
        near = get_close_matches(name, codec_kinds(), 1)
        fix = f"did you mean {near[0]}?" if near else "name a codec with options that it takes"
        raise CodecError(f"there is no codec {shown(name)}; the codecs are {', '.join(codec_kinds())}", fix)
    return kind(options)
