"""When a resource is about, in SQL: its day, a text that sorts by time, and the last day that may be meant.

The usual ways to write a time are read in SQL; each distinct other one once, by service.intake.fhir.codes.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from service.intake.fhir.codes import day_of, last_day_of, moment_of

DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
USUAL = f"^(19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}({CLOCK}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$"


def is_usual(time: str) -> str:
    """Return whether a time is written in a usual way and is a day of the calendar; NULL where there is none."""
    return f"(regexp_matches({time}, '{USUAL}') AND TRY_CAST(substr({time}, 1, 10) AS DATE) IS NOT NULL)"


def moment(time: str) -> str:
    """Return a usual time in UTC where it has a zone, else as it is, as text that sorts by time."""
    local = f"CAST(replace(substr({time}, 1, 19), 'T', ' ') AS TIMESTAMP)"
    minutes = f"(CAST(substr({time}, 21, 2) AS INT) * 60 + CAST(substr({time}, 24, 2) AS INT))"
    sign = f"CASE WHEN substr({time}, 20, 1) = '+' THEN -1 ELSE 1 END"
    shifted = f"shifted_text({local}, {sign} * {minutes})"
    plain = f"WHEN length({time}) <= 20 THEN substr({time}, 1, 19)"
    return f"CASE WHEN length({time}) <= 10 THEN {time} {plain} ELSE {shifted} END"


def odd_times(texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield what times mean that are written in odd ways."""
    for text in texts:
        yield {"time": text, "day": _iso(day_of(text)), "moment": moment_of(text), "last_day": _iso(last_day_of(text))}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
