"""The queue: documents that wait to go out, and how it is known that there are others."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from bson import decode_iter
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.change_stream import CollectionChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from etl.endpoints.mongodb.documents import filter_waiting
from etl.endpoints.mongodb.exact import Document, Exact
from etl.endpoints.mongodb.retry import Retry
from etl.mapping.mongodb import MongoEndpoint

_MOST: Final = 200
"""So many waiting documents are told from one another."""

_RAW: Final = CodecOptions(document_class=RawBSONDocument)


class Queue:
    """The queue of one mapping. A replica set says itself when a document changes; any other server is asked."""

    def __init__(self, documents: Exact, mongodb: MongoEndpoint, retry: Retry) -> None:
        self._documents = documents
        self._wanted = filter_waiting(mongodb)
        self._retry = retry
        self._stream: CollectionChangeStream[Document] | None = None

    def listen(self) -> None:
        """Have changes told from now on, where the server can."""
        try:
            self._stream = self._documents.changes()
        except OperationFailure:  # a server alone has none, or this user may not ask
            self._stream = None

    def may_have_changed(self) -> bool:
        """Return whether it is worth looking: not where a replica set has told of nothing."""
        if self._stream is None:
            return True
        try:
            told = self._stream.try_next() is not None
            while told and self._stream.try_next() is not None:
                pass
        except PyMongoError:
            self.close()
            self.listen()
            return True
        return told

    def waiting(self) -> frozenset[int]:
        """Return a number for each document that waits, of so many, another one once it has changed.

        Raises:
            EndpointError: when MongoDB fails.

        """
        return self._retry(lambda: frozenset(self._marks()))

    def close(self) -> None:
        """End listening."""
        if self._stream is not None:
            with suppress(PyMongoError):
                self._stream.close()
            self._stream = None

    def _marks(self) -> list[int]:
        replies: Any = self._documents.find_raw(self._wanted).limit(_MOST)
        return [hash(document.raw) for reply in replies for document in decode_iter(reply, _RAW)]
