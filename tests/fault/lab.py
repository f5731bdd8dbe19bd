"""Where things are broken: a MongoDB of our own, a worker that runs the command line, a site for each experiment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

from etl import load_mapping
from tests.fault.boundaries import UNDISTURBED, Plan
from tests.fault.mongod import Client, Mongod, running
from tests.support.forks import Forks
from tests.support.site import MAPPING_FILE, Site, impatient

MEMORY = Path("/dev/shm")
"""The disk is not what is tested: in memory, a thousand runs take less long."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended. code: negative for a signal. stopped: it has not ended, and waits to be continued."""

    code: int
    out: str
    err: str
    stopped: bool = False

    @property
    def killed(self) -> bool:
        return self.code < 0


class Worker(Forks):
    """Starts runs of the command line that go wrong as planned; see `tests.fault.worker`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "tests.fault.worker")

    def run(self, site: Place, arguments: Sequence[str], plan: Plan = UNDISTURBED, **environment: str) -> int:
        """Start `etl ARGUMENTS`; return its process id."""
        more = {"plan": asdict(plan), "site": str(site.folder)}
        return self.start(arguments, {**site.environment, **environment}, folder=self.folder, more=more)

    def done(self, pid: int) -> Done:
        """Wait until a run ends, or has stopped where it was planned."""
        ended = self.wait(pid)
        return Done(ended.code, ended.out.decode(), ended.err.decode(), ended.stopped)


class Place(Site):
    """A site whose command line can be run, and go wrong."""

    worker: Worker
    arguments: tuple[str, ...] = ()

    def etl(self, plan: Plan = UNDISTURBED, *arguments: str, **environment: str) -> Done:
        """Run `etl run`, and wait until it ends or stops."""
        return self.worker.done(self.start(plan, *arguments, **environment))

    def start(self, plan: Plan = UNDISTURBED, *arguments: str, **environment: str) -> int:
        """Start `etl run`; return its process id."""
        command = ("run", "--mapping", str(self.mapping.file), *self.arguments, *arguments)
        return self.worker.run(self, command, plan, **environment)

    def trace(self, *arguments: str) -> list[str]:
        """Run undisturbed, and return the names of the boundaries that were reached."""
        self.etl(Plan(trace=str(self.trace_file)), *arguments)
        return self.traced()

    @property
    def trace_file(self) -> Path:
        """Where a run whose plan wants it writes what it has reached."""
        return self.folder.with_name(f"{self.folder.name}.trace")

    def traced(self) -> list[str]:
        """Return the names of the boundaries that the last such run has reached."""
        return self.trace_file.read_text().splitlines()


@dataclass(slots=True)
class Lab:
    """What all experiments share. folder: in memory where possible."""

    folder: Path
    worker: Worker
    mongod: Mongod
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def _mapping(self, outbound: str) -> Path:
        """Return the shipped mapping with other outbound names, and without its examples, which take long to load."""
        schemas, file = self.folder / "schemas", self.folder / "mappings" / f"{next(self.numbers)}.yaml"
        if not schemas.exists():
            shutil.copytree(MAPPING_FILE.parent.parent / "schemas", schemas)
        file.parent.mkdir(exist_ok=True)
        rules = MAPPING_FILE.read_text().partition("\nexamples:")[0] + "\n"
        file.write_text(rules.replace("workorder_{orderNo}.json", outbound))
        return file

    def server_version(self) -> str:
        """Return the version of MongoDB."""
        with Client(self.mongod.uri) as client:
            return str(client.server_info()["version"])

    @contextmanager
    def place(self, uri: str = "", *arguments: str, outbound: str = "workorder_{orderNo}.json") -> Iterator[Place]:
        """Yield a fresh site. uri: another server's. arguments: options that each of its runs gets."""
        uri = uri or self.mongod.uri
        mapping = self._mapping(outbound)
        name = f"fault{next(self.numbers)}"
        folder = self.folder / name
        folder.mkdir(mode=0o755)
        with Client(uri, tz_aware=True) as client:
            place = Place(client[name], folder, load_mapping(mapping), uri)
            place.worker, place.arguments = self.worker, arguments
            place.environment |= {"MONGO_URI": impatient(uri, name), "RETRY_SECONDS": "30", "FAIL_ON": "all"}
            yield place
            client.drop_database(name)


@contextmanager
def open_lab() -> Iterator[Lab]:
    """Start what all experiments share."""
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where, prefix="etl-fault-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder / "db") as mongod:
            worker = Worker(folder)
            try:
                yield Lab(folder, worker, mongod)
            finally:
                worker.close()
