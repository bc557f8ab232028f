"""Reads the odd charts one by one, with the readers of one patient, into the rows that all others have."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from schemas.problem import Refused
from schemas.profile import Open, Profile
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.rows import Rows, rows_of
from service.intake.fhir.assemble import EVERYTHING
from service.intake.fhir.read import read_bundle
from service.intake.strict_json import parse_fhir
from service.population.engine import Engine
from service.population.fhir import lines_sql
from service.population.fhir.members import READ, REFERRED

REFERENCE = f"((?:{'|'.join(REFERRED)})/[A-Za-z0-9.-]+)"
PLACE = re.compile(r"^/(\d+)")
PLACE_IN_TEXT = re.compile(r'"at":"/(\d+)')
NOT_ONE = "The resources of this chart are not about one patient, and were not read."
Resource = dict[str, Any]


class OddCharts:
    """The charts of the patients in the table `odd`."""

    def __init__(self, engine: Engine, as_of: date, dictionary: Dictionary) -> None:
        self._engine, self._as_of, self._dictionary = engine, as_of, dictionary

    def rows(self) -> Iterator[Rows]:
        """Yield the rows of each chart, by table."""
        self._engine.keep_read("odd_line", f"""
            SELECT p.pid, l.kind, l.line FROM ({lines_sql.whose("line")}) AS l
            JOIN person p ON p.patient = l.patient_id JOIN odd o ON o.pid = p.pid
            WHERE l.kind IN ({lines_sql.in_words(READ)})""")  # fmt: skip
        products = self._products()
        lines = self._engine.rows("SELECT pid, line FROM odd_line ORDER BY pid, line")
        for pid, found in groupby(lines, key=lambda row: int(row[0])):
            yield self._chart(pid, [str(row[1]) for row in found], products)

    def _products(self) -> dict[str, list[Resource]]:
        """Return the products that these charts refer to, by "Type/id"; of one name there may be several."""
        self._engine.keep("odd_product", f"""
            SELECT DISTINCT unnest(regexp_extract_all(line, '{REFERENCE}', 1)) AS name FROM odd_line""")  # fmt: skip
        lines = self._engine.rows("""
            SELECT r.line FROM referred r JOIN odd_product o ON o.name = r.kind || '/' || r.known
            ORDER BY r.line""")  # fmt: skip
        found: dict[str, list[Resource]] = {}
        for each in _parsed(str(row[0]) for row in lines):
            found.setdefault(f"{each['resourceType']}/{each['id']}", []).append(each)
        return found

    def _chart(self, pid: int, lines: list[str], products: dict[str, list[Resource]]) -> Rows:
        named = sorted({name for line in lines for name in re.findall(REFERENCE, line)})
        chart = [*sorted(_parsed(lines), key=_order), *(each for name in named for each in products.get(name, ()))]
        try:
            profile = read_bundle(chart, self._dictionary.pack.terms, self._as_of).profile
        except Refused:
            why = Open("conflict", "", NOT_ONE)
            profile = Profile(open=dict.fromkeys(sorted(EVERYTHING), (why,)))
        return _placed(rows_of(pid, profile, self._dictionary), chart)


def _parsed(lines: Iterable[str]) -> Iterator[Resource]:
    """Yield the resources of lines; one that may be read in two ways is left out, and told among the rejected."""
    for line in lines:
        try:
            found = parse_fhir(line.encode())
        except (Refused, UnicodeEncodeError):
            continue
        if isinstance(found, dict):
            yield found


def _order(resource: Resource) -> tuple[str, str]:
    return str(resource["resourceType"]), str(resource.get("id", ""))


def _placed(rows: Rows, chart: list[Resource]) -> Rows:
    """Name places by type and id, where the reader of a list named them by number."""
    places = [f"/{each['resourceType']}/{each.get('id', '')}".rstrip("/") for each in chart]
    for table in ("entry", "result"):
        for row in rows[table]:
            row["pointer"] = PLACE.sub(lambda found: places[int(found[1])], row["pointer"])
    for row in rows["left_open"]:
        row["text"] = PLACE_IN_TEXT.sub(lambda found: f'"at":"{places[int(found[1])]}', row["text"])
    return rows
