"""YAML without its traps."""

from decimal import Decimal
from pathlib import Path

import pytest

from service.knowledge.yaml_strict import BrokenYaml, read


def load(tmp_path: Path, text: str) -> object:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    document = read(file, "a.yaml")
    assert document.problems == []
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),
        ("a: on", "on"),
        ("a: true", True),
        ("a: 12:30", "12:30"),
        ("a: 010", "010"),
        ("a: 0x1F", "0x1F"),
        ("a: 1e3", "1e3"),
        ("a: .inf", ".inf"),
        ("a: 2024-01-01", "2024-01-01"),
        ("a: 60", 60),
        ("a: 59.9", Decimal("59.9")),
        ("a: -1", -1),
        ('a: "60"', "60"),
        ("a: null", None),
        ("a:", None),
        ("a: ''", ""),
        ("a: {b: 7}", {"b": 7}),
    ],
)
def test_scalars_mean_what_they_look_like(tmp_path: Path, text: str, value: object) -> None:
    assert load(tmp_path, text) == {"a": value}


def test_a_bomb_of_aliases_is_refused_without_being_walked(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    (tmp_path / "a.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert len(read(tmp_path / "a.yaml", "a.yaml").problems) > 1


@pytest.mark.parametrize("text", ["[" * 20_000, "{a: " * 20_000, "a: [", "a: 'b", "\x00", "? [a]\n: b", "a: b\n\tc: d"])
def test_what_cannot_be_read_is_one_problem(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenYaml):
        read(tmp_path / "a.yaml", "a.yaml")


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a" * 600_000, encoding="utf-8")
    with pytest.raises(BrokenYaml, match="larger"):
        read(tmp_path / "a.yaml", "a.yaml")
