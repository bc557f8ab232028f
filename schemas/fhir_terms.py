"""What the FHIR readers need to know of codes: which result a LOINC code is, which route a SNOMED code is.

The words and codes themselves are data (rules/fhir.yaml and rules/vocabulary/); this is the shape they arrive in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.profile import Coding

Understands = Callable[[str, Sequence[Coding], str | None], frozenset[str]]


@dataclass(frozen=True, slots=True)
class ResultCode:
    """What one code of a result means.

    `path` is the member of a profile that it fills ("kidney.egfr"); `method` the equation, as people read it; of two
    results of one moment the one with the lower `rank` counts; `note` is told wherever the result is used.
    """

    test: str
    path: str
    method: str | None = None
    rank: int = 0
    note: str | None = None


@dataclass(frozen=True)
class Terms:
    """Everything the readers look up. Keys of text are casefolded, with single spaces.

    `results`         LOINC code → what it is;  `result_names`: text → what it is, as a last resort
    `not_used`        LOINC code → a sentence why this result is read and not used (magnesium of red cells)
    `dialysis_codes`  LOINC codes of results that exist only with dialysis (potassium before and after it)
    `routes`          (system, code) → oral, iv, topical, dietary;  `route_words`: text → the same
    `readings`        code of v3-ObservationInterpretation → low, normal, high
    `systems`         another spelling of a code system (urn:oid:…) → the URL that the vocabulary knows
    `procedure_codes` SNOMED CT codes of the procedures that bear on a fact, for prefetch templates
    `procedure_days`  how old a procedure may be before it counts as past
    `understands`     (world, codings, text) → classes of the concepts meant; empty where nothing is understood
    `nutrients_of`    (codings, text) → the nutrients that a medicine or product holds; empty for an ordinary medicine
    `lasting`         classes of procedures that never count as past (a transplanted kidney stays one)
    `sex_extensions`  addresses of the extensions that say the sex apart from the gender; the first that does counts
    `sex_codes`       code in such an extension → female, male
    `pregnancy_code`  LOINC code of the Observation that says whether somebody is pregnant
    `pregnancy`       (system, code) of its value → whether pregnant;  `pregnancy_days`: how old it may be
    """

    results: Mapping[str, ResultCode]
    result_names: Mapping[str, ResultCode]
    not_used: Mapping[str, str]
    dialysis_codes: frozenset[str]
    routes: Mapping[tuple[str, str], str]
    route_words: Mapping[str, str]
    readings: Mapping[str, str]
    systems: Mapping[str, str]
    procedure_codes: tuple[str, ...]
    procedure_days: int
    understands: Understands
    nutrients_of: Callable[[Sequence[Coding], str | None], frozenset[str]] = field(default=lambda *_: frozenset())
    lasting: frozenset[str] = frozenset()
    sex_extensions: tuple[str, ...] = ()
    sex_codes: Mapping[str, str] = field(default_factory=dict)
    pregnancy_code: str | None = None
    pregnancy: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    pregnancy_days: int = 0
