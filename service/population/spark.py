"""Spark: a screening on many machines, or on one in more than one process' memory; the same queries as DuckDB's."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.facts.in_sql.tables import Columns
from service.population.dialects import to_spark
from service.population.engine import Row
from service.population.fhir.members import MEMBERS
from service.population.java import start

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# As for DuckDB: a longer line is not read as one.
LONGEST_LINE = 16 * 1024 * 1024


class Spark:
    """One session; what is kept is kept as Parquet in `folder`, which every executor must see."""

    name = "spark"

    def __init__(self, folder: Path, master: str = "local[2]", settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.session = start(master, settings or {})

    def read_lines(self, files: Iterable[Path]) -> None:
        """See Engine."""
        paths = [str(file) for file in files]
        members = ", ".join(f"`{name}` VARIANT" for name in MEMBERS)
        options = {"lineSep": "\n", "columnNameOfCorruptRecord": "broken", "allowNonNumericNumbers": "false"}
        read = self.session.read.schema(f"{members}, broken STRING").options(**options).json(paths)
        texts = [f"CASE WHEN broken IS NULL THEN nullif(to_json(`{name}`), 'null') END AS `{name}`" for name in MEMBERS]
        read.selectExpr("_metadata.file_path AS file", *texts).createOrReplaceTempView("raw")
        text = self.session.read.option("lineSep", "\n").text(paths)
        valid = (
            f"octet_length(value) <= {LONGEST_LINE} AND is_valid_utf8(value) "
            "AND json_array_length(concat('[', value, ']')) = 1"
        )
        text.where("trim(value) <> ''").selectExpr(
            "_metadata.file_path AS file", f"CASE WHEN {valid} THEN value END AS line"
        ).createOrReplaceTempView("line")

    def keep(self, name: str, sql: str) -> None:
        """See Engine."""
        self._keep(name, self._query(sql))

    def keep_read(self, name: str, sql: str) -> None:
        """See Engine."""
        self.keep(name, sql)

    def load(self, name: str, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> None:
        """See Engine."""
        file = self.folder / f"{name}.rows.ndjson"
        with file.open("w", encoding="utf-8") as written:
            for row in rows:
                written.write(json.dumps(row, ensure_ascii=False) + "\n")
        types = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
        self._keep(name, self.session.read.schema(types).json(str(file)))
        file.unlink()

    def rows(self, sql: str) -> Iterator[Row]:
        """See Engine."""
        for row in self._query(sql).toLocalIterator():
            yield tuple(row)

    def count(self, sql: str) -> int:
        """See Engine."""
        found = self._query(sql).first()
        return int(found[0]) if found and found[0] is not None else 0

    def close(self) -> None:
        """See Engine."""
        self.session.stop()

    def _query(self, sql: str) -> "DataFrame":
        return self.session.sql(to_spark(sql))

    def _keep(self, name: str, found: "DataFrame") -> None:
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        found.write.parquet(str(place))
        self.session.read.schema(found.schema).parquet(str(place)).createOrReplaceTempView(name)
