"""What `magflag evaluate` says of each patient of an export: charts one by one, read and assessed as one patient."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from schemas.problem import Refused
from service.assess import Advisory, Assessor
from service.intake.fhir.read import read_bundle
from service.intake.strict_json import parse_fhir
from service.knowledge.model import Pack
from service.population.fhir.members import REFERRED
from service.population.fhir.odd import REFERENCE
from service.population.inputs import lines_of

PATIENT = re.compile(r"(?:^|/)Patient/([^/?#]+)(?:/_history/[^/]+)?$")
# By rule: outcome, the places and values behind it, and what is missing.
Told = Mapping[str, tuple[str, str, str]]


def charts(folder: Path) -> dict[str, list[str]]:
    """Return the lines of each patient who is there, in order of type, id and text, with the products referred to."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    products: dict[str, list[str]] = defaultdict(list)
    people: set[str] = set()
    for file in sorted(folder.glob("*.ndjson*")):
        for _, line in lines_of(file):
            resource = _resource(line)
            kind, known, text = (
                str(resource.get("resourceType")),
                str(resource.get("id", "")),
                line.decode("utf-8", "replace"),
            )
            if kind in REFERRED:
                products[f"{kind}/{known}"].append(text)
            elif (patient := _patient(resource)) is not None:
                people |= {patient} if kind == "Patient" else set()
                found[patient].append((kind, known, text))
    return {patient: [*_lines(found[patient], products)] for patient in sorted(people)}


def _resource(line: bytes) -> dict[str, Any]:
    try:
        found = parse_fhir(line)
    except Refused:
        return {}
    return found if isinstance(found, dict) else {}


def _patient(resource: Mapping[str, Any]) -> str | None:
    if resource.get("resourceType") == "Patient":
        return resource.get("id")
    subject = resource.get("subject") or resource.get("patient")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    found = PATIENT.search(reference) if isinstance(reference, str) else None
    return found[1] if found else None


def _lines(chart: list[tuple[str, str, str]], products: Mapping[str, list[str]]) -> Iterator[str]:
    named: set[str] = set()
    for _, _, text in sorted(chart):
        named |= set(re.findall(REFERENCE, text))
        yield text
    for name in sorted(named & products.keys()):
        yield from sorted(products[name])


def assessed(lines: list[str], pack: Pack, assessor: Assessor, as_of: date) -> Told | None:
    """Return what is told of one chart, its places named by type and id; None where it is no chart of one patient."""
    resources: list[Any] = [parse_fhir(line.encode()) for line in lines]
    try:
        profile = read_bundle(resources, pack.terms, as_of).profile
    except Refused:
        return None
    places = [f"/{each['resourceType']}/{each.get('id', '')}".rstrip("/") for each in resources]
    return told(assessor.assess(profile, as_of, ""), places)


def told(advisory: Advisory, places: list[str]) -> Told:
    """Return what is told, in the shape in which it is compared."""
    return {
        flag.rule.id: (
            flag.outcome,
            plain(
                [
                    [each.fact, each.value, each.unit, each.date, _at(each.at, places), each.source]
                    for each in flag.because
                ]
            ),
            plain([[each.fact, each.reason, _at(each.at, places), each.detail] for each in flag.missing]),
        )
        for flag in advisory.flags
    }


def plain(rows: list[list[Any]]) -> str:
    """Return rows as text, each once and in order of the text: numbers as numbers, however they were written."""
    return "\n".join(sorted({json.dumps(row, ensure_ascii=False, default=float) for row in rows})).replace(".0,", ",")


def _at(at: str, places: list[str]) -> str:
    return re.sub(r"^/(\d+)", lambda found: places[int(found[1])], at)
