"""Spark: a screening on many machines, with the queries that DuckDB runs on one."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.facts.in_sql.tables import Columns
from service.population.dialects import members_in, to_spark
from service.population.engine import Row
from service.population.fhir.members import MEMBERS, TOLD_BY
from service.population.inputs import LONGEST_LINE
from service.population.java import start
from service.population.row_files import written

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

LOG = "spark.log"
# So many bytes of a kept table are read by one task: what is small in a file is wide in memory.
READ_AT_ONCE = 4 * 1024 * 1024
# Java's parser looks no further than it must: not at the letters of a member that is skipped, nor behind the end.
MAY_BE_JSON = f"""octet_length(value) <= {LONGEST_LINE} AND is_valid_utf8(value)
    AND NOT (startswith(text, '{{') AND endswith(text, ']'))
    AND (NOT contains(text, '\\\\u') OR NOT (contains(text, '\\\\ud') OR contains(text, '\\\\uD'))
      OR try_parse_json(text) IS NOT NULL)"""


TRIMMED = (
    "CASE WHEN startswith(value, '{') AND endswith(value, '}') THEN value ELSE trim(BOTH ' \\t\\r' FROM value) END"
)
# Almost every path stands as it is behind "file://", which is told much faster.
PATH = """CASE WHEN startswith(_metadata.file_path, 'file:///') AND NOT contains(_metadata.file_path, '%')
    THEN substr(_metadata.file_path, 8)
    ELSE regexp_replace(url_decode(replace(_metadata.file_path, '+', '%2B')), '^file:(//)?', '') END"""


class Spark:
    """One session; what is kept is kept as Parquet in `folder`, which every executor must see."""

    name = "spark"

    def __init__(self, folder: Path, master: str = "local[2]", settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.session = start(master, settings or {}, folder / LOG)

    def read_lines(self, files: Sequence[Path]) -> None:
        """See Engine."""
        lines = self.session.read.option("lineSep", "\n").text([str(file) for file in files])
        read = lines.selectExpr(f"{PATH} AS file", "value", f"{TRIMMED} AS text")
        read = read.where("text <> ''").selectExpr("file", f"CASE WHEN {MAY_BE_JSON} THEN text END AS line")
        for view, names, kept in (("line", TOLD_BY, ("file", "line")), ("raw", MEMBERS, ("file",))):
            texts = [f"nullif(to_json(parsed.`{name}`), 'null') AS `{name}`" for name in names]
            parsed = read.selectExpr(*kept, f"get({members_in('line', names)}, 0) AS parsed")
            parsed.selectExpr(*kept, *texts).createOrReplaceTempView(view)

    def keep(self, name: str, sql: str) -> None:
        """See Engine."""
        self._keep(name, self._query(sql))

    def keep_in_order(self, name: str, sql: str, by: str) -> None:
        """Keep the result of a query, and give it to every reader in the order of a column.

        Files have no order, so who reads them sorts; what Spark keeps in memory it finds again only in simple queries.
        """
        self.keep(name, sql)
        self.session.table(name).orderBy(by).createOrReplaceTempView(name)

    def keep_read(self, name: str, sql: str) -> None:
        """See Engine."""
        self.keep(name, sql)

    def twice(self, name: str, sql: str) -> None:
        """See Engine: to parse again costs more than to keep."""
        self.keep(name, sql)

    def load(self, name: str, columns: Columns, rows: Iterable[Mapping[str, Any]]) -> None:
        """See Engine."""
        file = written(self.folder / f"{name}.rows.ndjson", rows)
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

    def view(self, name: str, folder: Path) -> None:
        """Give the Parquet files of a folder a name."""
        self.session.read.parquet(str(folder)).createOrReplaceTempView(name)

    def write(self, sql: str, folder: Path) -> None:
        """Write the rows of a query as Parquet, in its order, within files and from file to file."""
        self._query(sql).write.mode("overwrite").option("compression", "zstd").parquet(str(folder))

    def close(self) -> None:
        """See Engine."""
        self.session.stop()

    def _query(self, sql: str) -> "DataFrame":
        return self.session.sql(to_spark(sql))

    def _keep(self, name: str, found: "DataFrame") -> None:
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        found.write.option("parquet.block.size", READ_AT_ONCE).parquet(str(place))
        self.session.read.schema(found.schema).parquet(str(place)).createOrReplaceTempView(name)
