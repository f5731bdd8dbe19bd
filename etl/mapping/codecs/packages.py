"""The user's own codecs: `package:name` is the one that an installed package declares under the group `etl.codecs`.

Such a codec is held to what it says of itself before it converts anything: its examples are tried. Where it fails, the
reason says whose fault that is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from etl.mapping.codecs.codec import DATE, Codec, CodecError, CodecKind, Example, Refusal
from etl.mapping.terms import Side
from etl.record import ABSENT, shown

GROUP: Final = "etl.codecs"
_FIX: Final = "that is a fault of the package: mend it, or install another version"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    DATE: (datetime,),
}


def package_codec(said: str, options: Any) -> Codec:
    """Return the codec `package:name` with options.

    Raises:
        CodecError: when no package has it, it does not take these options, or it is not what it says of itself.

    """
    try:
        return _guarded(said, _kind(said)(options))
    except CodecError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is that package's
        raise _failed(said, error) from None


@cache
def _kind(said: str) -> CodecKind:
    """Return a kind of codec, whose examples hold."""
    entry = _entry(said)
    try:
        kind = entry.load()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is that package's
        raise _failed(said, error) from None
    if not isinstance(kind, CodecKind):
        raise CodecError(f"codec {said} is no CodecKind of etl.codecs", _FIX)
    kind = replace(kind, name=said)
    for example in kind.examples:
        _try_example(said, kind, example)
    for refusal in kind.refused:
        _try_refusal(said, kind, refusal)
    if not kind.examples:
        raise CodecError(f"codec {said} has no example, so nothing is known of it", _FIX)
    return kind


def _entry(said: str) -> EntryPoint:
    package, _, name = said.partition(":")
    installed = {f"{_plain(entry.dist.name)}:{entry.name}": entry for entry in entry_points(group=GROUP) if entry.dist}
    found = installed.get(f"{_plain(package)}:{name}")
    if found is None:
        known = f"installed are {', '.join(sorted(installed))}" if installed else "none is installed"
        raise CodecError(f"no package has a codec {shown(said)}; {known}", f"install {package}, or correct the name")
    return found


def _plain(package: str) -> str:
    return package.lower().replace("_", "-").replace(".", "-")


def _failed(said: str, error: Exception) -> CodecError:
    return CodecError(f"codec {said} fails with {type(error).__name__}: {error}", _FIX)


def _guarded(said: str, codec: Codec) -> Codec:
    """Return a codec that refuses what it fails on, or makes otherwise than it says."""
    fit = codec.fit
    made, wrote = frozenset({codec.makes}), codec.writes

    def converting(convert: Callable[[Any], Any], types: frozenset[str], *, several: bool) -> Callable[[Any], Any]:
        def converted(value: Any) -> Any:
            try:
                result = convert(value)
            except CodecError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is that package's
                raise _failed(said, error) from None
            if several and (not isinstance(result, list) or len(result) != codec.parts):
                raise CodecError(f"codec {said} writes {shown(result)}, and no list of {codec.parts} values", _FIX)
            for one in result if several else [result]:
                _check_type(said, one, types)
            return result

        return converted

    return replace(
        codec,
        decode=converting(codec.decode, made, several=False),
        encode=converting(codec.encode, wrote, several=codec.parts > 1),
        fit=None if fit is None else lambda fields: _guarded(said, fit(fields)),
    )


def _check_type(said: str, value: Any, types: frozenset[str]) -> None:
    for kind in types:
        if isinstance(value, _TYPES.get(kind, ())) and (kind == "boolean" or not isinstance(value, bool)):
            if isinstance(value, datetime) and value.tzinfo is None:
                break
            return
    raise CodecError(f"codec {said} makes {shown(value)}, which is no {' or '.join(sorted(types))} as it says", _FIX)


def _try_example(said: str, kind: CodecKind, example: Example) -> None:
    """Refuse a codec that does not read and write an example as it says."""
    codec = _guarded(said, kind(dict(example.options)))
    read, back = codec.decode(example.outside), example.outside if example.back is ABSENT else example.back
    _check_same(said, "reads", example.outside, read, example.inside)
    _check_same(said, "writes", example.inside, codec.encode(example.inside), back)
    for side, was, now in (
        (Side.OUTSIDE, example.outside, back),
        (Side.INSIDE, example.inside, codec.decode(back)),
    ):
        if was != now and not codec.lost(side):
            raise CodecError(f"codec {said} returns {shown(now)} for {shown(was)}, and says of no loss", _FIX)


def _check_same(said: str, verb: str, value: Any, made: Any, wanted: Any) -> None:
    if made != wanted or type(made) is not type(wanted):
        raise CodecError(f"codec {said} {verb} {shown(value)} as {_shown(made)}, and says {_shown(wanted)}", _FIX)


def _shown(value: Any) -> str:
    return ", ".join(map(shown, value)) if isinstance(value, Sequence) and not isinstance(value, str) else shown(value)


def _try_refusal(said: str, kind: CodecKind, refusal: Refusal) -> None:
    """Refuse a codec that takes what it says that it refuses."""
    codec = _guarded(said, kind(dict(refusal.options)))
    try:
        (codec.decode if refusal.side is Side.INSIDE else codec.encode)(refusal.value)
    except CodecError as error:
        if error.fix == _FIX:
            raise
        return
    raise CodecError(f"codec {said} takes {shown(refusal.value)}, which it says that it refuses", _FIX)
