"""The wording of each type of resource in SQL, over a row of `raw` with `product_…` of the medicine it refers to."""

import re
from collections.abc import Iterable
from datetime import date

from schemas.fhir_terms import Terms
from service.facts.in_sql.words import literal
from service.intake.fhir.people import OLDEST
from service.population.fhir.members import ABATED, SEPARATOR, WORDED

# A status that says anything at all makes the end of a condition say nothing.
# Where the day of evaluation goes, and the year before which nobody who lives was born.
AS_OF, OLDEST_YEAR = "'{as_of}'", "'{oldest}'"
HAS_CODE = r'"code"\s*:\s*"[^"]'
REFERS = "json_extract_string(medicationReference, '$.reference')"
DISPLAY = "json_extract(medicationReference, '$.display')"


def is_usual_birth(member: str) -> str:
    """Return whether a date of birth is written in full and lies within a lifetime before `as_of`; never NULL."""
    text = f"substr({member}, 2, 10)"
    in_full = f"regexp_matches({member}, '^\"(19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}\"$')"
    known = f"{in_full} AND TRY_CAST({text} AS DATE) IS NOT NULL"
    return f"coalesce({known} AND {text} <= {AS_OF} AND substr({member}, 2, 4) > {OLDEST_YEAR}, FALSE)"


def _routes(member: str) -> str:
    """Return the routes of dosage instructions, as a JSON list; of these nothing else is ever read."""
    many = f"CAST(json_extract({member}, '$[*].route') AS STRING)"
    one = f"CAST(json_extract({member}, '$.route') AS STRING)"
    return f"CASE WHEN {member} LIKE '[%' THEN {many} ELSE {one} END"


SPECIAL = {
    ("Patient", "birthDate"): f"CASE WHEN NOT {is_usual_birth('birthDate')} THEN birthDate END",
    ("Condition", "abatementDateTime"): (
        f"CASE WHEN regexp_matches(coalesce(clinicalStatus, ''), '{HAS_CODE}') THEN NULL ELSE abatementDateTime END"
    ),
    **{("Condition", name): f"CASE WHEN {name} IS NOT NULL THEN 'true' END" for name in ABATED},
    **{
        (kind, "medicationReference"): (
            f"CASE WHEN medicationReference IS NULL OR {REFERS} LIKE '#%' THEN medicationReference "
            f'ELSE \'{{"reference":"\' || '
            "CASE WHEN product_id IS NULL THEN 'Medication/gone' ELSE 'Medication/here' END "
            f"|| '\",\"display\":' || coalesce(CAST({DISPLAY} AS STRING), 'null') || '}}' END"
        )
        for kind in ("MedicationRequest", "MedicationStatement")
    },
    **{
        (kind, "dosageInstruction"): (
            "CASE WHEN dosageInstruction IS NOT NULL AND dosageInstruction <> '[]' "
            f"THEN {_routes('dosageInstruction')} ELSE {_routes('dosage')} END"
        )
        for kind in ("MedicationRequest", "MedicationStatement")
    },
}


def wording_of(kind: str, as_of: date) -> str:
    """Return the wording of a type as SQL: the JSON texts of its members, or nothing, with separators between."""
    parts = ", ".join(f"coalesce({SPECIAL.get((kind, name), name)}, '')" for name in WORDED[kind])
    return f"concat_ws('{SEPARATOR}', {on_day(parts, as_of)})"


def on_day(sql: str, as_of: date) -> str:
    """Put the day of evaluation into a piece of SQL."""
    return sql.replace(AS_OF, literal(as_of.isoformat())).replace(OLDEST_YEAR, literal(str(as_of.year - OLDEST - 1)))


def plain_time(text: str) -> str:
    """Return a time without a fraction of a second that says nothing."""
    return f"replace({text}, '.000', '')"


def time_of() -> str:
    """Return when a resource is about, as text: of a period the end, else the start (service.intake.fhir.results)."""
    end, start = (f"json_extract_string(effectivePeriod, '$.{name}')" for name in ("end", "start"))
    of_period = f"coalesce(nullif({end}, ''), {start})"
    moment = _text("effectiveDateTime", "effectiveInstant")
    return f"CASE WHEN effectivePeriod LIKE '{{%' THEN {of_period} ELSE {moment} END"


def last_time_of(kind: str) -> str:
    """Return the last that a resource may be about, as text; NULL where that is open (service.intake.fhir.problems)."""
    if kind == "Observation":
        end = "json_extract_string(effectivePeriod, '$.end')"
        return (
            f"CASE WHEN effectivePeriod LIKE '{{%' THEN {end} ELSE {_text('effectiveDateTime', 'effectiveInstant')} END"
        )
    arms = "".join(
        f"WHEN {name}Period LIKE '{{%' THEN json_extract_string({name}Period, '$.end') "
        f"WHEN {name}DateTime IS NOT NULL THEN json_extract_string({name}DateTime, '$') "
        for name in ("performed", "occurrence")
    )
    return f"CASE {arms}END"


def _text(*members: str) -> str:
    return f"coalesce({', '.join(_filled(member) for member in members)})"


def _filled(member: str) -> str:
    return f"nullif(json_extract_string({member}, '$'), '')"


def keeps_observation(terms: Terms) -> str:
    """Return whether an Observation may be one that is read: it has one of the codes, or none of LOINC at all.

    Most results of a laboratory are of no concern here, and each has wordings without end.
    """
    codes = [*terms.results, *terms.not_used, *terms.dialysis_codes, *filter(None, [terms.pregnancy_code])]
    known = _any_of(f'"{code}"' for code in codes)
    # The first word of a name is enough to look closer.
    named = "(?i)" + "|".join(sorted({re.escape(name.split()[0]) for name in terms.result_names}))
    systems = [written for written, meant in terms.systems.items() if meant == "http://loinc.org"]
    loinc = _any_of(["http://loinc.org", *systems])
    is_loinc, is_known = f"regexp_matches(code, {loinc})", f"regexp_matches(code, {known})"
    parts = f"regexp_matches(component, {known}) OR regexp_matches(component, {literal(named)})"
    return f"(code IS NULL OR NOT {is_loinc} OR {is_known} OR coalesce({parts}, FALSE))"


def _any_of(texts: Iterable[str]) -> str:
    return literal("|".join(re.escape(text) for text in sorted(set(texts))))
