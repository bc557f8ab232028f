"""Units: every conversion is UCUM's, through ucumvert and pint; mass and substance meet over the molar mass."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from service.knowledge.vocabulary import Test, Vocabulary


@lru_cache(maxsize=1)
def _registry() -> Any:
    # Loading the unit definitions takes most of a second, so it waits until a unit really has to be converted.
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry()


# What a unit may look like before it is parsed at all: the parser would compute 10*99999999 to the last digit.
_PLAIN = re.compile(r"(?!.*\d{4})(?!.*10[*^][+-]?\d{3})[A-Za-zµμ%'\[\]{}()./*^+\-_0-9]{1,40}")
# What UCUM lets a unit say in braces: it has no dimension, and yet "mL/min/{1.73_m2}" is another quantity than mL/min.
_ANNOTATION = re.compile(r"\{[^{}]*\}")
LEAST, MOST, MOST_REMEMBERED = 1e-12, 1e12, 256
_FACTORS: dict[tuple[str, str], Decimal] = {}


def factor(ucum: str, test: Test) -> Decimal | None:
    """Return what a value in `ucum` is multiplied with to get the test's own unit; None where there is no way.

    Only units that convert are remembered, and there are few of those: nothing a caller invents is kept.
    """
    if ucum == test.unit:
        return Decimal(1)
    known = _FACTORS.get((ucum, test.id))
    if known is None and _PLAIN.fullmatch(ucum):
        known = _computed(ucum, test)
        if known is not None and len(_FACTORS) < MOST_REMEMBERED:
            _FACTORS[ucum, test.id] = known
    return known


def _computed(ucum: str, test: Test) -> Decimal | None:
    registry = _registry()
    try:
        given, wanted = registry.from_ucum(ucum), registry.from_ucum(test.unit)
        ratio = _ratio(registry, given, wanted, test)
    except Exception:  # The parser raises many kinds for many kinds of nonsense; each means the unit is unusable.
        return None
    return Decimal(repr(float(f"{ratio:.12g}"))) if ratio is not None and LEAST < ratio < MOST else None


def _ratio(registry: Any, given: Any, wanted: Any, test: Test) -> float | None:
    charged = _charged(given) != _charged(wanted)
    if charged and not test.valence:
        return None
    scale = 1.0 if not charged else (1 / (test.valence or 1) if _charged(given) else float(test.valence or 1))
    for candidate in (given, *_over_molar_mass(registry, given, test)):
        if candidate.dimensionality == wanted.dimensionality:
            return scale * float((candidate / wanted).to("").magnitude)
    return None


def _charged(quantity: Any) -> bool:
    """Equivalents count charges; pint gives them the dimension of moles, so they are told apart by name."""
    return "equivalents" in str(quantity)


def _over_molar_mass(registry: Any, quantity: Any, test: Test) -> tuple[Any, ...]:
    if test.molar_mass is None:
        return ()
    per_mole = registry.from_ucum("g/mol") * float(test.molar_mass)
    return (quantity / per_mole, quantity * per_mole)


def converter(vocabulary: Vocabulary, unit: str | None, test: str) -> Decimal | None:
    """Return the factor from a unit as written in the record to the test's own unit; None if unusable."""
    if unit is None or test not in vocabulary.tests:
        return None
    return factor(_spelled(vocabulary, unit), vocabulary.tests[test])


def says_less(vocabulary: Vocabulary, unit: str | None, test: str) -> bool:
    """Whether a unit leaves out what the test's own unit says in braces, which converts all the same."""
    wanted = _ANNOTATION.findall(vocabulary.tests[test].unit)
    return bool(wanted) and not set(wanted) <= set(_ANNOTATION.findall(_spelled(vocabulary, unit or "")))


def _spelled(vocabulary: Vocabulary, unit: str) -> str:
    written = unit.strip()
    return vocabulary.unit_spellings.get(written, written)
