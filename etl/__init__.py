"""A declarative, mapping-driven ETL engine: one YAML file says how records of two systems correspond, both ways.

    from etl import Direction, load_mapping, load_settings, run, translator

    mapping = load_mapping("mappings/tracos_client.yaml")
    to_tracos = translator(mapping, Direction.INBOUND)
    to_tracos({"orderNo": 7, "summary": "Pump", "creationDate": "2025-01-02T03:04:05Z"})
    reports = run(mapping, load_settings())

Every error is an `EtlError`; `etl.errors` says which there are and what helps.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from etl.version import __version__

if TYPE_CHECKING:
    from etl.app import Access as Access
    from etl.app import Options as Options
    from etl.app import Watch as Watch
    from etl.app import run as run
    from etl.app import translator as translator
    from etl.errors import (
        ConfigurationError as ConfigurationError,
    )
    from etl.errors import (
        EndpointError as EndpointError,
    )
    from etl.errors import (
        EtlError as EtlError,
    )
    from etl.errors import (
        LeaseLostError as LeaseLostError,
    )
    from etl.errors import (
        LimitError as LimitError,
    )
    from etl.errors import (
        LockedError as LockedError,
    )
    from etl.errors import (
        MappingError as MappingError,
    )
    from etl.errors import (
        RecordError as RecordError,
    )
    from etl.errors import (
        SettingsError as SettingsError,
    )
    from etl.limits import Limit as Limit
    from etl.mapping.load import load_mapping as load_mapping
    from etl.mapping.model import Mapping as Mapping
    from etl.mapping.terms import Direction as Direction
    from etl.record import Violation as Violation
    from etl.settings import Settings as Settings
    from etl.settings import load_settings as load_settings
    from etl.transfer.model import Outcome as Outcome
    from etl.transfer.report import Report as Report

_HOMES = {
    "Access": "etl.app",
    "Options": "etl.app",
    "Watch": "etl.app",
    "run": "etl.app",
    "translator": "etl.app",
    "ConfigurationError": "etl.errors",
    "EndpointError": "etl.errors",
    "EtlError": "etl.errors",
    "LeaseLostError": "etl.errors",
    "LimitError": "etl.errors",
    "LockedError": "etl.errors",
    "MappingError": "etl.errors",
    "RecordError": "etl.errors",
    "SettingsError": "etl.errors",
    "load_mapping": "etl.mapping.load",
    "Direction": "etl.mapping.terms",
    "Mapping": "etl.mapping.model",
    "Violation": "etl.record",
    "Limit": "etl.limits",
    "Settings": "etl.settings",
    "load_settings": "etl.settings",
    "Outcome": "etl.transfer.model",
    "Report": "etl.transfer.report",
}

__all__ = [  # noqa: PLE0604 - the names are strings, listed once above
    "__version__",
    *_HOMES,
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `etl --help` does not import a database driver."""
    if name not in _HOMES:
        raise AttributeError(f"module 'etl' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
