"""A MongoDB with TLS and users: a run works with what MONGO_URI says, and nothing that it says holds a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pymongo
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from etl.endpoints.embedded import embedded_server, find_servers
from tests.support.command_line import MAPPING, etl
from tests.support.site import client_record

pytestmark = pytest.mark.long

PASSWORD = "p@ss:w/ör d?%41&x=#+;"
"""With every character that means something in a URI."""

ENCODED = quote(PASSWORD, safe="")
PASSPHRASE = "pass+phrase of the key"
REFUSED, UNREACHABLE, UNTRUSTED = "refused us: ", "is not reachable at ", "is not trusted ("


@dataclass(frozen=True)
class Vault:
    """A MongoDB that takes TLS and users only, and the files for it. address: of this machine, with the port."""

    address: str
    folder: Path

    @property
    def trusted(self) -> str:
        """The options that trust it."""
        return self.tls("authority.pem")

    def tls(self, authority: str) -> str:
        """Return the options that trust what an authority signs."""
        return f"tls=true&tlsCAFile={quote(str(self.folder / authority), safe='/')}"

    def client(self, user: str = "", options: str = "") -> pymongo.MongoClient[dict[str, Any]]:
        return pymongo.MongoClient(f"mongodb://{user}{self.address}/?directConnection=true&{self.trusted}{options}")


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    folder = tmp_path_factory.mktemp("vault")
    authority, stranger = trustme.CA(), trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    stranger.cert_pem.write_to_path(str(folder / "stranger.pem"))
    (folder / "client.pem").write_bytes(_encrypted(authority.issue_cert("ana@example.org")))
    options = [
        "--auth", "--tlsMode", "requireTLS", "--tlsAllowConnectionsWithoutCertificates",
        "--tlsCertificateKeyFile", str(folder / "server.pem"), "--tlsCAFile", str(folder / "authority.pem"),
    ]  # fmt: skip
    mongod = next(server for server in find_servers() if "mongod" in server.name)
    with embedded_server(folder / "db", [mongod], options) as (uri, _):
        made = Vault(uri.split("/")[2], folder)
        with made.client() as nobody:  # the first user of all may be made by anybody on that machine
            nobody["admin"].command("createUser", "root", pwd="root", roles=["root"])
        with made.client("root:root@") as root:
            for user, roles in {"ana": ["readWrite"], "ray": ["read"]}.items():
                granted = [{"role": role, "db": "tractian"} for role in roles]
                root["admin"].command("createUser", user, pwd=PASSWORD, roles=granted)
        yield made


def _encrypted(certificate: trustme.LeafCert) -> bytes:
    """Return a certificate and its key, which only the passphrase opens."""
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    return sealed + b"".join(blob.bytes() for blob in certificate.cert_chain_pems)


def etl_run(folder: Path, uri: str, *options: str) -> tuple[int, str, str]:
    """Run the command line as a user would, saying all that it can say; no secret may be in it."""
    inbound = folder / "inbound"
    inbound.mkdir(exist_ok=True)
    (inbound / "1.json").write_text(json.dumps(client_record(1)))
    settings = {"MONGO_URI": uri, "DATA_INBOUND_DIR": str(inbound), "DATA_OUTBOUND_DIR": str(folder / "outbound")}
    settings["RETRY_SECONDS"] = "2"
    done = etl("run", *MAPPING, "--log-level", "debug", *options, folder=folder, settings=settings)
    for secret in (PASSWORD, PASSPHRASE):
        for form in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), unquote_plus(secret)}:
            assert form not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def refusal(folder: Path, uri: str, *options: str) -> tuple[int, str]:
    """Return the exit code and the one error of a run that fails."""
    code, out, err = etl_run(folder, f"{uri}&serverSelectionTimeoutMS=300", "--log-format", "json", *options)
    assert out == ""
    (error,) = [line["event"] for line in map(json.loads, err.splitlines()) if line["level"] == "error"]
    return code, error


@pytest.mark.parametrize("mechanism", ["", "&authMechanism=SCRAM-SHA-256", "&authMechanism=SCRAM-SHA-1"])
def test_a_run_works_with_tls_and_a_user(vault: Vault, tmp_path: Path, mechanism: str) -> None:
    uri = f"mongodb://ana:{ENCODED}@{vault.address}/?authSource=admin&{vault.trusted}{mechanism}"
    with vault.client("root:root@") as root:
        root.drop_database("tractian")
    code, out, err = etl_run(tmp_path, uri)
    assert (code, out) == (0, "inbound: 1 read = 1 created\noutbound: 1 read = 1 created\n"), err
    with vault.client("root:root@") as root:
        assert root["tractian"]["workorders"].count_documents({"number": 1, "isSynced": True}) == 1


def test_a_client_certificate_whose_key_has_a_passphrase_works(vault: Vault, tmp_path: Path) -> None:
    with vault.client("root:root@") as root:
        root.drop_database("tractian")
    key = f"&tlsCertificateKeyFile={vault.folder}/client.pem&tlsCertificateKeyFilePassword={quote_plus(PASSPHRASE)}"
    code, _, err = etl_run(tmp_path, f"mongodb://ana:{ENCODED}@{vault.address}/?{vault.trusted}{key}")
    assert code == 0, err


def test_a_wrong_passphrase_is_a_wrong_setting(vault: Vault, tmp_path: Path) -> None:
    key = f"&tlsCertificateKeyFile={vault.folder}/client.pem&tlsCertificateKeyFilePassword={quote_plus(PASSWORD)}"
    code, said = refusal(tmp_path, f"mongodb://ana:{ENCODED}@{vault.address}/?{vault.trusted}{key}")
    assert code == 3
    assert said.startswith("MONGO_URI is not a usable MongoDB URI: ")


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_wrong_password_or_user_is_said_once(vault: Vault, tmp_path: Path, user: str) -> None:
    code, said = refusal(tmp_path, f"mongodb://{user}:{ENCODED}@{vault.address}/?authSource=admin&{vault.trusted}")
    assert code == 4
    assert said == (
        f"MongoDB at mongodb://***@{vault.address}/ refused us: Authentication failed.; "
        "correct the user and password in MONGO_URI"
    )


@pytest.mark.parametrize("user", ["", f"ray:{ENCODED}@"], ids=["no user", "a user that may only read"])
def test_a_user_that_may_not_write_is_told_which_role_is_missing(vault: Vault, tmp_path: Path, user: str) -> None:
    code, said = refusal(tmp_path, f"mongodb://{user}{vault.address}/?{vault.trusted}")
    assert code == 4
    assert REFUSED in said
    assert said.endswith("; this user needs the role readWrite on the database")


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(vault: Vault, tmp_path: Path) -> None:
    code, said = refusal(tmp_path, f"mongodb://ana:{ENCODED}@{vault.address}/?{vault.tls('stranger.pem')}")
    assert code == 4
    assert UNTRUSTED in said
    assert said.endswith("name the file of the authority that signed it: tlsCAFile=FILE")


def test_a_server_with_the_certificate_of_another_host_is_not_spoken_to(vault: Vault, tmp_path: Path) -> None:
    address = vault.address.replace("127.0.0.1", "localhost")
    code, said = refusal(tmp_path, f"mongodb://ana:{ENCODED}@{address}/?{vault.trusted}")
    assert code == 4
    assert UNTRUSTED in said
    assert "certificate is not valid for 'localhost'" in said


def test_a_server_that_takes_tls_only_refuses_a_run_without(vault: Vault, tmp_path: Path) -> None:
    code, said = refusal(tmp_path, f"mongodb://ana:{ENCODED}@{vault.address}/?authSource=admin")
    assert code == 4
    assert f"{UNREACHABLE}mongodb://***@{vault.address}/ " in said


def test_a_file_of_authorities_that_is_not_there_is_a_wrong_setting(vault: Vault, tmp_path: Path) -> None:
    code, said = refusal(tmp_path, f"mongodb://ana:{ENCODED}@{vault.address}/?{vault.tls('nowhere.pem')}")
    assert code == 3
    assert said.startswith("MONGO_URI is not a usable MongoDB URI: ")


def test_a_password_that_is_not_encoded_is_refused_before_it_is_taken_for_a_host(tmp_path: Path) -> None:
    code, said = refusal(tmp_path, "mongodb://ana:s3cr?x=etword@127.0.0.1:1/?authSource=admin")
    assert code == 3
    assert said.startswith("MONGO_URI has a /, ? or @ in its user or password")
    assert "s3cr" not in said
    assert "etword" not in said
