"""Reads FHIR Bulk Data into the tables `person`, `resource` and those of wordings; who is odd is read one by one.

Almost every chart is read in SQL. A chart is odd where it holds what SQL would have to guess at: two copies of a
resource, an id that FHIR does not allow, a reference to another server. Those are read by the readers of one patient.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.words import cases, literal
from service.intake.fhir.read import MOST_NOTES
from service.knowledge.model import Pack
from service.population.engine import Engine
from service.population.fhir import lines_sql
from service.population.fhir.members import READ, REFERRED, TOLD
from service.population.fhir.tables import ODD_TIME, WORDINGS
from service.population.fhir.times import is_usual, moment, odd_times
from service.population.fhir.wording_sql import (
    is_usual_birth,
    keeps_observation,
    last_time_of,
    on_day,
    plain_time,
    time_of,
    wording_of,
)
from service.population.fhir.wordings import wordings_of

PRODUCT = "json_extract_string(medicationReference, '$.reference')"
OF_PRODUCT = "(?:^|/)Medication/([^/?#]+)(?:/_history/[^/]+)?$"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there were of which types, read and not read, and which files hold lines that were not used."""

    resources: Mapping[str, int]
    not_read: Mapping[str, int]
    files: frozenset[str]


class Reading:
    """The steps of reading, in order; each leaves a table behind. The lines and the table `doubtful` are there."""

    def __init__(self, engine: Engine, pack: Pack, as_of: date) -> None:
        self.engine, self.pack, self.as_of = engine, pack, as_of

    def referred(self) -> None:
        """Keep those to whom others refer, patients and products; of patients only the ids."""
        kinds = ", ".join(literal(f'"{kind}"') for kind in ("Patient", *REFERRED))
        self.engine.keep_read("referred", f"""
            SELECT {lines_sql.KIND} AS kind, {lines_sql.known_id("id")} AS known, d.line IS NOT NULL AS is_doubtful,
              CASE WHEN resourceType <> '"Patient"' THEN l.line END AS line
            FROM line l LEFT JOIN (SELECT DISTINCT line FROM doubtful) d ON d.line = l.line
            WHERE resourceType IN ({kinds})""")  # fmt: skip

    def people(self) -> None:
        """Number the patients in the order of their ids."""
        self.engine.keep("named", """
            SELECT known AS patient, count(*) AS copies FROM referred WHERE kind = 'Patient' AND NOT is_doubtful
            GROUP BY 1""")  # fmt: skip
        self.engine.keep(
            "person", "SELECT CAST(row_number() OVER (ORDER BY patient) - 1 AS INT) AS pid, patient, copies FROM named "
            "WHERE patient IS NOT NULL ORDER BY patient",
        )  # fmt: skip

    def products(self) -> None:
        """Gather the products that medicines refer to."""
        code, ingredient = (f"CAST(json_extract(line, '$.{name}') AS STRING)" for name in ("code", "ingredient"))
        self.engine.keep("product", f"""
            SELECT known AS product_id, min(code) AS product_code, min(ingredient) AS product_ingredient,
              count(*) > 1 OR bool_or(ingredient LIKE '%"reference"%') AS is_odd_product
            FROM (
              SELECT known, {code} AS code, {ingredient} AS ingredient FROM referred
              WHERE kind = 'Medication' AND known IS NOT NULL AND NOT is_doubtful) AS products
            GROUP BY 1""")  # fmt: skip

    def _read_lines(self) -> str:
        """Return the query of every line with its patient, its product and the reason why it is not used."""
        target = f"regexp_extract({PRODUCT}, '{OF_PRODUCT}', 1)"
        return f"""
            SELECT l.*, p.pid, d.product_id, d.product_code, d.product_ingredient, d.is_odd_product,
              {lines_sql.reason("p.pid")} AS reason
            FROM ({lines_sql.whose("raw")}) AS l
            LEFT JOIN person p ON p.patient = l.patient_id
            LEFT JOIN product d ON d.product_id = {target} AND l.medicationReference IS NOT NULL"""

    def _worded(self) -> str:
        wordings = cases((f"kind = {literal(kind)}", wording_of(kind, self.as_of)) for kind in READ)
        observed = keeps_observation(self.pack.terms)
        return f"""
            SELECT *, CASE WHEN reason IS NULL AND kind IN ({lines_sql.in_words(READ)})
              AND NOT (kind = 'Observation' AND NOT {observed}) THEN {wordings} END AS wording
            FROM ({self._read_lines()}) AS lines"""

    def _scanned(self) -> str:
        """Return the query of what is needed of every line: its wording, whose it is, when it is about, what is odd."""
        last_time = cases((f"l.kind = {literal(kind)}", last_time_of(kind)) for kind in ("Observation", "Procedure"))
        version = lines_sql.known_id("CAST(json_extract(meta, '$.versionId') AS STRING)")
        number = f"CASE WHEN regexp_matches({version}, '^[0-9]{{1,15}}$') THEN {version} END"
        born = on_day(is_usual_birth("birthDate"), self.as_of)
        return f"""
            SELECT l.file, l.reason, l.wording, l.pid, l.kind, l.known, {version} AS version,
              {plain_time(time_of())} AS time, {plain_time(last_time)} AS last_time, {_is_odd()} AS is_odd,
              CAST({number} AS BIGINT) AS version_number,
              CASE WHEN target LIKE '%://%' THEN regexp_extract(target, '://(.*)/Patient/', 1) END AS server,
              CASE WHEN l.kind = 'Patient' AND {born} THEN substr(birthDate, 2, 10) END AS born
            FROM ({self._worded()}) AS l"""

    def wordings(self, dictionary: Dictionary) -> None:
        """Read each distinct wording, and count lines by type and by the reason why they are not used."""
        self.engine.twice("worded", self._scanned())
        self.engine.keep_read("tally", """
            SELECT kind, reason, wording, CASE WHEN reason IS NOT NULL THEN file END AS file, count(*) AS lines
            FROM worded GROUP BY 1, 2, 3, 4""")  # fmt: skip
        self.engine.keep("wording", """
            SELECT CAST(row_number() OVER (ORDER BY kind, wording) - 1 AS INT) AS number, kind, wording FROM tally
            WHERE wording IS NOT NULL""")  # fmt: skip
        found = wordings_of(self._distinct(), dictionary, self.as_of)
        tables = {"word": found.words, "word_entry": found.entries, "word_result": found.results,
                  "word_open": found.opens, "word_meant": found.meant}  # fmt: skip
        for name, rows in tables.items():
            self.engine.load(name, WORDINGS[name], rows)

    def _distinct(self) -> Iterator[tuple[int, str, str]]:
        yield from self.engine.rows("SELECT number, kind, wording FROM wording ORDER BY number")

    def resources(self) -> None:
        """Keep what is read of each resource, in the order of patients, types and ids, with who is odd."""
        self.engine.keep_read("scanned", """
            SELECT l.* EXCLUDE (file, reason, wording), w.number AS wording
            FROM worded l JOIN wording w ON w.kind = l.kind AND w.wording = l.wording""")  # fmt: skip
        self._odd_people()
        self._odd_times()
        self.engine.keep("resource", self._resources())

    def counts(self) -> "Counts":
        """Return how many lines of what there were, and which files hold some that were not used."""
        read, others = Counter[str](), Counter[str]()
        files: set[str] = set()
        for kind, reason, file, lines in self.engine.rows(
            "SELECT kind, reason, file, sum(lines) FROM tally GROUP BY kind, reason, file"
        ):
            if reason is not None:
                files.add(str(file))
            elif kind in (*READ, *TOLD, *REFERRED):
                read[str(kind)] += int(lines)
            else:
                others[str(kind)] += int(lines)
        return Counts(dict(sorted(read.items())), dict(sorted(others.items())), frozenset(files))

    def _odd_people(self) -> None:
        """Find whose charts are read one by one."""
        self.engine.keep_read("suspected", f"""
            SELECT DISTINCT p.pid FROM ({lines_sql.whose(lines_sql.members_of("doubtful"))}) AS l
            JOIN person p ON p.patient = l.patient_id""")  # fmt: skip
        # Of copies with different versions the newest counts; of others only the readers of one patient can say.
        self.engine.keep(
            "copied",
            """
            SELECT pid, kind, known, max(version_number) AS newest,
              count(*) = count(DISTINCT version_number) AS has_versions
            FROM scanned GROUP BY pid, kind, known HAVING count(*) > 1""",
        )
        self.engine.keep(
            "odd",
            f"""
            SELECT DISTINCT pid FROM (
              SELECT pid FROM copied WHERE kind = 'Patient' OR NOT has_versions
              UNION ALL SELECT pid FROM scanned WHERE is_odd
              UNION ALL SELECT pid FROM scanned WHERE server IS NOT NULL GROUP BY pid HAVING count(DISTINCT server) > 1
              UNION ALL SELECT s.pid FROM scanned s JOIN word w ON w.wording = s.wording WHERE w.unreadable
              UNION ALL SELECT pid FROM person WHERE copies > 1
              UNION ALL SELECT s.pid FROM scanned s JOIN word_open o ON o.wording = s.wording
                GROUP BY s.pid, o.member HAVING count(*) > {MOST_NOTES}
              UNION ALL SELECT pid FROM suspected) AS found""",
        )

    def _odd_times(self) -> None:
        times = "SELECT time FROM scanned UNION ALL SELECT last_time FROM scanned"
        odd = f"SELECT DISTINCT time FROM ({times}) AS t WHERE time IS NOT NULL AND NOT {is_usual('time')}"
        self.engine.load("odd_time", ODD_TIME, odd_times([row[0] for row in self.engine.rows(odd)]))

    def _resources(self) -> str:
        usual = f"CASE WHEN {is_usual('s.time')} THEN {moment('s.time')} ELSE coalesce(o.moment, '') END"
        last = f"CASE WHEN {is_usual('s.last_time')} THEN substr({moment('s.last_time')}, 1, 10) ELSE e.last_day END"
        return f"""
            SELECT pid, row_number() OVER (ORDER BY pid, kind, known) AS ord, kind, wording,
              kind || '/' || known || CASE WHEN version IS NULL THEN '' ELSE '/_history/' || version END AS name,
              '/' || kind || '/' || known AS place, moment,
              CASE WHEN {is_usual("time")} THEN substr(moment, 1, 10) ELSE odd_day END AS day, last_day, born
            FROM (
              SELECT s.*, {usual} AS moment, o.day AS odd_day, {last} AS last_day
              FROM scanned s LEFT JOIN odd x ON x.pid = s.pid
              LEFT JOIN copied c ON c.pid = s.pid AND c.kind = s.kind AND c.known = s.known
              LEFT JOIN odd_time o ON o.time = s.time LEFT JOIN odd_time e ON e.time = s.last_time
              WHERE x.pid IS NULL AND (c.pid IS NULL OR s.version_number = c.newest)) AS timed
            ORDER BY pid, kind, known"""


def _is_odd() -> str:
    """Return whether a resource needs the readers of one patient."""
    nested = " OR ".join(
        f"coalesce({name}, '') LIKE '%\"reference\"%'"
        for name in ("medication", "supplement", "enteralFormula", "consumedItem")
    )
    return f"""(l.known IS NULL OR l.focus IS NOT NULL OR coalesce(l.is_odd_product, FALSE) OR {nested})"""
