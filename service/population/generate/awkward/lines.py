"""What goes wrong with lines, whatever stands on them."""

from collections.abc import Callable

from service.population.generate.awkward.case import Case

NO_RESOURCES = ("[1, 2]", '"text"', "42", "null", "true", "{}", '{"id":"x1"}', '{"resourceType":7}')
GARBAGE = ("}", ",", " and so on", "{}", "\x00")
# Each is accepted by some readers of JSON, and means two things or nothing.
NOT_STRICT = ('"note":"half a character: \\ud800"', '"note":"\\u0000"', '"score":NaN', '"score":-Infinity')
# A byte that is no UTF-8, as Python keeps it in a text (PEP 383).
NOT_UTF8 = "\udcff"


def line_cut(case: Case) -> None:
    """A line that breaks off."""
    _spoil(case, lambda line: line[: len(line) // 2])


def line_with_garbage(case: Case) -> None:
    """A line with something behind its end."""
    rest = case.pick([*GARBAGE])
    _spoil(case, lambda line: line + rest)


def line_empty(case: Case) -> None:
    """A line with nothing, or nothing but space."""
    lines = case.lines(case.a_type(but=()))
    lines.insert(len(lines) // 2, case.pick(["", "  ", "\t"]))


def line_not_utf8(case: Case) -> None:
    """A line with a byte that is no UTF-8."""
    _spoil(case, lambda line: line[:-1] + f',"language":"{NOT_UTF8}"}}')


def line_no_resource(case: Case) -> None:
    """A line of JSON that is no resource."""
    case.lines(case.a_type(but=())).append(case.pick([*NO_RESOURCES]))


def line_not_strict(case: Case) -> None:
    """A line that is JSON to some readers only."""
    odd = case.pick([*NOT_STRICT])
    _spoil(case, lambda line: f"{line[:-1]},{odd}}}")


def line_with_member_twice(case: Case) -> None:
    """A line that says one thing twice, differently."""
    _spoil(case, lambda line: line[:-1] + ',"id":"another"}')


def _spoil(case: Case, spoil: Callable[[str], str]) -> None:
    kind = case.a_type(but=())
    lines, at = case.lines(kind), case.place(kind)
    lines[at] = spoil(lines[at])
