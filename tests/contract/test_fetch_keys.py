"""Getting a client's key set, and servers that prove who they are."""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.hook import FAILED, GIVEN, LATE
from service.fetch import Fetcher, FetchFailed, Limits, get_jwks
from service.intake.strict_json import parse
from tests.contract.fhir_server import FhirServer

pytest_plugins = ("tests.contract.fhir_server",)

KEYS = [{"kty": "EC", "kid": "one"}, {"kty": "RSA", "kid": "two"}]
PATIENT = {"resourceType": "Patient", "id": "p-1"}


def at(server: FhirServer) -> str:
    return f"{server.base}/keys"


def test_a_key_set_is_got_without_anything_that_names_us(fhir_server: FhirServer) -> None:
    fhir_server.send("keys", json.dumps({"keys": KEYS}).encode())
    assert get_jwks(at(fhir_server), [at(fhir_server)], 30) == KEYS
    assert "authorization" not in fhir_server.asked[0].headers


def test_an_address_that_is_not_listed_is_not_called(fhir_server: FhirServer) -> None:
    for listed in ([], [fhir_server.base], [f"{at(fhir_server)}/"]):
        with pytest.raises(FetchFailed, match="not at an address that may be asked"):
            get_jwks(at(fhir_server), listed, 30)
    assert fhir_server.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [7]}', b"[" * 200_000])
def test_what_is_not_a_key_set_is_refused(fhir_server: FhirServer, body: bytes) -> None:
    fhir_server.send("keys", body)
    with pytest.raises(FetchFailed, match=r"^The server of the key set sent what is not .*\.$"):
        get_jwks(at(fhir_server), [at(fhir_server)], 30)


def test_a_key_set_has_a_limit_and_is_at_its_own_address(fhir_server: FhirServer, another_server: FhirServer) -> None:
    fhir_server.send("keys", b" " * 300_000)
    with pytest.raises(FetchFailed, match="more than 262144 bytes"):
        get_jwks(at(fhir_server), [at(fhir_server)], 30)
    fhir_server.redirect("keys", at(another_server))
    with pytest.raises(FetchFailed, match="302, which is not followed"):
        get_jwks(at(fhir_server), [at(fhir_server), at(another_server)], 30)
    assert another_server.asked == []


def test_a_key_set_that_does_not_come_is_not_waited_for(
    fhir_server: FhirServer, promptly: Callable[[Callable[[], Any]], Any]
) -> None:
    def told() -> str:
        with pytest.raises(FetchFailed) as failed:
            get_jwks(at(fhir_server), [at(fhir_server)], 0.3)
        return str(failed.value)

    fhir_server.stall("keys")
    assert promptly(told) == "The server of the key set did not answer in time."
    fhir_server.drip("keys")
    assert promptly(told) == "The server of the key set did not answer in time."


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate that the machine signed for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    signed = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    form = serialization.PrivateFormat.PKCS8
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    written = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file.write_bytes(written + signed.public_bytes(serialization.Encoding.PEM))
    return file


def secure_server(certificate: Path) -> FhirServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return FhirServer(context)


def fetched(server: FhirServer, certificates: str | None, budget_seconds: float = 30) -> tuple[str, str]:
    fetcher = Fetcher(parse, Limits(budget_seconds), certificates)
    part = fetcher.fetch(server.base, None, {"patient": "Patient/p-1"}, [server.base])["patient"]
    fetcher.close()
    return part.state, part.detail


def test_a_server_without_a_certificate_that_is_trusted_is_told_nothing(certificate: Path) -> None:
    with secure_server(certificate) as server:
        server.give("Patient/p-1", PATIENT)
        told = "The FHIR server showed no certificate that is trusted for patient."
        assert fetched(server, None) == (FAILED, told)
        assert server.asked == []
        assert fetched(server, str(certificate)) == (GIVEN, "")


def test_the_time_is_for_the_whole_answer_over_tls_too(
    certificate: Path, promptly: Callable[[Callable[[], Any]], Any]
) -> None:
    with secure_server(certificate) as server:
        server.drip("Patient/p-1")
        state, _ = promptly(lambda: fetched(server, str(certificate), budget_seconds=1))
        assert state == LATE
