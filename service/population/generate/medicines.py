"""Medicines and supplements ready-made: requests, statements, the products they refer to, and orders of nutrition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.population.generate.resources import (
    ABOUT,
    OPEN,
    Resource,
    concept,
    dosage,
    line_of,
    made,
    text_with_places,
)
from service.population.generate.wishes import Dice, Table, spread, spread_entries

VARIANTS = 16
CODINGS = {"rxnorm": ("rxnorm",), "atc": ("atc",), "both": ("rxnorm", "atc"), "text": ()}


@dataclass(frozen=True, slots=True, eq=False)
class Medicine:
    """A medicine: ready-made requests, and pairs of a request with a product of its own, each with two more places."""

    requests: Table[str]
    own: Table[tuple[str, str]]


class Medicines:
    """Makes what is ordered and what is taken, from charts.yaml."""

    def __init__(self, data: Mapping[str, Any], loaded: str) -> None:
        self._data, self._loaded = data, loaded
        self._dice = Dice("medicines")
        self._codings, self._given_by = spread(data["medicine_codings"]), spread(data["medicine_given_by"])
        self._statuses, self._ended = spread(data["medicine_statuses"]), spread(data["ended_statuses"])
        self._intents = spread(data["medicine_intents"])
        self.formulary: list[str] = []

    def all(self) -> dict[str, Medicine]:
        """Return every medicine by its id; the products that all patients share then stand in the formulary."""
        return {entry["id"]: self._medicine(entry) for entry in self._data["medicines"]}

    def mixtures(self) -> Medicine:
        """Return products of which only the ingredients are coded."""
        return Medicine([], [self._pair({}, _mixture(entry)) for entry in self._data["mixtures"]])

    def _medicine(self, entry: Mapping[str, Any]) -> Medicine:
        shared = self._shared(entry)
        requests = [text_with_places(self._request(entry, self._named(entry, shared))) for _ in range(VARIANTS)]
        return Medicine(requests, [self._pair(entry, {"code": self._concept(entry)}) for _ in range(VARIANTS // 4)])

    def _shared(self, entry: Mapping[str, Any]) -> str:
        known = f"med-{entry['id']}"
        product = {"resourceType": "Medication", "id": known, "meta": {"versionId": "1", "lastUpdated": self._loaded}}
        self.formulary.append(line_of({**product, "code": self._concept(entry), "status": "active"}))
        return known

    def _concept(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        return concept(entry, CODINGS[self._dice.pick(self._codings)], self._dice.pick(entry["sold_as"]))

    def _named(self, entry: Mapping[str, Any], shared: str) -> dict[str, Any]:
        if self._dice.pick(self._given_by) == "formulary":
            return {"medicationReference": {"reference": f"Medication/{shared}", "display": entry["sold_as"][0]}}
        return {"medicationCodeableConcept": self._concept(entry)}

    def _request(self, entry: Mapping[str, Any], named: dict[str, Any]) -> Resource:
        status = self._dice.pick(self._ended if entry.get("ended") else self._statuses)
        request = {**made("MedicationRequest", "r", self._loaded), "status": status}
        request |= {"intent": self._dice.pick(self._intents), **named, "subject": ABOUT, "authoredOn": OPEN}
        route = entry.get("route", "oral")
        if route != "none" and self._dice.happens(70):
            request["dosageInstruction"] = dosage(route)
        return request

    def _pair(self, entry: Mapping[str, Any], product: Mapping[str, Any]) -> tuple[str, str]:
        own = {"medicationReference": {"reference": f"Medication/{OPEN}-m{OPEN}"}}
        made_up = {**made("Medication", "m", self._loaded), "status": "active", **product}
        return text_with_places(self._request(entry, own)), text_with_places(made_up)

    def statements(self) -> Table[str]:
        """Return statements of supplements."""
        entries, statuses = spread_entries(self._data["supplements"]), spread(self._data["supplement_statuses"])
        return [text_with_places(self._statement(entry, self._dice.pick(statuses))) for entry in entries * 2]

    def _statement(self, entry: Mapping[str, Any], status: str) -> Resource:
        said = concept(entry, CODINGS["both"] if self._dice.happens(70) else (), entry["text"])
        statement = {**made("MedicationStatement", "s", self._loaded), "status": status}
        statement |= {"medicationCodeableConcept": said, "subject": ABOUT}
        statement |= {"effectivePeriod": {"start": OPEN}} if self._dice.happens(50) else {"effectiveDateTime": OPEN}
        if self._dice.happens(50):
            statement["dosage"] = dosage(entry.get("route", "oral"))
        return statement

    def nutrition(self) -> Table[str]:
        """Return orders of nutrition."""
        return [text_with_places(self._order(entry)) for entry in spread_entries(self._data["nutrition"]["orders"])]

    def _order(self, entry: Mapping[str, Any]) -> Resource:
        order = {**made("NutritionOrder", "n", self._loaded), "status": "active", "intent": "order"}
        order |= {"patient": ABOUT, "dateTime": OPEN}
        if "supplement" in entry:
            order["supplement"] = [{"type": {"text": entry["supplement"]}}]
        elif "diet" in entry:
            order["oralDiet"] = {"type": [{"text": entry["diet"]}]}
        else:
            order["enteralFormula"] = {"baseFormulaProductName": entry["formula"]}
        return order


def _mixture(entry: Mapping[str, Any]) -> dict[str, Any]:
    inside = [{"itemCodeableConcept": concept(each, ("rxnorm",), each["text"])} for each in entry["ingredients"]]
    return {"code": {"text": entry["text"]}, "ingredient": inside}
