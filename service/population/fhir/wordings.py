"""Reads each distinct wording once, with the readers of one patient, and tells in rows what it means."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.problem import Refused
from schemas.profile import Diet, Entry, Open, Profile
from service.facts.entries import read_entries
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.texts import inside_json, plain_gap
from service.facts.model import Gap
from service.intake.fhir.assemble import Gathering
from service.intake.fhir.chart import unpack
from service.intake.fhir.people import is_final, meant, person_of
from service.intake.fhir.subjects import Subjects
from service.intake.strict_json import parse_fhir
from service.population.fhir.members import MADE, SEPARATOR, WORDED

Row = dict[str, Any]
# The id that stands for the resource's own while its wording is read, and the marks that take its place in texts.
OWN, AT_MARK, NAME_MARK = "own.magflag", "\x02", "\x03"
HERE = {"resourceType": "Medication", "id": "here"}
# A day so long ago that whatever can be past by then is past.
LONG_AGO = "1900-01-01"
LAST_TIMES = {"Procedure": "performedDateTime", "Observation": "effectiveDateTime"}
LISTED = ("conditions", "medications", "supplements", "foods")


@dataclass
class Wordings:
    """What wordings mean, as tables; `tables` says their columns. A wording that cannot be read has `unreadable`."""

    dictionary: Dictionary
    as_of: date
    words: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)
    opens: list[Row] = field(default_factory=list)
    meant: list[Row] = field(default_factory=list)

    def read(self, number: int, kind: str, wording: str) -> None:
        """Read one wording of a type and keep what it means under its number."""
        try:
            resource, product = _resource(kind, wording)
        except Refused:
            self.words.append(_word(number, unreadable=True))
            return
        found = self._gather(resource, product)
        self._keep(number, kind, found, self._past(kind, resource, product, found))

    def _gather(self, resource: Row, product: Row | None) -> Gathering:
        chart = unpack([resource, *([product] if product else [])])
        gathering = Gathering(chart, Subjects(chart), self.dictionary.pack.terms, self.as_of)
        gathering.read_all()
        return gathering

    def _past(self, kind: str, resource: Row, product: Row | None, found: Gathering) -> bool:
        """Say whether what a resource says the patient has is past when it is old."""
        if kind not in LAST_TIMES or not found.conditions:
            return False
        old = self._gather(resource | {LAST_TIMES[kind]: LONG_AGO}, product)
        return [each.status for each in old.conditions] != [each.status for each in found.conditions]

    def _keep(self, number: int, kind: str, found: Gathering, expires: bool) -> None:
        listed = _listed(found)
        person: Row = {}
        if kind == "Patient":
            person = self._person(number, found)
        self.words.append(
            _word(number, **{f"lists_{name}": bool(listed[name]) for name in LISTED}, expires=expires, **person)
        )
        self._keep_entries(number, listed)
        self._keep_results(number, found)
        for place, (member, why) in enumerate((member, why) for member, whys in found.open.items() for why in whys):
            self._open(number, place, member, why)
        for place, statement in enumerate(filter(is_final, found.pregnancies)):
            said: list[bool | None] = [*sorted(meant(statement, self.dictionary.pack.terms))]
            for pregnant in said or [None]:
                self.meant.append({"wording": number, "place": place, "pregnant": pregnant})

    def _person(self, number: int, found: Gathering) -> Row:
        resource = next(iter(found.chart.kept.values()))
        person = person_of(resource, OWN, found.terms, self.as_of)
        for place, (member, why) in enumerate(person.open.items()):
            self._open(number, place, member, why)
        born = person.patient.birth_date
        return {"sex": person.patient.sex, "born": born.isoformat() if born else None}

    def _keep_entries(self, number: int, listed: Mapping[str, list[Entry]]) -> None:
        if not any(listed.values()):
            return
        members = {name: tuple(listed[name]) for name in LISTED if name != "foods"}
        profile = Profile(diet=Diet(foods=tuple(listed["foods"])), **members)  # type: ignore[arg-type]
        read = read_entries(profile, self.dictionary.pack.vocabulary)
        for name in LISTED:
            for place, each in enumerate(read.lists[name].entries or ()):
                self.entries.append(
                    {"wording": number, "place": place, "list": name, "meaning": self.dictionary.meaning(name, each),
                     "ending": _ending(each.entry.at)}
                )  # fmt: skip

    def _keep_results(self, number: int, found: Gathering) -> None:
        for place, result in enumerate(found.results):
            quantity, doubt = result.quantity, result.quantity.doubt
            self.results.append(
                {
                    "wording": number, "place": place, "path": result.code.path, "rank": result.code.rank,
                    "measure": self.dictionary.measured(result.code.path, quantity), "ending": _ending(quantity.at),
                    "doubt_reason": doubt and doubt.reason, "doubt_detail": doubt and inside_json(doubt.detail),
                }
            )  # fmt: skip

    def _open(self, number: int, place: int, member: str, why: Open) -> None:
        self.opens.append(
            {"wording": number, "place": place, "member": member, "reason": why.reason, "text": _marked(why)}
        )


def _word(number: int, **known: Any) -> Row:
    return {"wording": number, "unreadable": False, "expires": False, **known}


def _resource(kind: str, wording: str) -> tuple[Row, Row | None]:
    """Return the resource that a wording stands for, and the product it refers to, if it is here."""
    texts = dict(zip(WORDED[kind], wording.split(SEPARATOR), strict=True))
    members = {name: parse_fhir(text.encode()) for name, text in texts.items() if text}
    made = {name.removeprefix("product_"): members.pop(name) for name in MADE if name in members}
    routes = members.pop("dosageInstruction", None)
    if routes is not None:
        members["dosageInstruction"] = [
            {"route": route} for route in (routes if isinstance(routes, list) else [routes])
        ]
    resource = {"resourceType": kind, "id": OWN, **members}
    return resource, {**HERE, **made} if "medicationReference" in members else None


def _listed(found: Gathering) -> dict[str, list[Any]]:
    return {
        "conditions": found.conditions, "medications": found.medications, "supplements": found.supplements,
        "foods": found.foods,
    }  # fmt: skip


def _ending(at: str) -> str | None:
    """Return what follows the place of the resource, which is the first of a list."""
    return inside_json(at.removeprefix("/0"))


def _marked(why: Open) -> str:
    """Return why something is open as JSON text, with marks for the place and the name of the resource."""
    at = AT_MARK + why.at.removeprefix("/0") if why.at.startswith("/0") else why.at
    text = plain_gap(Gap(why.reason, at, why.detail))
    for kind in WORDED:
        text = text.replace(f"{kind}/{OWN}", NAME_MARK)
    return text.replace(json.dumps(AT_MARK)[1:-1], AT_MARK).replace(json.dumps(NAME_MARK)[1:-1], NAME_MARK)


def wordings_of(rows: Iterator[tuple[int, str, str]], dictionary: Dictionary, as_of: date) -> Wordings:
    """Read all wordings: number, type and text."""
    found = Wordings(dictionary, as_of)
    for number, kind, wording in rows:
        found.read(number, kind, wording)
    return found
