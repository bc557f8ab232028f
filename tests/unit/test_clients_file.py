"""The clients file: every mistake with its place and a way out, and nothing that could be meant in two ways."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.trust.clients import BrokenClients, load_clients
from tests.signing import ec_key, jwk, rsa_key

SERVICES = ("magnesium-patient-view", "magnesium-order-sign")
GOOD = """\
clients:
  - name: general-hospital
    tenant: general
    issuer: https://ehr.general.example
    audience: [http://127.0.0.1:8080/cds-services]
    jwks_file: general.jwks.json
    services: [magnesium-patient-view]
    fhir_servers: [https://ehr.general.example/fhir]
    max_token_seconds: 900
    origins: [https://EHR.general.example]
    flavour: epic
    token_tenant: T-1
  - name: other
    tenant: other
    issuer: https://other.example
    audience: [https://cds.example]
    jku: https://other.example/jwks.json
"""
SECOND = """\
  - name: second
    tenant: second
    issuer: https://ehr.general.example
    audience: [http://127.0.0.1:8080/cds-services/]
    jku: https://ehr.general.example/jwks.json
"""


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "general.jwks.json"
    file.write_text(json.dumps({"keys": [jwk(ec_key()), jwk(rsa_key(), kid="rsa", alg="RS384")]}))
    return file


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "clients.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def told(tmp_path: Path, text: str) -> str:
    with pytest.raises(BrokenClients) as broken:
        load_clients(write(tmp_path, text), SERVICES)
    return "\n".join(f"{each.at} {each.message} {each.hint}" for each in broken.value.problems)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    general, other = load_clients(write(tmp_path, GOOD), SERVICES)
    assert (general.name, general.tenant, general.issuer) == (
        "general-hospital",
        "general",
        "https://ehr.general.example",
    )
    assert general.audience == ("http://127.0.0.1:8080/cds-services",)
    assert [key["kid"] for key in general.jwks] == ["44823f3d", "rsa"]
    assert general.services == frozenset({"magnesium-patient-view"})
    assert general.fhir_servers == ("https://ehr.general.example/fhir",)
    assert general.origins == ("https://ehr.general.example",)
    assert (general.flavour, general.token_tenant, general.max_token_seconds) == ("epic", "T-1", 900)
    assert (other.services, other.fhir_servers, other.max_token_seconds) == (None, (), 300)
    assert (other.jku, other.jwks) == ("https://other.example/jwks.json", ())


def test_keys_may_stand_in_the_file_itself(tmp_path: Path) -> None:
    text = GOOD.replace("jwks_file: general.jwks.json", f"jwks: {json.dumps({'keys': [jwk(ec_key())]})}")
    assert load_clients(write(tmp_path, text))[0].jwks == (jwk(ec_key()),)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("origins:", "origin:", "10:5 Unknown key `origin`"),
        ("origins:", "origin:", "Did you mean origins?"),
        ("tenant: general", "tenat: general", "3:5 Unknown key `tenat`"),
        ("tenant: general", "tenant: General Hospital", "3:5 This is not a plain name."),
        ("    tenant: general\n", "", "2:5 The key `tenant` is missing."),
        ("issuer: https://ehr.general.example", "issuer: ehr", "4:5 This is not a URI."),
        ("[http://127.0.0.1:8080/cds-services]", "[]", "5:5 This list is empty."),
        ("[http://127.0.0.1:8080/cds-services]", "[/cds-services]", "5:16 This is not an absolute address."),
        ("[http://127.0.0.1:8080/cds-services]", "[http://a/%63]", "5:16 This address can be read in two ways."),
        ("jwks_file: general.jwks.json", "jwks_file: no.json", "6:5 The key set cannot be read (No such file"),
        ("    jwks_file: general.jwks.json\n", "", "2:5 This client has no keys."),
        ("jwks_file: general.jwks.json", "jwks_file: clients.yaml", "6:5 The key set cannot be read. This is not JSON"),
        ("jku:", "jwks: {keys: [{}]}\n    jku:", "13:5 Keys come from jwks and jku."),
        ("jku: https:", "jku: http:", "17:5 We only call https addresses."),
        ("jku: https://other", "jku: https://u:p@other", "17:5 This is not an absolute address."),
        ("[magnesium-patient-view]", "[magnesium-patient-veiw]", "7:16 There is no such service. Did you mean"),
        ("[magnesium-patient-view]", "[]", "7:5 This list is empty."),
        ("[https://ehr.general.example/fhir]", "[http://ehr.example/fhir]", "8:20 We only call https"),
        ("max_token_seconds: 900", "max_token_seconds: 901", "9:5 This value is impossible. Write a number from 1"),
        ("max_token_seconds: 900", 'max_token_seconds: "900"', "9:5 This must be a number."),
        ("[https://EHR.general.example]", "['*']", "10:15 This is not an absolute address."),
        ("[https://EHR.general.example]", "[https://a.example/]", "An origin has no path, not even a slash"),
        ("flavour: epic", "flavour: epics", "11:5 This word is not one of those known here. Did you mean epic?"),
        ("name: other", "name: general-hospital", "13:5 `general-hospital` is the name of two clients."),
        ("name: other\n", "name: other\n    name: more\n", "14:5 The key `name` stands here twice."),
        ("clients:", "client:", "1:1 Unknown key `client`"),
        (GOOD, "clients: []", "1:1 This list is empty."),
        (GOOD, "", "1:1 This must be an object."),
        (GOOD, "clients: [", "This is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in GOOD
    found = told(tmp_path, GOOD.replace(before, after, 1))
    assert message in found
    assert found.startswith("clients.yaml:")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("flavour: epic", "flavour: x").replace("tenant: other", "tenant: O")
    assert [line.split(" ")[0] for line in told(tmp_path, text).splitlines()] == [
        "clients.yaml:11:5",
        "clients.yaml:14:5",
    ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenClients) as broken:
        load_clients(tmp_path / "none.yaml")
    assert "cannot be read (No such file" in broken.value.problems[0].message


def private(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    return {**jwk(key), "d": "c2VjcmV0"}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (private(ec_key()), "Key 1 of the key set: This is a private or a symmetric key"),
        ({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}, "This is a private or a symmetric key"),
        ({"kty": "oct", "kid": "a"}, "This is a private or a symmetric key"),
        ({"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"}, "This is a kind of key we do not take."),
        ({"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA"}, "This is a kind of key we do not take."),
        ({}, "This key has no `kid`."),
        (jwk(rsa_key(1024)), "This RSA key has 1024 bits."),
        (jwk(ec_key(), kid=None), "This key has no `kid`."),
        (jwk(ec_key(), kid=7), "This key has no `kid`."),
        (jwk(ec_key(), use="enc"), "This key is not for signatures."),
        (jwk(ec_key(), key_ops=["encrypt"]), "This key is not for signatures."),
        (jwk(ec_key(), alg="ES256"), "This key is for another algorithm."),
        (jwk(rsa_key(), alg="HS384"), "This key is for another algorithm."),
        (jwk(ec_key(), x=jwk(ec_key("theirs"))["x"]), "This key cannot be read."),
        (jwk(ec_key(), y="AAAA"), "This key cannot be read."),
        (jwk(ec_key(), x=7), "This key cannot be read."),
        (jwk(rsa_key(), n=None), "This key cannot be read."),
    ],
)
def test_a_key_that_cannot_be_used_is_told_and_not_repeated(
    tmp_path: Path, key_file: Path, key: dict[str, Any], message: str
) -> None:
    key_file.write_text(json.dumps({"keys": [key]}))
    found = told(tmp_path, GOOD)
    assert found.startswith("clients.yaml:6:5")
    assert message in found
    assert "c2VjcmV0" not in found


@pytest.mark.parametrize("text", ["[]", '{"keys": []}', '{"keys": {}}', '{"keys": ["a"]}', "{}"])
def test_a_file_that_is_no_key_set_is_told(tmp_path: Path, key_file: Path, text: str) -> None:
    key_file.write_text(text)
    assert "6:5 This file is not a key set." in told(tmp_path, GOOD)


def test_two_keys_of_one_name_are_told(tmp_path: Path, key_file: Path) -> None:
    key_file.write_text(json.dumps({"keys": [jwk(ec_key()), jwk(ec_key("theirs"))]}))
    assert "Key 2 of the key set: Another key of this client has the same `kid`." in told(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("tenant: second", "tenant: second\n    token_tenant: T-2"),
        ("[http://127.0.0.1:8080/cds-services/]", "[https://second.example/cds-services]"),
        ("issuer: https://ehr.general.example", "issuer: https://second.example"),
    ],
)
def test_one_issuer_may_be_two_clients_only_if_something_tells_them_apart(
    tmp_path: Path, before: str, after: str
) -> None:
    assert "20:5 This client has the issuer of `general-hospital`, and nothing tells" in told(tmp_path, GOOD + SECOND)
    assert len(load_clients(write(tmp_path, GOOD + SECOND.replace(before, after)))) == 3
