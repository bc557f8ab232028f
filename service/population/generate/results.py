"""Observations ready-made: for each test, and each state of the kidneys where it matters, many that differ."""

from collections.abc import Mapping
from typing import Any

from service.population.generate.resources import (
    ABOUT,
    HL7,
    INTERPRETATION,
    LOINC,
    OPEN,
    Resource,
    coded,
    made,
    quantity,
    text_with_places,
)
from service.population.generate.wishes import Dice, Table, spread, spread_entries

VARIANTS = 240
STATUSES = {"final": 96, "amended": 2, "corrected": 2}
FLAGS = {"L": "Low", "N": "Normal", "H": "High"}


class Results:
    """Makes Observations of the tests in charts.yaml."""

    def __init__(self, data: Mapping[str, Any], loaded: str) -> None:
        self._data, self._loaded = data, loaded
        self._dice = Dice("results")
        self._statuses, self._styles = spread(STATUSES), spread(data["interpretations"])

    def of_kidneys(self, kidneys: Mapping[str, Any]) -> dict[str, Table[str]]:
        """Return the tests whose results lie where the state of the kidneys puts them."""
        tests = [test for test in self._data["tests"] if test.get("by") == "kidneys"]
        return {test["id"]: self._variants(test, [_level(*kidneys[test["id"]])]) for test in tests}

    def of_anybody(self) -> dict[str, Table[str]]:
        """Return the tests that do not hang on the kidneys."""
        tests = [test for test in self._data["tests"] if test.get("by") != "kidneys"]
        return {test["id"]: self._variants(test, spread_entries(test.get("levels", []))) for test in tests}

    def _variants(self, test: Mapping[str, Any], levels: Table[Any]) -> Table[str]:
        codes = spread_entries(test["codes"])
        return [text_with_places(self._one(test, levels, self._dice.pick(codes))) for _ in range(VARIANTS)]

    def _one(self, test: Mapping[str, Any], levels: Table[Any], code: Mapping[str, Any]) -> Resource:
        result = {
            **made("Observation", "o", self._loaded),
            "status": self._dice.pick(self._statuses),
            "category": [coded(f"{HL7}/observation-category", test.get("category", "laboratory"))],
            "code": {**coded(LOINC, code["loinc"], test["text"]), "text": test["text"]},
            "subject": ABOUT,
            "effectiveDateTime": OPEN,
        }
        if "panel" in test:
            return {**result, "component": [self._component(part, code["unit"]) for part in test["panel"]]}
        level = self._dice.pick(levels)
        value = self._dice.between(level["from"], level["to"], test["digits"])
        return {**result, **self._measured(value, test, code)}

    def _component(self, part: Mapping[str, Any], unit: str) -> dict[str, Any]:
        value = self._dice.between(part["from"], part["to"], 0)
        return {"code": coded(LOINC, part["loinc"]), "valueQuantity": quantity(value, unit)}

    def _measured(self, value: float, test: Mapping[str, Any], code: Mapping[str, Any]) -> dict[str, Any]:
        style, normal = self._dice.pick(self._styles), test.get("normal")
        digits, factor = code.get("digits", test["digits"]), code.get("factor", 1)
        said: dict[str, Any] = {"valueQuantity": quantity(round(value * factor, digits), code["unit"])}
        if normal and style in ("flag", "both"):
            flag = _flag(value, normal)
            said["interpretation"] = [coded(INTERPRETATION, flag, FLAGS[flag])]
        if normal and style in ("range", "both"):
            ends = {end: quantity(round(limit * factor, digits), code["unit"]) for end, limit in normal.items()}
            said["referenceRange"] = [ends]
        return said


def _level(low: float, high: float) -> dict[str, float]:
    return {"from": low, "to": high}


def _flag(value: float, normal: Mapping[str, float]) -> str:
    if value < normal.get("low", value):
        return "L"
    return "H" if value > normal.get("high", value) else "N"
