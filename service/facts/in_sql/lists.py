"""Facts from the lists of a profile, in SQL: the counterpart of service.facts.from_lists, kind by kind.

A row has, of each list, `given_…`, the texts of what is open about it (`open_…`) and of why nothing can be said to be
absent from it (`gaps_…`); in words of bits which facts the entries answer with yes (`hit…`), may answer (`gap…`) or are
too broad for (`unclear…`); and under `told`, by the number of the fact, the texts of the entries that do.
"""

from service.facts.in_sql.columns import HIGH, KNOWN, LOW, column_of
from service.facts.in_sql.formed import AT, Declared, Formed
from service.facts.in_sql.matches import GAP, HIT, UNCLEAR, lists_of
from service.facts.in_sql.words import cases, literal, prefix_of, told_gap, told_seen
from service.facts.model import NOT_SUPPLIED, Gap

SAID = {"patient.pregnant": "pregnant", "patient.breastfeeding": "breastfeeding", "kidney.dialysis": "dialysis",
        "kidney.acute_kidney_injury": "acute_kidney_injury"}  # fmt: skip


def entry(declared: Declared) -> Formed:
    """Form a fact that asks whether something is listed."""
    fact, lists = declared.fact, lists_of(declared.fact)
    reasons = [(declared.has(GAP), f"all_of({declared.told}.gap0, {declared.told}.gap1, NULL, NULL)")]
    reasons.append((f"gaps_{lists[0]} IS NOT NULL", f"gaps_{lists[0]}"))
    if declared.open_elsewhere:
        reasons += [(f"{each} IS NOT NULL", each) for each in (f"open_{'_'.join(declared.open_elsewhere)}",)]
    if fact.given.get("also_decides"):
        reasons.append((f"gaps_{lists[1]} IS NOT NULL", f"gaps_{lists[1]}"))
    if fact.given.get("unclear_if"):
        reasons.append((declared.has(UNCLEAR), f"{declared.told}.unclear"))
    state = cases([(declared.has(HIT), "TRUE"), *((when, "NULL") for when, _ in reasons)], "FALSE")
    gaps = cases((when, f"named({texts}, {declared.prefix})") for when, texts in reasons)
    return _formed(declared, state, gaps, AT[lists[0]])


def any_entry(declared: Declared) -> Formed:
    """Form a fact that asks whether anything is listed at all, or anything outside some concepts."""
    listed = lists_of(declared.fact)[0]
    left_open = f"coalesce(open_{listed}, open_procedures_dialysis)" if listed == "conditions" else f"open_{listed}"
    state = cases([(declared.has(HIT), "TRUE"), (f"{left_open} IS NOT NULL", "NULL")], "FALSE")
    return _formed(declared, state, f"prefixed({left_open}, {declared.prefix})", AT[listed])


def product(declared: Declared) -> Formed:
    """Form a fact that asks for a nutrient product."""
    is_open = f"{declared.has(GAP)} OR open_supplements IS NOT NULL OR open_medications IS NOT NULL"
    state = cases([(declared.has(HIT), "TRUE"), (is_open, "NULL")], "FALSE")
    return _formed(declared, state, f"named({_product_gaps(declared)}, {declared.prefix})", "/supplements")


def _product_gaps(declared: Declared) -> str:
    return f"all_of(open_supplements, {declared.told}.gap0, open_medications, {declared.told}.gap1)"


def count_products(declared: Declared) -> Formed:
    """Form a fact that counts nutrient products: those that are, and at most those that may be, too."""
    told = declared.told
    unbounded = "open_supplements IS NOT NULL OR open_medications IS NOT NULL"
    maybe = f"coalesce(len({told}.gap0), 0) + coalesce(len({told}.gap1), 0)"
    low = f"coalesce({told}.hits, 0)"
    columns = _number(declared.fact.id, low, cases([(unbounded, "NULL")], f"{low} + {maybe}"))
    return Formed(columns, f"{told}.seen", f"named({_product_gaps(declared)}, {declared.prefix})")


def count_concepts(declared: Declared) -> Formed:
    """Form a fact that counts different concepts; each is seen at the last entry that has it."""
    listed = lists_of(declared.fact)[0]
    low = f"coalesce({declared.told}.hits, 0)"
    high = cases([(f"open_{listed} IS NOT NULL", "NULL")], f"{low} + coalesce(len(unknown_{listed}), 0)")
    columns = _number(declared.fact.id, low, high)
    return Formed(columns, f"{declared.told}.seen", f"named(gaps_{listed}, {declared.prefix})")


def stated(declared: Declared) -> Formed:
    """Form a fact that is stated, or that a listed concept says."""
    fact, of = declared.fact, declared.fact.given["of"]
    said, at = SAID.get(of, f"has_{of.replace('.', '__')}"), "/" + of.replace(".", "/")
    never = fact.given.get("never_if_sex")
    no = [(f"sex = {literal(never)}", "FALSE")] if never else []
    state = cases([(f"{said} OR {declared.has(HIT)}", "TRUE"), (f"NOT {said}", "FALSE"), *no])
    yes_seen = f"concat_ws(',', CASE WHEN {said} THEN {told_seen(fact.id, True, at)} END, {declared.told}.seen)"
    no_seen = cases([(f"NOT {said}", told_seen(fact.id, False, at))], told_seen(fact.id, never, "/patient/sex"))
    column = column_of(fact.id)
    gap = Gap(NOT_SUPPLIED, at, "Not said; true or false would answer it.")
    return Formed({column: state}, cases([(column, yes_seen), (f"NOT {column}", no_seen)]), told_gap(fact.id, gap))


def _formed(declared: Declared, state: str, gaps: str, at: str) -> Formed:
    fact, column = declared.fact.id, column_of(declared.fact.id)
    seen = cases([(column, f"{declared.told}.seen"), (f"NOT {column}", told_seen(fact, False, at))])
    return Formed({column: state}, seen, gaps)


def _number(fact: str, low: str, high: str) -> dict[str, str]:
    return {column_of(fact, KNOWN): "TRUE", column_of(fact, LOW): low, column_of(fact, HIGH): high}


KINDS = {
    "entry": entry, "any_entry": any_entry, "other_entry": any_entry, "product": product,
    "count_products": count_products, "count_concepts": count_concepts, "stated": stated,
}  # fmt: skip
