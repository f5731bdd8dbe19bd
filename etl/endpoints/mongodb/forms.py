"""The forms in which the engine's own documents are stored: one that is newer than this engine knows is refused.

A document without a number has form 1, and so has each that is not an agreement.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from etl.endpoints.mongodb.exact import Document
from etl.errors import EndpointError

FIRST: Final = 1
NUMBER: Final = {"form": True}
"""What to read of a document besides, where not all of it is read."""


def form_of(document: Document, collection: str, newest: int = FIRST) -> int:
    """Return the form of a document of one of the engine's own collections. newest: that is known.

    Raises:
        EndpointError: when a newer engine has written it.

    """
    form: Any = document.get("form", FIRST)
    if form > newest:
        raise EndpointError(
            f"{collection} has what a newer version of this engine remembers (form {form}; this one knows {newest}): "
            "update the engine; none of that was changed"
        )
    return int(form)


def known(documents: Iterable[Document], collection: str) -> list[Document]:
    """Return documents, of which none may have another form than the first.

    Raises:
        EndpointError: when a newer engine has written one.

    """
    found = list(documents)
    for document in found:
        form_of(document, collection)
    return found
