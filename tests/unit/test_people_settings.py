"""The settings of logins: all of them or none, over https or on this machine, with the secret in a file."""

from pathlib import Path

import pytest

from service.web.people_settings import read_provider
from service.web.settings import RefusedToServe, Settings

PEOPLE = "people:\n  - {claim: sub, equals: ada, role: admin, tenant: general}\n"
ASKING = Settings(auth=True, public_url="https://magflag.example")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "secret").write_text("hush\n")
    return {
        "MAGFLAG_OIDC_ISSUER": "https://login.example/realms/x",
        "MAGFLAG_OIDC_CLIENT_ID": "magflag",
        "MAGFLAG_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "MAGFLAG_PEOPLE": str(tmp_path / "people.yaml"),
    }


def test_without_any_of_them_there_is_no_provider() -> None:
    assert read_provider({}, ASKING) is None
    assert read_provider({"MAGFLAG_OIDC_ISSUER": ""}, ASKING) is None


def test_a_provider_is_read_with_its_secret(environ: dict[str, str]) -> None:
    provider = read_provider(environ, ASKING)
    assert provider
    assert (provider.issuer, provider.client_id) == ("https://login.example/realms/x", "magflag")
    assert (provider.secret, provider.scopes) == ("hush", "openid profile")
    assert [rule.role for rule in provider.rules] == ["admin"]
    assert "hush" not in repr(provider)


@pytest.mark.parametrize("name", ["MAGFLAG_OIDC_ISSUER", "MAGFLAG_OIDC_CLIENT_ID", "MAGFLAG_PEOPLE"])
def test_half_of_a_login_is_refused(environ: dict[str, str], name: str) -> None:
    del environ[name]
    with pytest.raises(RefusedToServe, match=f"{name} must be set"):
        read_provider(environ, ASKING)


def test_a_public_client_has_no_secret(environ: dict[str, str]) -> None:
    del environ["MAGFLAG_OIDC_CLIENT_SECRET_FILE"]
    provider = read_provider(environ, ASKING)
    assert provider
    assert provider.secret is None


def test_a_login_that_nobody_would_meet_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(RefusedToServe, match="MAGFLAG_AUTH is off"):
        read_provider(environ, Settings(auth=False))


@pytest.mark.parametrize(
    "issuer", ["http://login.example", "login.example", "https://login.example?x", "https://u@login.example"]
)
def test_an_issuer_that_others_could_read_along_with_is_refused(environ: dict[str, str], issuer: str) -> None:
    with pytest.raises(RefusedToServe, match="not an https address"):
        read_provider(environ | {"MAGFLAG_OIDC_ISSUER": issuer}, ASKING)


def test_people_log_in_over_https_or_on_this_machine(environ: dict[str, str]) -> None:
    with pytest.raises(RefusedToServe, match="over https only"):
        read_provider(environ, Settings(auth=True, public_url="http://magflag.example"))
    assert read_provider(environ, Settings(auth=True, public_url="http://127.0.0.1:8080"))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 20_000])
def test_a_file_that_holds_no_secret_is_refused_and_not_quoted(environ: dict[str, str], content: bytes) -> None:
    Path(environ["MAGFLAG_OIDC_CLIENT_SECRET_FILE"]).write_bytes(content)
    with pytest.raises(RefusedToServe, match="MAGFLAG_OIDC_CLIENT_SECRET_FILE") as refused:
        read_provider(environ, ASKING)
    assert "xxxx" not in str(refused.value)


def test_mistakes_in_the_people_file_stop_the_start(environ: dict[str, str]) -> None:
    Path(environ["MAGFLAG_PEOPLE"]).write_text(PEOPLE.replace("admin", "boss"))
    with pytest.raises(RefusedToServe, match=r"people\.yaml:2:\d+\n  This word is not one of those known here"):
        read_provider(environ, ASKING)
