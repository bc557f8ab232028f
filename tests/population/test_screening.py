"""What a screening promises beside its answers: the same bytes, nothing lost, nothing half, and clear words."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from service.assess import Assessor
from service.intake.profile import received
from service.population.chunks import Chunks
from service.population.duck import NoMemory
from service.population.fhir.lines_sql import REASONS
from service.population.generate.run import generate
from service.population.generate.wishes import Wish
from service.population.inputs import LONGEST_LINE, NothingToRead
from service.population.intake import Intake
from service.population.request import Request, Stopped, TooManyRejected
from service.population.screening import screen
from tests.population.one_by_one import told
from tests.population.running import AS_OF, PACK, Silent, run
from tests.population.screened import patients, screened

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "gender": "female"}
CONDITION = {
    "resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/a"},
    "code": {"text": "Trigeminal neuralgia"},
}  # fmt: skip


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "export"
    generate(Wish(120, 5, AS_OF, awkward=3.0), folder, lambda _: None)
    return folder


def files(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def written(folder: Path, name: str, *lines: object) -> Path:
    folder.mkdir(exist_ok=True)
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / name).write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder


def test_the_same_bytes_whatever_the_threads_and_files(few: Path, tmp_path: Path) -> None:
    dealt = tmp_path / "dealt"
    dealt.mkdir()
    for file in few.iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        for part in range(3):
            (dealt / f"{part}.{file.name}").write_bytes(b"".join(reversed(lines[part::3])))
    run(few, tmp_path / "one", threads=1)
    run(dealt, tmp_path / "two", threads=2)
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    for name in one.keys() - {"rejected.ndjson"}:
        assert one[name] == two[name], name


def test_a_killed_screening_goes_on_where_it_was(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.population.chunks.PATIENTS", 30)
    run(few, tmp_path / "whole")
    derive, derived = Chunks._derive, []

    def killed(chunks: Chunks, session: Any, first: int, last: int) -> None:
        derived.append(first)
        if first == 60:
            raise KeyboardInterrupt
        derive(chunks, session, first, last)

    monkeypatch.setattr(Chunks, "_derive", killed)
    with pytest.raises(KeyboardInterrupt):
        run(few, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(Intake, "read", lambda *_: pytest.fail("It was read already."))

    def noted(chunks: Chunks, session: Any, first: int, last: int) -> None:
        derived.append(first)
        derive(chunks, session, first, last)

    monkeypatch.setattr(Chunks, "_derive", noted)
    run(few, tmp_path / "out")
    assert sorted(derived) == [0, 30, 60, 60, 90]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_chunk_that_is_too_large_beside_others_goes_alone(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.population.chunks.PATIENTS", 30)
    run(few, tmp_path / "whole")
    chunk, tried = Chunks._chunk, []

    def short(chunks: Chunks, session: Any, number: int, here: tuple[int, int]) -> None:
        tried.append(number)
        if tried.count(number) == 1:
            raise NoMemory
        chunk(chunks, session, number, here)

    monkeypatch.setattr(Chunks, "_chunk", short)
    run(few, tmp_path / "out")
    assert sorted(tried) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_another_input_begins_anew(few: Path, tmp_path: Path) -> None:
    aside = tmp_path / ".out.screening"
    aside.mkdir()
    (aside / "plan.json").write_text("{}")
    (aside / "left").write_text("of another input")
    run(few, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "flags", "patients", "rejected.ndjson", "summary.json"
    ]  # fmt: skip
    assert not aside.exists()


NOT_USED = {
    '{"resourceType": "Condition", "id"': "not_json",
    '{"resourceType": "Condition", "id": "\\ud800", "subject": {"reference": "Patient/a"}}': "not_json",
    '["a list"]': "no_type",
    '{"id": "x"}': "no_type",
    '{"resourceType": "Sausage", "id": "x"}': "unknown_type",
    '{"resourceType": "Patient"}': "no_id",
    '{"resourceType": "Condition", "id": "x", "code": {"text": "Migraine"}}': "no_subject",
    '{"resourceType": "Condition", "id": "x", "subject": {"reference": "Group/g"}}': "not_a_patient",
    '{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/gone"}}': "no_such_patient",
    '{"resourceType": "Condition", "id": "x", "id": "y", "subject": {"reference": "Patient/a"}}': "not_strict",
    '{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/a"}, "n": NaN}': "not_strict",
    '{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/a"}, "n": -inf}': "not_strict",
    '{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/a"}, }': "not_strict",
}  # fmt: skip


def test_each_line_that_is_not_used_is_named(tmp_path: Path) -> None:
    given = written(tmp_path / "in", "mixed.ndjson", PATIENT, "", *NOT_USED, CONDITION)
    summary = run(given, tmp_path / "out", most_rejected=1)
    rejected = [json.loads(each) for each in (tmp_path / "out" / "rejected.ndjson").read_text().splitlines()]
    wanted = enumerate(NOT_USED.values(), 3)
    assert rejected == [{"file": "mixed.ndjson", "line": line, "reason": REASONS[reason]} for line, reason in wanted]
    assert (summary["lines"], summary["rejected"]["lines"]) == (len(NOT_USED) + 2, len(NOT_USED))
    assert summary["rejected"]["reasons"][REASONS["not_strict"]] == 4
    assert summary["resources"] == {"Condition": 1, "Patient": 1}
    assert patients(tmp_path / "out").keys() == screened(tmp_path / "out").keys() == {"a"}


def test_more_rejected_than_allowed_ends_with_nothing_screened(tmp_path: Path) -> None:
    given = written(tmp_path / "in", "x.ndjson", PATIENT, "{", "{", CONDITION)
    with pytest.raises(TooManyRejected, match=r"2 of 4 lines \(50.0%\) cannot be used"):
        run(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert len((tmp_path / "out.rejected.ndjson").read_text().splitlines()) == 2


def test_a_patient_of_whom_nothing_is_known_is_there(tmp_path: Path) -> None:
    run(written(tmp_path / "in", "x.ndjson", PATIENT), tmp_path / "out")
    flags, cannot_say, worst = patients(tmp_path / "out")["a"]
    assert (flags, worst) == (0, None)
    assert cannot_say > 0


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="is not there"):
        run(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(NothingToRead, match="holds no lines of JSON"):
        run(written(tmp_path / "in", "x.ndjson", "no", "json"), tmp_path / "out")
    with pytest.raises(NothingToRead, match="both FHIR resources and profiles"):
        run(written(written(tmp_path / "in", "x.ndjson", PATIENT), "y.ndjson", {"signs": []}), tmp_path / "out")


@pytest.mark.parametrize("name", ["x.ndjson", "x.ndjson.gz"])
def test_a_line_that_is_too_long_is_named_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    folder, ended = tmp_path / "in", json.dumps({"resourceType": "Basic", "id": "x", "text": "y" * 17_000_000})
    endless = json.dumps({"resourceType": "Basic", "id": "x", "text": "y" * 34_000_000})
    lines = "\n".join([endless, "", json.dumps(PATIENT), ended, "{", json.dumps(CONDITION), endless]).encode()
    folder.mkdir()
    (folder / name).write_bytes(gzip.compress(lines, 1) if name.endswith(".gz") else lines)
    summary = run(folder, tmp_path / "out", most_rejected=1)
    rejected = [json.loads(each) for each in (tmp_path / "out" / "rejected.ndjson").read_text().splitlines()]
    told = {1: "too_long", 4: "too_long", 5: "not_json", 7: "too_long"}
    assert rejected == [{"file": name, "line": line, "reason": REASONS[why]} for line, why in told.items()]
    assert (summary["lines"], summary["resources"]) == (6, {"Condition": 1, "Patient": 1})
    assert patients(tmp_path / "out").keys() == {"a"}


def test_a_line_is_not_too_long_up_to_the_last_byte(tmp_path: Path) -> None:
    basic = {"resourceType": "Basic", "id": "x", "text": ""}
    longest = json.dumps(basic | {"text": "y" * (LONGEST_LINE - len(json.dumps(basic)))})
    given = written(tmp_path / "in", "x.ndjson", PATIENT, longest, f"{longest} ", " " * (LONGEST_LINE + 1))
    summary = run(given, tmp_path / "out", most_rejected=1)
    assert summary["rejected"] == {"lines": 1, "share": 0.333333, "reasons": {REASONS["too_long"]: 1}}
    assert summary["not_read"] == {"Basic": 1}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    given, out = written(tmp_path / "in", "x.ndjson", PATIENT), written(tmp_path / "out", "mine.txt", "mine")
    with pytest.raises(Stopped, match="is there already"):
        run(given, out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def profiles() -> list[dict[str, Any]]:
    """Return the examples, each under an id of its own."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.json"))]
    return [profile | {"patient": profile.get("patient", {}) | {"id": f"p{n}"}} for n, profile in enumerate(found)]


def test_lines_of_profiles_are_told_as_one_by_one(tmp_path: Path) -> None:
    given, assessor = profiles(), Assessor(PACK, "reference")
    broken = ['{"kidney": {"egfr": 5}}', "{", json.dumps(given[0])]
    folder = written(tmp_path / "in", "profiles.ndjson", *given, *broken)
    summary = run(folder / "profiles.ndjson", tmp_path / "out", most_rejected=1)
    found = screened(tmp_path / "out")
    for profile in given:
        advisory = assessor.assess(received(profile, AS_OF).profile, AS_OF, "")
        assert found.get(profile["patient"]["id"], {}) == told(advisory, []), profile["patient"]["id"]
    assert summary["rejected"]["lines"] == len(broken)
    lines = [json.loads(each)["line"] for each in (tmp_path / "out" / "rejected.ndjson").read_text().splitlines()]
    assert lines == [len(given) + 1, len(given) + 2, len(given) + 3]


def test_a_profile_that_is_too_long_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    endless = {"patient": {"id": "endless"}, "signs": ["y" * LONGEST_LINE]}
    folder = written(tmp_path / "in", "p.ndjson", endless, {"patient": {"id": "a"}})
    assert run(folder, tmp_path / "out", most_rejected=1)["rejected"]["lines"] == 1
    assert json.loads((tmp_path / "out" / "rejected.ndjson").read_text())["line"] == 1
    assert patients(tmp_path / "out").keys() == {"a"}


def test_profiles_of_different_days_need_a_day(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", "p.ndjson", {"as_of": "2026-01-01"}, {"as_of": "2026-01-02"})
    with pytest.raises(Stopped, match="say which with --as-of"):
        screen(Request(folder, tmp_path / "out", AS_OF), PACK, Silent())
