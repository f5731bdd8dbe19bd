"""What can go wrong in a run: it dies between any two writes, or somebody edits between any two of its steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pymongo.collection import Collection

import etl.endpoints.files.atomic
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.mongodb.ledger import MongoLedger
from etl.endpoints.mongodb.replaced import COLLECTION as REPLACED
from etl.endpoints.mongodb.runs import COLLECTION as RUNS
from etl.endpoints.mongodb.writer import MongoWriter
from etl.transfer.exporting import Export
from etl.transfer.importing import Import

MOMENTS = {
    "before anything is written inside": (Import, "apply"),
    "before documents are updated": (MongoWriter, "update"),
    "before it is remembered": (MongoLedger, "save"),
    "before files are written": (RecordFiles, "apply"),
    "before documents are marked": (Export, "acknowledge"),
}


class Death(BaseException):
    """The end of a process: nothing catches it, and nothing is written after it."""


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Put something else in the place of an attribute, for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def dying(after: int) -> Iterator[None]:
    """Let a run die after so many writes of one document or file; a bulk may be cut in two.

    What it says of itself in the run history, and keeps of what it replaces, is not counted.
    """
    left = after

    def some(method: Callable[..., Any]) -> Callable[..., Any]:
        def write(collection: Any, requests: list[Any], **options: Any) -> Any:
            nonlocal left
            if left >= 0 and _is_history(collection):
                return method(collection, requests, **options)
            now, left = requests[: max(left, 0)], left - len(requests)
            result = method(collection, now, **options) if now else None
            if left < 0:
                raise Death
            return result

        return write

    def one(method: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= not _is_history(*arguments)
            if left < 0:
                raise Death
            return method(*arguments, **options)

        return write

    with ExitStack() as stack:
        for name in ("bulk_write", "insert_many"):
            stack.enter_context(replaced(Collection, name, some(getattr(Collection, name))))
        stack.enter_context(replaced(Collection, "delete_many", one(Collection.delete_many)))
        stack.enter_context(replaced(etl.endpoints.files.atomic, "os", _Os(one(os.replace))))
        yield


def _is_history(*arguments: Any) -> bool:
    return isinstance(arguments[0], Collection) and arguments[0].name in (RUNS, REPLACED)


class _Os:
    """The module `os`, but for `replace`."""

    def __init__(self, replace: Callable[..., Any]) -> None:
        self.replace = replace

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@contextmanager
def interrupted(moment: str, edit: Callable[[], None]) -> Iterator[None]:
    """Call `edit` when a moment of a run first comes."""
    owner, name = MOMENTS[moment]
    method = getattr(owner, name)
    is_first = True

    def first(*arguments: Any, **options: Any) -> Any:
        nonlocal is_first
        if is_first:
            is_first = False
            edit()
        return method(*arguments, **options)

    with replaced(owner, name, first):
        yield


_READS = ("find", "aggregate")
_WRITES = ("bulk_write", "insert_many", "update_many")


@contextmanager
def at_operation(number: int, edit: Callable[[], None]) -> Iterator[None]:
    """Call `edit` just before so many operations on documents or files of a run have been made."""
    left = number

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def operate(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if not _is_history(*arguments):
                left -= 1
                if left == -1:
                    edit()
            return method(*arguments, **options)

        return operate

    with ExitStack() as stack:
        for name in (*_READS, *_WRITES):
            stack.enter_context(replaced(Collection, name, counted(getattr(Collection, name))))
        stack.enter_context(replaced(etl.endpoints.files.atomic, "os", _Os(counted(os.replace))))
        yield
