"""Where the fuzzers start: real inputs of every target, and the words of the languages that they read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

import bson
import orjson

from etl.mapping.codecs import codec_kinds
from etl.mapping.language.words import KEYS, own_words
from etl.mapping.model import System
from tests.fault import fuzz_bases as bases
from tests.fault import fuzz_files
from tests.support.broken_files import BROKEN_FILES

_TEXTS: Final = (
    '"2025-01-02T03:04:05.678-03:00"', '"2025-02-30"', '"2025-01-02 03:04"', '"02/01/2025 03:04"', '"20250102"',
    '"030405"', '"02-Jan-25 03:04:05 AM"', '"/Date(1492041600000-0300)/"', '"-9223372036854775808"', '"007"', '"true"',
    "1735787045", "1735787045.678", "-62135596800", "1e300", "true", "null", "[]", '["20250102", "030405"]', '{"a": 1}',
)  # fmt: skip

_EXPRESSIONS: Final = (
    "join(' ', [summary, 'description'])", "isDeleted || `false`", "lines[?qty > `1`].{id: id, all: sum(lines[].qty)}",
    "sort_by(lines, &qty)[-1].id | to_string(@)", '"spi:wonum".values(@)[0:2:-1]', "map(&qty, lines) && !a",
    "max_by(lines, &id).not_null(a, b)", "length(summary) == `7`", "merge(@, {a: `[1]`})", "lines[*].*[] | reverse(@)",
)  # fmt: skip

_URIS: Final = (
    ("ana", "s3cret", "localhost:27017", ""),
    ("ana", "p@ss/w?rd:%41", "a.example,b.example:27018", "authSource=admin&tls=true"),
    ("ana", "with blank", "[::1]:1", "authMechanismProperties=AWS_SESSION_TOKEN:t0ken;tlsCertificateKeyFilePassword=x"),
    ("", "pä$$+", "h", "replicaSet=r&w=0&readPreferenceTags=a:b"),
)

_ROUGH: Final = r"""
# before
rules:  # of both
- {tracos: number, key: true, client: orderNo} # one
- tracos: "st\u00e9" # two

  client: kind
  values:
  - {client: [a, 'b'], tracos: "\x41"}
  - client: c
    tracos: |
      text
  - client: d  # three
    tracos: >-
       folded

       text
- each:
  # inside
  - client: a
    tracos: b
  client: lines
  tracos: items

mapping: rough
language: 1
inside: {name: tracos, schema: b.json, mongodb: {collection: c, export_when: {"a b": 1}, on_export: {s: $now}}}
outside: &x
  name: client
  nulls: ["", 0, ~]
  schema: a.json
  files: {inbound: "*.json", outbound: "{orderNo}.json"}
# after
"""

_ODD: Final = (
    bson.Int64(7), bson.ObjectId(b"0" * 12), bson.DatetimeMS(10**15), bson.Decimal128("2"), bson.Regex("a"), b"\0",
    bson.Timestamp(1, 1), bson.Code("x"), bson.Code("x", {}), bson.MinKey(), bson.MaxKey(), bson.DBRef("a", 1),
    bson.Binary(b"0" * 16, 4), float("nan"), [2, 30], {"a": 1}, None, True, 1.5, "x",
)  # fmt: skip

_ENV: Final = (
    b"# ours\nexport MONGO_URI='mongodb://u:p$x@h'  # why\nMONGO_DATABASE=\"a\\n\"\n",
    b"\xef\xbb\xbfMONGO_URI=\r\nDATA_INBOUND_DIR = a b # c\n",
    b"MONGO_COLLECTION='open\nDATA_OUTBOUND_DIR=${HOME}\n",
)


def record() -> Iterator[bytes]:
    """Yield client files, right ones and broken ones."""
    for example in bases.shipped().examples:
        yield orjson.dumps(example.outside or example.inside)
    yield from (content for content, _ in BROKEN_FILES.values() if len(content) < 1000)


def files() -> Iterator[bytes]:
    """Yield files of many records."""
    yield from fuzz_files.seeds()


def document() -> Iterator[bytes]:
    """Yield the elements of work orders."""
    for example in bases.shipped().examples:
        yield _elements(example.inside or {})
    yield from map(_elements, _odd_documents())


def yaml() -> Iterator[bytes]:
    """Yield mapping files: small broken ones, and the shipped one without its examples."""
    yield bases.SHIPPED.read_bytes().partition(b"examples:")[0]
    yield from (file.read_bytes() for file in sorted(bases.BROKEN.glob("*.yaml")))


def fmt() -> Iterator[bytes]:
    """Yield mapping files that have the right form, with comments and quotes of every kind."""
    yield _ROUGH.encode()
    yield from (seed for seed in list(yaml())[::15] if b"rules:" in seed)


def mapping() -> Iterator[bytes]:
    """Yield recipes that choose each mapping and edit it once."""
    yield from (bytes([index, 0, index, index % 7, index]) for index in range(len(bases.mapping_bases())))


def schema() -> Iterator[bytes]:
    """Yield recipes that choose each schema and edit it once."""
    yield from (bytes([index, 0, 3 * index, index % 7, index]) for index in range(len(bases.schema_bases())))


def codec() -> Iterator[bytes]:
    """Yield values for every codec, as JSON and as BSON."""
    for index in range(len(bases.codecs())):
        yield from (bytes([index, 0]) + text.encode() for text in _TEXTS)
        yield from (bytes([index, 2 * kind + 1]) + rest for kind, rest in _bson_values())


def codec_options() -> Iterator[bytes]:
    """Yield options of `datetime`, each with a text."""
    for zone in ("UTC", "America/Sao_Paulo", "Etc/GMT+12", "../UTC", ""):
        for form in ("", "%Y-%m-%d", "%d/%m/%y|%H:%M", "%c", "%G-W%V-%u", "%j%%%z", "%Y%m%dT%H%M%S.%f %Z"):
            yield f"{zone}\0{form}\x002025-01-02".encode()


def expression() -> Iterator[bytes]:
    """Yield expressions with a record."""
    given = b'\n{"summary": "Pump", "lines": [{"id": "a", "qty": 2}, {"id": "b", "qty": 1.5}], "spi:wonum": null}'
    yield from (text.encode() + given for text in _EXPRESSIONS)


def uri() -> Iterator[bytes]:
    """Yield URIs, written in every way."""
    for style in (0, 1, 2, 3, 67, 131):
        yield from (bytes([style]) + "\0".join(parts).encode() for parts in _URIS)


def folder_url() -> Iterator[bytes]:
    """Yield URLs of folders, written in every way."""
    yield from uri()


def env() -> Iterator[bytes]:
    """Yield .env files."""
    yield from _ENV
    yield (bases.ROOT / ".env.example").read_bytes().replace(b"#", b"")


SEEDS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    made.__name__: made
    for made in (
        record,
        files,
        document,
        yaml,
        fmt,
        mapping,
        schema,
        codec,
        codec_options,
        expression,
        uri,
        folder_url,
        env,
    )
}


def words() -> list[bytes]:
    """Return words that the targets know, for a fuzzer to put in."""
    known = {word for part in KEYS for word in own_words(part)}
    options = {option for kind in codec_kinds().values() for option in kind.options}
    fields = {name for system in (bases.shipped().outside, bases.shipped().inside) for name in _properties(system)}
    every = {*known, *codec_kinds(), *options, *fields, "$now", "$absent", "omit", "once"}
    return sorted(word.encode() for word in every)


def _properties(system: System) -> list[str]:
    return list(system.schema["properties"])


def _elements(found: dict[str, object]) -> bytes:
    return bson.encode(found)[4:-1]


def _odd_documents() -> Iterator[dict[str, object]]:
    """Yield work orders with a value of every type of BSON in every field that a rule reads."""
    good = {"number": 7, "title": "Pump", "status": "pending", "createdAt": bson.DatetimeMS(0)}
    for name in (*good, "deletedAt", "updatedAt"):
        yield from ({**good, name: odd} for odd in _ODD)


def _bson_values() -> Iterator[tuple[int, bytes]]:
    for milliseconds in (0, -1, 1735787045678, -62135596800000, 253402300799999, 10**15, -(2**63)):
        yield 9, struct.pack("<q", milliseconds)
    for value in (7, 1.5, "a", b"a", bson.Int64(7), bson.ObjectId(b"0" * 12), bson.Decimal128("1"), [1], {"a": None}):
        raw = _elements({"v": value})
        yield raw[0], raw[3:]
