"""Finds the lines that are JSON and yet may be read in two ways: a member twice, NaN, half a character.

They are few. So they are kept, and who asks for one later need not look at all lines again.
"""

from service.facts.in_sql.words import literal
from service.population.duck import Duck

# What a strict parser refuses and a quick one reads somehow, and numbers with more digits than a DOUBLE holds.
MANY_DIGITS, TRAILING_COMMA = "[:,\\[] ?-?[0-9][0-9.]{16,}", ",[ \t]*[}\\]]"
NO_NUMBER = "[:,\\[] *[-+]?([nN][aA][nN]|[iI][nN][fF]) *[,}\\]]"
SUSPECT = (
    "(line LIKE '%NaN%' OR line LIKE '%Infinity%' OR line LIKE '%\\u0000%' OR line LIKE '%\\ud%' OR line LIKE '%\\uD%' "
    f"OR regexp_matches(line, '{MANY_DIGITS}|{TRAILING_COMMA}|{NO_NUMBER}'))"
)
KEYS = "array_to_string(json_keys(line), ',')"


def find_shapes(duck: Duck) -> int:
    """Keep in the table `shape` how many lines there are of each; return the length of the longest, in bytes."""
    duck.keep_read("shape", f"""
        SELECT {KEYS} AS keys, count(*) AS lines, max(bit_length(line)) AS longest FROM line GROUP BY 1""")  # fmt: skip
    return duck.count("SELECT max(longest) FROM shape") // 8


def find_doubtful(duck: Duck) -> None:
    """Keep the doubtful lines in the table `doubtful`; `shape` is there."""
    shapes = [str(row[0]).split(",") for row in duck.rows("SELECT keys FROM shape WHERE keys IS NOT NULL")]
    twice = ", ".join(literal(",".join(keys)) for keys in shapes if len(set(keys)) < len(keys))
    is_twice = f"{KEYS} IN ({twice})" if twice else "FALSE"
    duck.keep_read("doubtful", f"""
        SELECT DISTINCT file, line, {is_twice} AS is_twice FROM line WHERE {is_twice} OR {SUSPECT}""")  # fmt: skip
