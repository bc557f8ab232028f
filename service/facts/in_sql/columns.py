"""What the columns of a fact are called, in a table with one row per patient."""

from service.knowledge.model import FactDeclaration

KNOWN, LOW, HIGH = "known", "low", "high"
# What a fact shows, as JSON objects with commas between: what was seen behind it, why it is not known, and that it is
# not known, as something seen.
SEEN, GAPS, UNKNOWN = "seen", "gaps", "unknown"


def column_of(fact: str, part: str = "") -> str:
    """Return the name of a fact's column, or of one part of it."""
    name = fact.replace(".", "__")
    return f"{name}__{part}" if part else name


def columns_of(declaration: FactDeclaration) -> tuple[str, ...]:
    """Return the columns of a fact: its yes or no or word; of a number whether it is known, and its two ends."""
    if declaration.type == "number":
        return tuple(column_of(declaration.id, part) for part in (KNOWN, LOW, HIGH))
    return (column_of(declaration.id),)
