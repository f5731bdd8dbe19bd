"""Codecs: named pairs of functions for a value that has another form in each system.

Each codec is one module of this package, or shares one with its family: it holds all that anybody needs to know of it.
Whoever adds a codec adds such a module, with `KINDS`, and its line in docs/language.md.
"""

from etl.mapping.codecs.codec import DATE, TEXT, Codec, CodecError, Fields, Form, Loss, spelt
from etl.mapping.codecs.composition import composed, read_again
from etl.mapping.codecs.registry import codec_kinds, codecs_that, make_codec
from etl.mapping.codecs.said import Said

__all__ = [
    "DATE",
    "TEXT",
    "Codec",
    "CodecError",
    "Fields",
    "Form",
    "Loss",
    "Said",
    "codec_kinds",
    "codecs_that",
    "composed",
    "make_codec",
    "read_again",
    "spelt",
]
