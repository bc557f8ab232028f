"""Everything ready-made that charts are filled from. Made once and the same for every seed; the rest is look-up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.population.generate.days import Days
from service.population.generate.medicines import Medicine, Medicines
from service.population.generate.resources import (
    ABOUT,
    BIRTH_SEX,
    HL7,
    OPEN,
    Resource,
    coded,
    coding,
    concept,
    made,
    text_with_places,
)
from service.population.generate.results import Results
from service.population.generate.wishes import Dice, Table, spread, spread_entries

VARIANTS = 24
CODINGS = {"both": ("icd10cm", "snomed"), "icd10cm": ("icd10cm",), "snomed": ("snomed",), "text": ()}
ENDED = ("resolved", "remission", "inactive")


@dataclass(frozen=True, slots=True, eq=False)
class Illness:
    """A condition: ready-made entries of it, and the medicines it is treated with."""

    entries: Table[str]
    medicines: Table[Medicine]


@dataclass(frozen=True, slots=True, eq=False)
class Kidneys:
    """A state of the kidneys: what is listed because of it, what is done, and each test's results."""

    illnesses: Table[Illness]
    procedures: Table[str]
    panels: Table[list[Table[str]]]


class Shelf:
    """All tables from which a chart is put together."""

    def __init__(self, data: Mapping[str, Any], days: Days) -> None:
        self._data, self._days = data, days
        self._dice = Dice("shelf")
        self._loaded = f"{days.before(2)}T02:14:07.000Z"
        medicines = Medicines(data, self._loaded)
        known = medicines.all()
        self.formulary = medicines.formulary
        self._make_illnesses(known)
        self._make_kidneys()
        self.people = {gender: self._people(gender) for gender in data["genders"]}
        self.medicines = [known[entry["id"]] for entry in spread_entries(data["medicines"])]
        self.mixtures = medicines.mixtures()
        self.statements, self.nutrition = medicines.statements(), medicines.nutrition()
        self.spare = self._spare()
        self.allergies = [text_with_places(self._allergy(entry)) for entry in spread_entries(data["allergies"])]

    def _spare(self) -> dict[str, Table[str]]:
        """Return what is added to a chart that has none, where something is to go wrong with it."""
        sound = next(iter(self.kidneys.values()))[0]
        return {
            "Condition": self.illnesses[0].entries,
            "Observation": [text for table in sound.panels[0] for text in table],
            "MedicationRequest": [text for text in self.medicines[0].requests if "CodeableConcept" in text],
            "Procedure": self.procedures,
            "MedicationStatement": self.statements,
        }

    def _make_illnesses(self, medicines: Mapping[str, Medicine]) -> None:
        entries = self._data["conditions"]
        self._illnesses = {entry["id"]: self._illness(entry, medicines) for entry in entries}
        self.illnesses = [self._illnesses[entry["id"]] for entry in spread_entries(entries)]

    def _illness(self, entry: Mapping[str, Any], medicines: Mapping[str, Medicine]) -> Illness:
        mostly_over = entry.get("mostly") == "resolved"
        statuses = spread(self._data["resolved_statuses" if mostly_over else "condition_statuses"])
        entries = [text_with_places(self._condition(entry, self._dice.pick(statuses))) for _ in range(VARIANTS)]
        return Illness(entries, [medicines[known] for known in entry.get("treated_with", ())])

    def _condition(self, entry: Mapping[str, Any], status: str) -> Resource:
        systems = CODINGS[self._dice.pick(spread(self._data["condition_codings"]))]
        condition = {
            **made("Condition", "c", self._loaded),
            "clinicalStatus": coded(f"{HL7}/condition-clinical", status),
            "verificationStatus": coded(f"{HL7}/condition-ver-status", "confirmed"),
            "category": [coded(f"{HL7}/condition-category", "problem-list-item")],
            "code": concept(entry, systems, entry["text"]),
            "subject": ABOUT,
            "onsetDateTime": OPEN,
        }
        if status in ENDED:
            condition["abatementDateTime"] = self._days.before(30 + int(self._dice.draw() * 150))
        return condition

    def _make_kidneys(self) -> None:
        results = Results(self._data, self._loaded)
        anybody = results.of_anybody()
        procedures = self._data["procedures"]
        self._procedures = {entry["id"]: [self._procedure(entry)] for entry in procedures}
        self.procedures = [text for entry in spread_entries(procedures) for text in self._procedures[entry["id"]]]
        states = {each["id"]: self._state(each, anybody | results.of_kidneys(each)) for each in self._data["kidneys"]}
        self.kidneys = {
            group: [states[each["id"]] for each in self._data["kidneys"] for _ in range(each["weights"][group])]
            for group in {age["group"] for age in self._data["ages"]}
        }

    def _state(self, entry: Mapping[str, Any], tests: Mapping[str, Table[str]]) -> Kidneys:
        illnesses = [self._illnesses[known] for known in entry.get("conditions", ())]
        procedures = [text for known in entry.get("procedures", ()) for text in self._procedures[known]]
        panels = [[tests[test] for test in panel["tests"]] for panel in spread_entries(self._data["panels"])]
        return Kidneys(illnesses, procedures, panels)

    def _procedure(self, entry: Mapping[str, Any]) -> str:
        procedure = {**made("Procedure", "p", self._loaded), "status": "completed"}
        procedure |= {"code": concept(entry, ("snomed",), entry["text"]), "subject": ABOUT, "performedDateTime": OPEN}
        return text_with_places(procedure)

    def _allergy(self, entry: Mapping[str, Any]) -> Resource:
        return {
            **made("AllergyIntolerance", "a", self._loaded),
            "clinicalStatus": coded(f"{HL7}/allergyintolerance-clinical", "active"),
            "verificationStatus": coded(f"{HL7}/allergyintolerance-verification", "confirmed"),
            "code": concept(entry, ("snomed",), entry["text"]),
            "patient": ABOUT,
            "recordedDate": OPEN,
        }

    def _people(self, gender: str) -> Table[str]:
        return [text_with_places(self._person(gender, number)) for number in range(VARIANTS)]

    def _person(self, gender: str, number: int) -> Resource:
        """Return somebody, with three open places: the id, the record number, and the date of birth."""
        family, given = self._dice.pick(self._data["family_names"]), self._dice.pick(self._data["given_names"][gender])
        person: Resource = {
            "resourceType": "Patient",
            "id": OPEN,
            "meta": {"versionId": "1", "lastUpdated": self._loaded},
        }
        if number % 3 == 0:
            person["extension"] = [{"url": BIRTH_SEX, "valueCode": gender[0].upper()}]
        kind = {"coding": [coding(f"{HL7}/v2-0203", "MR")]}
        person["identifier"] = [{"type": kind, "system": "https://ehr.example/mrn", "value": OPEN}]
        name = {"use": "official", "family": family, "given": [given]}
        return {**person, "active": True, "name": [name], "gender": gender, "birthDate": OPEN}
