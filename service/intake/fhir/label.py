"""By what people recognise the patient of a record.

Source: FHIR R4 (4.0.1), Patient.name and HumanName (text, given, family, use).
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from service.intake.fhir.chart import PATIENT, unpack
from service.intake.fhir.codes import objects, word_of

LONGEST = 200
JOINING = "\u200c\u200d"
# A name that is no longer right, or was never the patient's own, is the last to be shown.
LAST = ("old", "maiden", "anonymous", "temp")
FIRST = ("official", "usual")


def label_of(data: Any) -> str | None:
    """Return the name of the only Patient in a Bundle, on one line and cut where it is long, or None."""
    patients = [found.resource for found in unpack(data).kept.values() if found.type == PATIENT]
    if len(patients) != 1:
        return None
    names = [(_rank(name), _written(name)) for name in objects(patients[0].get("name"))]
    shown = [written for _, written in sorted(names, key=lambda name: name[0]) if written]
    return shown[0] if shown else None


def _rank(name: Mapping[str, Any]) -> int:
    use = word_of(name.get("use"))
    return FIRST.index(use) if use in FIRST else len(FIRST) + (use in LAST)


def _written(name: Mapping[str, Any]) -> str:
    given = name.get("given")
    parts = [*(given if isinstance(given, list) else ()), name.get("family")]
    text = name.get("text") or " ".join(part for part in parts if isinstance(part, str))
    return _on_one_line(text)[:LONGEST] if isinstance(text, str) else ""


def _on_one_line(text: str) -> str:
    """Drop what nobody sees and what turns the direction of writing; what joins letters is part of many scripts."""
    kept = (each for each in text if each in JOINING or unicodedata.category(each) not in {"Cf", "Cs"})
    return " ".join("".join(" " if unicodedata.category(each) == "Cc" else each for each in kept).split())
