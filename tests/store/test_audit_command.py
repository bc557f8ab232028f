"""magflag audit: heads are printed, signed and believed only by their key; every fault is a sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import Engine

from service.cli.main import main
from service.store.advisories import AdvisoryStore
from service.store.advisory_tables import ADVISORIES
from service.store.chain import head
from service.store.transactions import writing
from tests.store.made import keep

Run = Callable[..., Result]
KEYS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", url)
    return lambda *words: CliRunner().invoke(main, ["audit", *map(str, words)])


def pair(folder: Path, kind: str, name: str = "key") -> tuple[Path, Path]:
    """Make a private and a public key as files."""
    key = KEYS[kind]()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def test_the_head_is_printed_as_json(run: Run, store: AdvisoryStore, engine: Engine) -> None:
    assert json.loads(run("head").output) == {"seq": 0, "hash": "0" * 64, "at": None}
    keep(store)
    end = head(engine)
    assert json.loads(run("head").output) == {"seq": 1, "hash": end.hash, "at": "2026-11-21T09:30:00.000000Z"}


def test_a_chain_that_holds_is_said_to(run: Run, store: AdvisoryStore, engine: Engine) -> None:
    keep(store)
    result = run("verify")
    assert result.exit_code == 0
    assert result.output == (f"1 event, 1 advisory: all is as it was kept. The head is event 1, {head(engine).hash}.\n")


def test_each_fault_is_a_sentence(run: Run, store: AdvisoryStore, engine: Engine) -> None:
    for _ in range(102):
        keep(store)
    with writing(engine) as connection:
        connection.execute(ADVISORIES.update().values(revision=7))
    result = run("verify")
    assert result.exit_code == 13
    lines = result.output.splitlines()
    assert lines[0] == "The advisory kept as event 1 is not as its events say: revision."
    assert len(lines) == 101
    assert lines[-1] == "102 events, 102 advisories: 102 faults (2 not shown)."


@pytest.mark.parametrize("kind", ["ed25519", "p384"])
def test_a_signed_head_is_believed_by_its_key(run: Run, store: AdvisoryStore, tmp_path: Path, kind: str) -> None:
    private, public = pair(tmp_path, kind)
    kept, other = tmp_path / "head.json", tmp_path / "unsigned.json"
    keep(store)
    kept.write_text(run("head", "--key", private).output)
    other.write_text(run("head").output)
    keep(store)
    assert run("verify", "--head", kept, "--public-key", public).exit_code == 0
    assert run("verify", "--head", other).exit_code == 0
    assert "was not checked" in run("verify", "--head", kept).output
    result = run("verify", "--head", other, "--head", kept, "--public-key", public)
    assert result.exit_code == 13
    assert result.output.splitlines() == [f"{other} is not signed by this key.", "2 events, 2 advisories: 1 fault."]


def test_a_head_that_somebody_else_wrote_is_not_believed(run: Run, store: AdvisoryStore, tmp_path: Path) -> None:
    (private, public), (_, others) = pair(tmp_path, "ed25519"), pair(tmp_path, "p384", "other")
    kept = tmp_path / "head.json"
    keep(store)
    signed = json.loads(run("head", "--key", private).output)
    kept.write_text(json.dumps(signed))
    assert run("verify", "--head", kept, "--public-key", others).exit_code == 13
    for change in ({"seq": 2}, {"hash": "1" * 64}, {"at": None}, {"signature": "AAAA"}, {"signature": "*"},
                   {"signature": None}, {"algorithm": "none"}):  # fmt: skip
        kept.write_text(json.dumps(signed | change))
        result = run("verify", "--head", kept, "--public-key", public)
        assert (result.exit_code, result.output.splitlines()[0]) == (13, f"{kept} is not signed by this key.")


def test_a_cut_tail_is_told_with_the_name_of_the_head(run: Run, store: AdvisoryStore, tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    keep(store)
    kept.write_text(json.dumps(json.loads(run("head").output) | {"seq": 9}))
    result = run("verify", "--head", kept)
    assert result.exit_code == 13
    assert f"The chain ends at event 1, but {kept} is the head at event 9" in result.output


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_a_key_of_another_kind_is_refused(run: Run, tmp_path: Path, kind: str) -> None:
    private, public = pair(tmp_path, kind)
    kept = tmp_path / "head.json"
    kept.write_text(json.dumps(json.loads(run("head").output) | {"signature": "AAAA", "algorithm": "x"}))
    for words in (["head", "--key", private], ["verify", "--head", kept, "--public-key", public]):
        result = run(*words)
        assert result.exit_code == 11
        assert "Ed25519 or P-384" in result.output


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seq": "1", "hash": "", "at": null}', '{"seq": 1, "hash": "x"}'])
def test_a_file_that_is_no_head_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    kept = tmp_path / "head.json"
    kept.write_text(content)
    result = run("verify", "--head", kept)
    assert (result.exit_code, str(kept) in result.output) == (11, True)


def test_what_is_not_pem_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    (tmp_path / "head").write_text(json.dumps({"seq": 0, "hash": "", "at": None, "signature": "", "algorithm": ""}))
    assert run("head", "--key", tmp_path / "key").exit_code == 11
    assert run("verify", "--head", tmp_path / "head", "--public-key", tmp_path / "key").exit_code == 11
    assert run("verify", "--public-key", tmp_path / "key").exit_code == 2


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_damaged_file_is_a_fault_of_the_record(run: Run, store: AdvisoryStore, engine: Engine, url: str) -> None:
    for _ in range(60):
        keep(store)
    engine.dispose()
    path = Path(url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[: 16 * 4096] + b"\xff" * (len(whole) - 16 * 4096))
    result = run("verify")
    assert result.exit_code == 13
    assert result.output.splitlines()[-1] == "The database cannot be used: its file is damaged"


def test_a_database_that_is_not_there_is_not_made(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGFLAG_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert run("verify").exit_code == 12
    assert not (tmp_path / "none.db").exists()
