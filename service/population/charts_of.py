"""The charts of some patients of an input, whole, as one patient's record would be sent."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from schemas.problem import Refused
from service.facts.in_sql.tables import TEXT
from service.intake.profile import receive
from service.intake.strict_json import parse_fhir
from service.population.duck import Duck
from service.population.fhir import lines_sql
from service.population.fhir.look import look_at_lines
from service.population.fhir.members import READ, REFERRED, TOLD
from service.population.fhir.odd import REFERENCE
from service.population.inputs import FHIR, PROFILES, Input, lines_of

Chart = tuple[str, bytes, str]


def charts_of(found: Input, patients: Sequence[str], day: date, memory_limit: str = "1GB") -> Iterator[Chart]:
    """Yield patient, body and kind of each chart: a Bundle of all that is read, or the profile as it came."""
    if found.kind != FHIR:
        yield from _profiles(found, frozenset(patients), day)
        return
    with tempfile.TemporaryDirectory(prefix="charts-") as folder:
        duck = Duck(Path(folder), memory_limit)
        try:
            yield from _bundles(duck, found, patients)
        finally:
            duck.close()


def _profiles(found: Input, patients: frozenset[str], day: date) -> Iterator[Chart]:
    for file in found.files:
        for _, line in lines_of(file):
            try:
                known = receive(line, day).profile.patient.id
            except Refused:
                continue
            if known in patients:
                yield known, line, PROFILES


def _bundles(duck: Duck, found: Input, patients: Sequence[str]) -> Iterator[Chart]:
    look_at_lines(duck, found.files, duck.folder)
    duck.load("wanted", {"patient": TEXT}, ({"patient": patient} for patient in patients))
    kinds = lines_sql.in_words((*READ, *TOLD))
    duck.keep_read("chart", f"""
        SELECT w.patient, l.line FROM ({lines_sql.whose("line")}) AS l
        JOIN wanted w ON w.patient = l.patient_id WHERE l.kind IN ({kinds})""")  # fmt: skip
    duck.keep("product_name", f"SELECT DISTINCT unnest(regexp_extract_all(line, '{REFERENCE}', 1)) AS name FROM chart")
    duck.keep_read("product", f"""
        SELECT p.name, l.line FROM ({lines_sql.whose("line")}) AS l
        JOIN product_name p ON p.name = l.kind || '/' || l.known
        WHERE l.kind IN ({lines_sql.in_words(REFERRED)})""")  # fmt: skip
    products = {
        str(name): str(line) for name, line in duck.rows("SELECT name, line FROM product") if _is_strict(str(line))
    }
    for patient, rows in groupby(
        duck.rows("SELECT patient, line FROM chart ORDER BY patient, line"), key=lambda row: row[0]
    ):
        lines = [str(line) for _, line in rows if _is_strict(str(line))]
        named = sorted({name for line in lines for name in re.findall(REFERENCE, line)} & products.keys())
        yield str(patient), _bundle([*lines, *(products[name] for name in named)]), FHIR


def _is_strict(line: str) -> bool:
    try:
        return isinstance(parse_fhir(line.encode()), dict)
    except (Refused, UnicodeEncodeError):
        return False


def _bundle(resources: Sequence[str]) -> bytes:
    """Return a Bundle of resources, each as it came."""
    entries = ",".join(f'{{"resource":{resource}}}' for resource in resources)
    return f'{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}'.encode()
