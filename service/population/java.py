"""Starts Spark: finds Java, and says in one sentence what is missing."""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
# The number under which a process writes its errors.
ERRORS = 2
USUAL_PLACES = "/usr/lib/jvm"
# What is made of rules is longer than what Java compiles unasked, and much slower where it is not compiled.
JAVA = "-XX:-DontCompileHugeMethods -XX:+UseParallelGC"
SETTINGS = {
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # A line of which one member cannot be read is not read at all.
    "spark.sql.json.enablePartialResults": "false",
    # Members are parsed together; each by itself would take as long as all.
    "spark.sql.optimizer.enableJsonExpressionOptimization": "false",
    # A condition stands where it was written: further down, a line would be parsed once for each.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates",
    "spark.sql.autoBroadcastJoinThreshold": "64MB",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.memory": "3g",
}


class NoSpark(Exception):
    """Spark cannot be started; the text says in one sentence what to install."""


def start(master: str, settings: Mapping[str, str], log: Path) -> "SparkSession":
    """Return a session, which writes what it has to tell to `log`; raise NoSpark where Java or pyspark is missing."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - magflag works without it
    except ImportError:
        raise NoSpark("Spark is not installed: pip install 'magflag[spark]'.") from None
    os.environ["JAVA_HOME"] = str(java_home())
    builder = SparkSession.builder.master(master).appName("magflag")
    for name, value in {**SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    # What Spark tells of an error comes to us as an exception.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    with _errors_to(log):
        return builder.getOrCreate()


@contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Let a process that is started meanwhile write its errors to a file: Java warns before it can be told not to."""
    kept = os.dup(ERRORS)
    try:
        with log.open("ab") as written:
            os.dup2(written.fileno(), ERRORS)
        yield
    finally:
        os.dup2(kept, ERRORS)
        os.close(kept)


def java_home() -> Path:
    """Return where a Java is that is new enough; raise NoSpark where there is none."""
    for home in _homes():
        if _version(home) >= OLDEST_JAVA:
            return home
    raise NoSpark(f"Spark needs Java {OLDEST_JAVA}: install it (Debian: openjdk-17-jre-headless) or set JAVA_HOME.")


def _homes() -> Iterator[Path]:
    if given := os.environ.get("JAVA_HOME"):
        yield Path(given)
    if found := shutil.which("java"):
        yield Path(found).resolve().parent.parent
    yield from sorted(Path(USUAL_PLACES).glob(f"java-{OLDEST_JAVA}*"))


def _version(home: Path) -> int:
    """Return the main version of a Java, from its own words; 0 where it has none."""
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0
