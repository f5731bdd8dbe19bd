"""Which version of a mapping something was made with."""

from __future__ import annotations

import hashlib

from etl.mapping.model import Mapping


def mapping_hash(mapping: Mapping) -> str:
    """Return a hash of a mapping's file and of its schemas."""
    return hashlib.blake2b(b"\0".join(file.read_bytes() for file in mapping.source_files), digest_size=12).hexdigest()
