"""What a codec of one's own is made of; a package declares it under the entry point group `etl.codecs`."""

from etl.mapping.codecs.codec import (
    DATE,
    Codec,
    CodecError,
    CodecKind,
    Example,
    Fields,
    Form,
    Loss,
    Refusal,
)
from etl.mapping.codecs.said import Said
from etl.mapping.terms import Side

__all__ = ["DATE", "Codec", "CodecError", "CodecKind", "Example", "Fields", "Form", "Loss", "Refusal", "Said", "Side"]
