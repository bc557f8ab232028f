"""The `smart` entries of the clients file: one way to prove who we are, and secrets that stand in files."""

import json
from pathlib import Path

import pytest

from service.trust.app_keys import algorithm_of, public_half
from service.trust.clients import BrokenClients, load_clients
from tests.signing import ec_key, jwk, private_jwk, rsa_key

SMART = "smart: {client_id: magflag-app}"
GOOD = f"""\
clients:
  - name: general
    tenant: general
    issuer: https://ehr.example
    audience: [https://cds.example]
    jku: https://ehr.example/jwks.json
    fhir_servers: [https://ehr.example/fhir]
    {SMART}
"""
SECOND = GOOD.partition("\n")[2].replace("general", "second").replace("issuer: https://ehr", "issuer: https://second")


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "secret").write_text("hush\n")
    (tmp_path / "key.json").write_text(json.dumps(private_jwk(ec_key())))
    (tmp_path / "public.json").write_text(json.dumps(jwk(ec_key())))
    (tmp_path / "small.json").write_text(json.dumps(private_jwk(rsa_key(1024))))
    file = tmp_path / "clients.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def told(tmp_path: Path, text: str) -> str:
    with pytest.raises(BrokenClients) as broken:
        load_clients(write(tmp_path, text))
    return "\n".join(f"{each.at} {each.message} {each.hint}" for each in broken.value.problems)


def test_a_public_app_has_neither_secret_nor_key(tmp_path: Path) -> None:
    smart = load_clients(write(tmp_path, GOOD))[0].smart
    assert smart
    assert (smart.client_id, smart.secret, smart.private_key, smart.servers) == ("magflag-app", None, None, ())


def test_a_secret_and_a_key_stand_in_files_and_in_no_message(tmp_path: Path) -> None:
    secret = load_clients(write(tmp_path, GOOD.replace("app}", "app, secret_file: secret}")))[0].smart
    key = load_clients(write(tmp_path, GOOD.replace("app}", "app, private_key_file: key.json}")))[0].smart
    assert secret
    assert key
    assert (secret.secret, key.private_key) == ("hush", private_jwk(ec_key()))
    assert "hush" not in repr(secret)
    assert str(private_jwk(ec_key())["d"]) not in repr(key)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (", secret_file: secret, private_key_file: key.json", "clients.yaml:8:5 We prove who we are in one way."),
        (", secret_file: none", "This secret cannot be read (No such file or directory)."),
        (", private_key_file: public.json", "This is not a private key."),
        (", private_key_file: secret", "This file is not a key."),
        (", private_key_file: small.json", "This RSA key has 1024 bits."),
        (", servers: [http://login.example]", "We only call https addresses."),
        (", server: x", "Unknown key `server`."),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, more: str, problem: str) -> None:
    assert problem in told(tmp_path, GOOD.replace("app}", f"app{more}}}"))


def test_an_app_is_launched_from_a_server_that_is_known(tmp_path: Path) -> None:
    text = GOOD.replace("    fhir_servers: [https://ehr.example/fhir]\n", "")
    assert "clients.yaml:2:5 This client launches us from no server." in told(tmp_path, text)


def test_two_clients_cannot_launch_from_one_server(tmp_path: Path) -> None:
    assert "could be one of `general`" in told(tmp_path, GOOD + SECOND)
    assert "could be one of `general`" in told(tmp_path, GOOD + SECOND.replace("example/fhir]", "example/fhir/]"))
    assert len(load_clients(write(tmp_path, GOOD + SECOND.replace("/fhir]", "/fhir/2]")))) == 2
    assert len(load_clients(write(tmp_path, GOOD + SECOND.replace(SMART, "").rstrip()))) == 2


def test_the_public_half_of_a_key_holds_no_secret() -> None:
    for key in (ec_key(), rsa_key()):
        private = private_jwk(key)
        assert {"d", "p", "q", "dp", "dq", "qi"}.isdisjoint(public_half(private))
        assert algorithm_of(private) in ("ES384", "RS384")
