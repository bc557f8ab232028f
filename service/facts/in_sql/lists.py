"""Facts from the lists of a profile, in SQL: the counterpart of service.facts.from_lists, kind by kind.

A row has, of each list, `given_…`, the texts of what is open about it (`open_…`) and of why nothing can be said to be
absent from it (`gaps_…`); in words of bits which facts the entries answer with yes (`hit…`), may answer (`gap…`) or are
too broad for (`unclear…`); and in lists, in the order of the facts that have any, the texts of these entries (`told`,
`doubted`) and how many there are (`counts`).
"""

from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.facts.in_sql.formed import AT, Declared, Formed
from service.facts.in_sql.matches import GAP, HIT, UNCLEAR, lists_of
from service.facts.in_sql.words import MARK, cases, literal, told_gap, told_seen
from service.facts.model import NOT_SUPPLIED, Gap

SAID = {"patient.pregnant": "pregnant", "patient.breastfeeding": "breastfeeding", "kidney.dialysis": "dialysis",
        "kidney.acute_kidney_injury": "acute_kidney_injury"}  # fmt: skip


def entry(declared: Declared) -> Formed:
    """Form a fact that asks whether something is listed."""
    fact, lists = declared.fact, lists_of(declared.fact)
    reasons = [(declared.has(GAP), f"{declared.doubted}.gap"), _text(f"gaps_{lists[0]}", declared)]
    if declared.open_elsewhere:
        reasons.append(_text(f"open_{'_'.join(declared.open_elsewhere)}", declared))
    if fact.given.get("also_decides"):
        reasons.append(_text(f"gaps_{lists[1]}", declared))
    if fact.given.get("unclear_if"):
        reasons.append((declared.has(UNCLEAR), f"{declared.doubted}.unclear"))
    state = cases([(declared.has(HIT), "TRUE"), *((when, "NULL") for when, _ in reasons)], "FALSE")
    return _formed(declared, state, cases(reasons), AT[lists[0]])


def _text(name: str, declared: Declared) -> tuple[str, str]:
    """Return when something is open, and its text for this fact."""
    return f"{name} IS NOT NULL", f"replace({name}_text, {literal(MARK)}, {declared.prefix})"


def any_entry(declared: Declared) -> Formed:
    """Form a fact that asks whether anything is listed at all, or anything outside some concepts."""
    listed = lists_of(declared.fact)[0]
    left_open = f"coalesce(open_{listed}, open_procedures_dialysis)" if listed == "conditions" else f"open_{listed}"
    state = cases([(declared.has(HIT), "TRUE"), (f"{left_open} IS NOT NULL", "NULL")], "FALSE")
    texts = (
        f"coalesce(open_{listed}_text, open_procedures_dialysis_text)"
        if listed == "conditions"
        else f"open_{listed}_text"
    )
    return _formed(declared, state, f"replace({texts}, {literal(MARK)}, {declared.prefix})", AT[listed])


def product(declared: Declared) -> Formed:
    """Form a fact that asks for a nutrient product."""
    reasons, helpers = _product_gaps(declared)
    state = cases([(declared.has(HIT), "TRUE"), (f"{reasons} IS NOT NULL", "NULL")], "FALSE")
    return _formed(declared, state, f"named({reasons}, {declared.prefix})", "/supplements", helpers)


def _product_gaps(declared: Declared) -> tuple[str, dict[str, str]]:
    """Return the column of the reasons why there may be other products, and the column itself."""
    doubted, name = declared.doubted, f"reasons{declared.number}"
    # Both lists are looked through in turn: what is open about one, then its entries.
    own = f"all_of(open_supplements, {doubted}.gap0, open_medications, {doubted}.gap1)"
    return name, {name: cases([(f"NOT {declared.has(GAP)}", "open_products")], own)}


def count_products(declared: Declared) -> Formed:
    """Form a fact that counts nutrient products: those that are, and at most those that may be, too."""
    reasons, helpers = _product_gaps(declared)
    unbounded = "open_supplements IS NOT NULL OR open_medications IS NOT NULL"
    low = f"coalesce({declared.count}, 0)"
    high = cases([(unbounded, "NULL")], f"{low} + coalesce(len({reasons}), 0)")
    columns = _number(declared.fact.id, low, high)
    return Formed(columns, f"{declared.told}", f"named({reasons}, {declared.prefix})", helpers)


def count_concepts(declared: Declared) -> Formed:
    """Form a fact that counts different concepts; each is seen at the last entry that has it."""
    listed = lists_of(declared.fact)[0]
    low = f"coalesce({declared.count}, 0)"
    high = cases([(f"open_{listed} IS NOT NULL", "NULL")], f"{low} + coalesce(len(unknown_{listed}), 0)")
    columns = _number(declared.fact.id, low, high)
    return Formed(columns, f"{declared.told}", _text(f"gaps_{listed}", declared)[1])


def stated(declared: Declared) -> Formed:
    """Form a fact that is stated, or that a listed concept says."""
    fact, of = declared.fact, declared.fact.given["of"]
    said, at = SAID.get(of, f"has_{of.replace('.', '__')}"), "/" + of.replace(".", "/")
    never = fact.given.get("never_if_sex")
    no = [(f"sex = {literal(never)}", "FALSE")] if never else []
    state = cases([(f"{said} OR {declared.has(HIT)}", "TRUE"), (f"NOT {said}", "FALSE"), *no])
    yes_seen = f"concat_ws(',', CASE WHEN {said} THEN {told_seen(fact.id, True, at)} END, {declared.told})"
    no_seen = cases([(f"NOT {said}", told_seen(fact.id, False, at))], told_seen(fact.id, never, "/patient/sex"))
    column = column_of(fact.id)
    gap = Gap(NOT_SUPPLIED, at, "Not said; true or false would answer it.")
    return Formed({column: state}, cases([(column, yes_seen), (f"NOT {column}", no_seen)]), told_gap(fact.id, gap))


def _formed(declared: Declared, state: str, gaps: str, at: str, helpers: dict[str, str] | None = None) -> Formed:
    fact, column = declared.fact.id, column_of(declared.fact.id)
    seen = cases([(column, f"{declared.told}"), (f"NOT {column}", told_seen(fact, False, at))])
    return Formed({column: state}, seen, gaps, helpers or {})


def _number(fact: str, low: str, high: str) -> dict[str, str]:
    return {column_of(fact, KNOWN): "TRUE", column_of(fact, LOW): low, column_of(fact, HIGH): high}


KINDS = {
    "entry": entry, "any_entry": any_entry, "other_entry": any_entry, "product": product,
    "count_products": count_products, "count_concepts": count_concepts, "stated": stated,
}  # fmt: skip
