"""How the service is deployed: what the image and the compose file promise, read as their tools read them."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.store.database import database_url
from service.web.app import create_app
from service.web.people_settings import read_provider
from service.web.settings import SETTINGS, read_settings
from tests.contract.conftest import Pretend

ROOT = Path(__file__).parents[2]
NAMES = {name for name, _, _ in SETTINGS}
PUBLIC, CONFIG, PASSWORD = "MAGFLAG_PUBLIC_URL", "MAGFLAG_CONFIG_FOLDER", "MAGFLAG_DATABASE_PASSWORD_FILE"
BUILT = re.compile(r"\bgcc|libc6-dev|apt-get")


def dockerfile() -> str:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def final_stage() -> str:
    return dockerfile().rsplit("\nFROM ", 1)[1]


def image() -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment that the image sets, and the options it serves with."""
    command = json.loads(re.findall(r"^CMD (\[.*\])$", dockerfile(), re.MULTILINE)[-1])
    return dict(re.findall(r"(MAGFLAG_\w+)=(\S+)", dockerfile())), dict(zip(command[2::2], command[3::2], strict=True))


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """Return what whoever deploys the service must say."""
    (tmp_path / "password").write_text("a%/@:b\n")
    (tmp_path / ".env").touch()
    return {PUBLIC: "https://cds.example.org", CONFIG: str(tmp_path), PASSWORD: str(tmp_path / "password")}


def configured(folder: Path, environ: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Let compose read its file, and an empty .env; it needs no engine for that."""
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed here (on Debian: apt install docker-compose).")
    command = [compose, "--file", "docker-compose.yml", "--env-file", str(folder / ".env"), "config"]
    path = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(command, cwd=ROOT, env=path | dict(environ), capture_output=True, text=True, check=False)


def composed(environ: Mapping[str, str]) -> dict[str, Any]:
    done = configured(Path(environ[CONFIG]), environ)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


def test_the_image_that_runs_is_not_root_and_has_no_compiler() -> None:
    assert not BUILT.search(final_stage())
    assert BUILT.search(dockerfile())
    assert int(re.findall(r"^USER (\d+)$", final_stage(), re.MULTILINE)[-1]) > 0


def test_the_image_asks_whether_the_service_is_ready() -> None:
    _, options = image()
    asked = re.findall(r"http://127\.0\.0\.1:(\d+)(/[a-z/]+)", final_stage())
    assert asked == [(options["--port"], "/health/ready")]
    assert "/health/ready" in {rule.rule for rule in create_app(Pretend()).url_map.iter_rules()}


def test_the_image_sets_no_secret_and_keeps_its_database_in_a_volume() -> None:
    environ, _ = image()
    assert environ.keys() == {"MAGFLAG_DATABASE_URL", "MAGFLAG_CLIENTS"} <= NAMES
    volume = re.findall(r"^VOLUME (\S+)$", final_stage(), re.MULTILINE)
    assert [str(Path(environ["MAGFLAG_DATABASE_URL"].removeprefix("sqlite:///")).parent)] == volume


@pytest.mark.parametrize(
    ("name", "told"), [(PUBLIC, "address by which"), (CONFIG, "folder that holds"), (PASSWORD, "file that holds")]
)
def test_compose_does_not_start_without_what_must_be_said(
    name: str, told: str, given: dict[str, str], tmp_path: Path
) -> None:
    del given[name]
    done = configured(tmp_path, given)
    assert done.returncode == 1
    assert told in done.stderr.splitlines()[-1].rsplit("}", 1)[-1]


def test_every_caller_is_asked_in_the_image_and_under_compose(given: dict[str, str]) -> None:
    environ, options = image()
    said = composed(given)["services"]["magflag"]["environment"]
    for each in (environ, environ | said):
        settings = read_settings(each, options["--host"], int(options["--port"]))
        assert (settings.auth, settings.cds_auth) == (True, True)
    assert read_provider(said, settings) is None
    assert said.keys() <= NAMES


def test_what_logs_people_in_is_passed_through(given: dict[str, str]) -> None:
    names = {name for name in NAMES if name.startswith("MAGFLAG_OIDC_")} | {"MAGFLAG_PEOPLE"}
    said = composed(given | {name: f"given {name}" for name in names})["services"]["magflag"]["environment"]
    assert {name: said[name] for name in names} == {name: f"given {name}" for name in names}


def test_the_service_starts_after_the_tables_are_up_to_date(given: dict[str, str]) -> None:
    services = composed(given)["services"]
    assert services["upgrade"]["command"] == ["magflag", "db", "upgrade"]
    assert services["upgrade"]["restart"] == "no"
    assert services["magflag"]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
    assert services["upgrade"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in services["database"]


def test_the_password_of_the_database_is_in_its_file_and_nowhere_else(given: dict[str, str]) -> None:
    read = composed(given)
    assert read["secrets"]["database_password"]["file"] == given[PASSWORD]
    for name, service in read["services"].items():
        assert [secret["source"] for secret in service["secrets"]] == ["database_password"], name
    said = read["services"]["magflag"]["environment"]
    assert said[PASSWORD] == "/run/secrets/database_password"
    url = database_url(said | {PASSWORD: given[PASSWORD]})
    assert url == "postgresql://magflag:a%25%2F%40%3Ab@database/magflag"
    assert read["services"]["database"]["environment"]["POSTGRES_PASSWORD_FILE"] == said[PASSWORD]
    assert "a%" not in yaml.safe_dump(read)


def test_only_this_host_reaches_the_service_and_nobody_the_database(given: dict[str, str]) -> None:
    read = composed(given)
    ports = {name: [str(each) for each in service.get("ports", [])] for name, service in read["services"].items()}
    assert [port.removesuffix("/tcp") for port in ports.pop("magflag")] == [f"127.0.0.1:8080:{image()[1]['--port']}"]
    assert ports == {"upgrade": [], "database": []}
    assert list(read["services"]["database"]["networks"]) == ["inside"]
    assert read["networks"]["inside"]["internal"] is True


def test_clients_and_people_can_be_read_only_and_the_database_lies_in_a_volume(given: dict[str, str]) -> None:
    read = composed(given)
    assert read["services"]["magflag"]["volumes"] == [f"{given[CONFIG]}:/etc/magflag:ro"]
    assert read["services"]["magflag"]["environment"]["MAGFLAG_CLIENTS"].startswith("/etc/magflag/")
    assert read["services"]["database"]["volumes"] == ["postgresql:/var/lib/postgresql/data:rw"]
    assert "postgresql" in read["volumes"]
