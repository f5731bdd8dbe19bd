"""The layers, and what the transfer asks of an endpoint and who gives it: drawn from the code into a page of docs/.

python -m tests.architecture
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import get_origin, get_type_hints

import etl.app.session
import etl.endpoints
import etl.transfer
from etl.transfer.conflict_log import ConflictStore
from etl.transfer.endpoint import Endpoint
from etl.transfer.letters import LetterStore
from tests.support.site import ROOT

PAGE = ROOT / "docs" / "architecture.md"
BEGINNING = "<!-- {}: drawn by `python -m tests.architecture` -->\n"
END = "<!-- end of what is drawn -->\n"
ASKING = ("etl.transfer.endpoint", "etl.transfer.ledger", "etl.transfer.conflict_log", "etl.transfer.letters")

_STORES = (ConflictStore, LetterStore)
"""What their own module asks for."""


def drawn(page: str) -> str:
    """Return a page with its drawings as the code is now."""
    for name, drawing in (("layers", layers()), ("endpoints", f"{table()}\n{diagram()}")):
        before, beginning, rest = page.partition(BEGINNING.format(name))
        _, end, after = rest.partition(END)
        assert beginning, f"{PAGE} has no place for {name}"
        assert end, f"{PAGE} has no place for {name}"
        page = f"{before}{beginning}\n{drawing}\n{end}{after}"
    return page


def layers() -> str:
    """Return the layers of each contract, from the top down; those in one line do not know each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = ["| contract | layers |", "|---|---|"]
    for contract in contracts:
        if contract["type"] == "layers":
            found = [", ".join(f"`{name}`" for name in layer.split(" | ")) for layer in contract["layers"]]
            rows.append(f"| {contract['name']} | {' → '.join(found)} |")
    return "\n".join(rows) + "\n"


def table() -> str:
    """Return a table of what is asked for, and of the classes that give it."""
    rows = ["| asked for | what it is | methods | given by |", "|---|---|---|---|"]
    for protocol in protocols():
        names = ", ".join(f"`{name}`" for name in methods(protocol))
        givers = [f"`{place(giver)}.{giver.__name__}`" for giver in endpoint_classes() if gives(giver, protocol)]
        what = (protocol.__doc__ or "").partition("\n")[0]
        rows.append(f"| `{protocol.__name__}` | {what} | {names} | {', '.join(givers) or 'nobody yet'} |")
    return "\n".join(rows) + "\n"


def diagram() -> str:
    """Return a diagram: who asks for what, which classes give it, and what another outside would have to bring."""
    asked = protocols()
    uses = [(module, protocol.__name__) for protocol in asked for module in users(protocol)]
    given = [(each.__name__, giver) for each in asked for giver in endpoint_classes() if is_given(each, giver)]
    lines = ["flowchart LR", *_box("engine", "etl.transfer, connected by etl.app.session", dict(uses))]
    lines += _box("asked", "what it asks for", [protocol.__name__ for protocol in asked])
    for folder in sorted({place(giver) for _, giver in given}):
        names = [giver.__name__ for _, giver in given if place(giver) == folder]
        lines += _box(folder, f"etl.endpoints.{folder}", names)
    brought = [protocol.__name__ for protocol in asked if protocol in (*needed(), *optional())]
    lines += _box("another", "another outside", [f'its_{name}["its {name}"]' for name in brought])
    lines += [f"  {module} --> {name}" for module, name in uses]
    lines += [f"  {name} --> {giver.__name__}" for name, giver in given]
    lines += [f"  {protocol.__name__} ==> its_{protocol.__name__}" for protocol in needed()]
    lines += [f"  {protocol.__name__} -.-> its_{protocol.__name__}" for protocol in optional()]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _box(name: str, title: str, inside: Iterable[str]) -> list[str]:
    return [f'  subgraph {name}["{title}"]', *(f"    {each}" for each in dict.fromkeys(inside)), "  end"]


def protocols() -> list[type]:
    """Return the protocols that have methods, in the order of their modules."""
    return [each for name in ASKING for each in _classes(import_module(name)) if _is_protocol(each) and methods(each)]


def needed() -> list[type]:
    """Return what an outside has to bring: an endpoint, and what that one makes."""
    made = [get_type_hints(vars(Endpoint)[name])["return"] for name in methods(Endpoint)]
    return [Endpoint, *(get_origin(each) or each for each in made if each is not type(None))]


def optional() -> list[type]:
    """Return what an outside may bring: it is asked of what it has brought whether it does."""
    return [protocol for protocol in protocols() if getattr(protocol, "_is_runtime_protocol", False)]


def methods(protocol: type) -> list[str]:
    """Return the names of what a protocol's objects can do, what it takes over from others first."""
    found = [vars(base).items() for base in reversed(protocol.__mro__) if _is_protocol(base)]
    return [name for items in found for name, value in items if inspect.isfunction(value) and not name.startswith("_")]


def gives(giver: type, protocol: type) -> bool:
    """Return whether a class has all that a protocol asks for."""
    return all(callable(getattr(giver, name, None)) for name in methods(protocol))


def is_given(protocol: type, giver: type) -> bool:
    """Return whether a class gives what a protocol asks for, and nothing that stands on that."""
    others = [other for other in protocols() if other is not protocol and protocol in other.__mro__]
    return gives(giver, protocol) and not any(gives(giver, other) for other in others)


def endpoint_classes() -> list[type]:
    """Return every class of the endpoints."""
    return [each for module in _modules(etl.endpoints) for each in _classes(module) if not _is_protocol(each)]


def users(protocol: type) -> list[str]:
    """Return the modules that ask for a protocol."""
    found = []
    for module in (*_modules(etl.transfer), etl.app.session):
        is_home = protocol.__module__ == module.__name__ and protocol not in _STORES
        if protocol.__name__ in _names(module) and vars(module).get(protocol.__name__) is protocol and not is_home:
            found.append(module.__name__.rpartition(".")[2])
    return found


@cache
def _names(module: ModuleType) -> frozenset[str]:
    """Return the names that a module uses."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def place(giver: type) -> str:
    """Return the endpoint that a class is of."""
    return giver.__module__.split(".")[2]


def _classes(module: ModuleType) -> list[type]:
    return [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == module.__name__]


def _is_protocol(each: type) -> bool:
    return bool(getattr(each, "_is_protocol", False))


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield import_module(found.name)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
