"""Regular expressions as DuckDB reads them (RE2), written for Java, as Spark reads them."""

import re

# A backslash with what it stands before, a class of characters, or the end of the text.
PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def java_regex(pattern: str) -> str:
    """Return a pattern that Java reads as RE2 reads this one.

    A dot is anything but a newline, the end is the end and not before a last newline, and letters of any alphabet have
    two cases.
    """
    turned = PIECE.sub(lambda found: r"\z" if found[0] == "$" else found[0], pattern)
    return "(?d)" + turned.replace("(?i)", "(?iu)")
