"""What is read from MongoDB, as it lies there: an object is an object, whatever its names are.

pymongo makes a reference of its own kind of an object that has `$ref` and `$id`, and forgets the order of its names.
MongoDB compares by that order, so such a document would never be the version that was read.
"""

from __future__ import annotations

from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

_REFERENCE = b"$ref\0"


class AsObjects(RawBSONDocument):
    """Not a class of documents, but how pymongo lets others decode them: what is made is a plain `dict`."""

    def __new__(cls, data: bytes, codec_options: CodecOptions[Any] | None = None) -> Any:
        """Return the document in `data`."""
        data, options = bytes(data), codec_options or CodecOptions()
        if _REFERENCE not in data:
            return bson.decode(data, options.with_options(document_class=dict))
        return _inflated(RawBSONDocument(data, options.with_options(document_class=RawBSONDocument)))


def _inflated(value: Any) -> Any:
    if isinstance(value, RawBSONDocument):
        return {name: _inflated(item) for name, item in value.items()}
    return [_inflated(item) for item in value] if isinstance(value, list) else value
