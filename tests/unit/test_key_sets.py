"""Key sets behind an address: kept, asked for again when needed, and missed while the address is down."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from service.trust.tokens import Verifier
from service.trust.untrusted import Untrusted
from tests.signing import NOW, SECONDS, Memory, claims, client, ec_key, header, jwk

JKU = "https://ehr.general.example/jwks.json"


class Address:
    """A key set behind an address that can be out of order."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.is_down = False

    def __call__(self, jku: str, listed: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append((jku, tuple(listed)))
        if self.is_down:
            raise TimeoutError
        return self.keys


def ask(verifier: Verifier, minutes: int, key: Any = None, **head: Any) -> str:
    """Return what becomes of a good token some minutes from now."""
    at = SECONDS + 60 * minutes
    payload = claims(iat=at, exp=at + 300, jti=f"{minutes} {key} {head}")
    try:
        return verifier.verify(header(key, payload, **head), NOW + timedelta(minutes=minutes)).name
    except Untrusted as untrusted:
        return untrusted.reason


def test_keys_come_from_the_address_of_the_clients_file_and_are_kept() -> None:
    address = Address({"kty": "oct"}, jwk(ec_key()))
    verifier = Verifier([client(jku=JKU)], Memory(), address)
    assert [ask(verifier, minutes) for minutes in range(3)] == ["general-hospital"] * 3
    assert ask(verifier, 4, jku=JKU) == "general-hospital"
    assert address.asked == [(JKU, (JKU,))]


def test_an_unknown_key_is_asked_for_at_most_once_a_minute() -> None:
    address = Address(jwk(ec_key()))
    verifier = Verifier([client(jku=JKU)], Memory(), address)
    assert [ask(verifier, 0, ec_key("new"), kid=f"guess-{number}") for number in range(20)] == ["key"] * 20
    address.keys.append(jwk(ec_key("new"), kid="new"))
    assert ask(verifier, 1, ec_key("new"), kid="new") == "general-hospital"
    assert len(address.asked) == 2


def test_the_last_good_keys_stand_in_for_a_day_while_the_address_is_down() -> None:
    address = Address(jwk(ec_key()))
    verifier = Verifier([client(jku=JKU)], Memory(), address)
    assert ask(verifier, 0) == "general-hospital"
    address.is_down = True
    assert [ask(verifier, minutes) for minutes in (61, 62, 24 * 60)] == ["general-hospital"] * 3
    assert len(address.asked) == 4
    assert ask(verifier, 24 * 60 + 1) == "key"


def test_a_key_that_was_withdrawn_is_believed_for_an_hour_at_most() -> None:
    address = Address(jwk(ec_key()))
    verifier = Verifier([client(jku=JKU)], Memory(), address)
    assert ask(verifier, 0) == "general-hospital"
    address.keys = [jwk(ec_key("new"), kid="new")]
    assert ask(verifier, 61) == "key"


def test_without_any_keys_nobody_is_believed() -> None:
    address = Address()
    address.is_down = True
    assert ask(Verifier([client(jku=JKU)], Memory(), address), 0) == "key"


def test_a_clock_that_was_set_back_keeps_no_new_key_out() -> None:
    address = Address(jwk(ec_key()))
    verifier = Verifier([client(jku=JKU)], Memory(), address)
    assert ask(verifier, 60) == "general-hospital"
    address.keys.append(jwk(ec_key("new"), kid="new"))
    assert ask(verifier, 0, ec_key("new"), kid="new") == "general-hospital"
