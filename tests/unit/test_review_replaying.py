"""What differs between two answers, and packs as archives."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from service.intake.fhir.label import label_of
from service.knowledge.load import default_folder, digest_of, load_pack
from service.review.archives import BadArchive, archived, unfold
from service.review.replaying import MOST_DIFFERENCES, compared


def differences(kept: Any, again: Any) -> tuple[str, ...]:
    return compared(json.dumps(kept).encode(), json.dumps(again).encode()).differences


def test_the_same_bytes_are_the_same() -> None:
    assert compared(b'{"a":1}', b'{"a":1}').same


@pytest.mark.parametrize(
    ("kept", "again", "where"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}, ("/b/1",)),
        ({"b": [1]}, {"b": [1, 2]}, ("/b",)),
        ({"a": 1}, {"c": 1}, ("/a", "/c")),
        ({"a": 1}, {"a": 1.0}, ("/a",)),
        ({"a": True}, {"a": 1}, ("/a",)),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, ("/a~1b/~0",)),
        ({"a": None}, {}, ("/a",)),
    ],
)
def test_what_differs_is_told_by_its_place(kept: Any, again: Any, where: tuple[str, ...]) -> None:
    assert differences(kept, again) == where


def test_only_the_first_places_are_told() -> None:
    many = {str(number): number for number in range(100)}
    assert differences(many, dict.fromkeys(many)) == tuple(f"/{number}" for number in range(MOST_DIFFERENCES))


def test_the_same_data_written_otherwise_are_not_the_same_bytes() -> None:
    found = compared(b'{"a":1}', b'{"a": 1}')
    assert (found.same, found.differences) == (False, ("",))


def test_a_pack_comes_out_of_its_archive_as_it_went_in(tmp_path: Path) -> None:
    pack = load_pack()
    archive = archived(pack.folder, pack.sha256)
    assert archive == archived(pack.folder, pack.sha256)
    unfold(archive, pack.sha256, tmp_path)
    again = load_pack(tmp_path, locked=False)
    assert (again.sha256, again.rules) == (pack.sha256, pack.rules)
    assert not list(tmp_path.rglob("*.cases.yaml"))


def test_rules_that_changed_since_they_were_read_are_not_archived() -> None:
    with pytest.raises(BadArchive):
        archived(default_folder(), "0" * 64)


def test_an_archive_of_other_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArchive):
        unfold(archive_of(("pack.yaml", b"name: other")), digest_of(default_folder()), tmp_path)


@pytest.mark.parametrize("name", ["../up.yaml", "/root.yaml", "code.py", "a/../../b.yaml", "a\\b.yaml"])
def test_an_archive_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(BadArchive):
        unfold(archive_of((name, b"a: 1")), "0" * 64, folder)
    assert list(tmp_path.rglob("*")) == [folder]


def test_bytes_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArchive):
        unfold(b"no archive", "0" * 64, tmp_path)


def archive_of(*files: tuple[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("names", "label"),
    [
        ([{"family": "Vogt", "given": ["Anna", "Maria"]}], "Anna Maria Vogt"),
        ([{"text": "Dr. A. Vogt", "family": "Vogt"}], "Dr. A. Vogt"),
        ([{"use": "old", "family": "Before"}, {"use": "official", "family": "Now"}], "Now"),
        ([{"use": "maiden", "family": "Before"}], "Before"),
        ([{"family": "A\u202eB\n  C\x00"}], "AB C"),
        ([{"family": "x" * 900}], "x" * 200),
        ([{"given": "no list", "family": 7}, "no object"], None),
        (None, None),
    ],
)
def test_people_are_recognised_by_a_name_on_one_line(names: Any, label: str | None) -> None:
    assert label_of({"resourceType": "Patient", "id": "p", "name": names}) == label


def test_two_patients_have_no_one_name() -> None:
    both = [{"resourceType": "Patient", "id": known, "name": [{"text": known}]} for known in "ab"]
    assert label_of(both) is None
