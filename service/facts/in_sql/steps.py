"""Queries that rest on each other, by name: as one text, or in steps with tables between."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from service.facts.in_sql.formed import Formed

# Kept as tables: what several others read, and what is gathered of each patient. An engine plans these once. What is
# not kept takes no memory: it is made anew for each reader, who wants only a few of its columns.
KEPT = ("bearing", "judged", "kept", "valued", "second", "together", "gathered")


@dataclass(frozen=True)
class FactsQuery:
    """The queries by name, in the order in which they rest on each other; the last is `facts`; and each fact's form."""

    ctes: Mapping[str, str]
    formed: Mapping[str, Formed]

    def sql(self, select: str) -> str:
        """Return the whole as one query in DuckDB's dialect; what several others read is computed once."""
        kept = {name: "MATERIALIZED" if name in KEPT else "NOT MATERIALIZED" for name in self.ctes}
        named = ",\n".join(f"{name} AS {kept[name]} ({query})" for name, query in self.ctes.items())
        return f"WITH {named}\n{select}"

    def steps(self) -> dict[str, str]:
        """Return the queries to keep as tables of their names, in turn."""
        return {name: f"{self._needed_by([query])} {query}" for name, query in self.ctes.items() if name in KEPT}

    def after_steps(self, select: str) -> str:
        """Return a query that reads the tables of the steps, and what rests on them."""
        return f"{self._needed_by([select])}\n{select}"

    def _needed_by(self, queries: Collection[str]) -> str:
        """Return the WITH of what queries rest on that is no table; nothing where there is no such thing."""
        needed, todo = set[str](), list(queries)
        while todo:
            query = todo.pop()
            found = {name for name in self.ctes if name not in KEPT and name not in needed and _reads(query, name)}
            needed |= found
            todo += [self.ctes[name] for name in found]
        named = ",\n".join(f"{name} AS NOT MATERIALIZED ({self.ctes[name]})" for name in self.ctes if name in needed)
        return f"WITH {named}" if named else ""


def _reads(query: str, name: str) -> bool:
    return re.search(rf"\b(FROM|JOIN) {name}\b", query) is not None
