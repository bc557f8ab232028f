"""Starts Spark: finds Java, and says in one sentence what is missing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
USUAL_PLACES = "/usr/lib/jvm"
SETTINGS = {
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
    "spark.driver.memory": "2g",
}


class NoSpark(Exception):
    """Spark cannot be started; the text says in one sentence what to install."""


def start(master: str, settings: Mapping[str, str]) -> "SparkSession":
    """Return a session; raise NoSpark where Java or pyspark is missing."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - magflag works without it
    except ImportError:
        raise NoSpark("Spark is not installed: pip install 'magflag[spark]'.") from None
    os.environ["JAVA_HOME"] = str(java_home())
    builder = SparkSession.builder.master(master).appName("magflag")
    for name, value in {**SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def java_home() -> Path:
    """Return where a Java is that is new enough; raise NoSpark where there is none."""
    for home in _homes():
        if _version(home) >= OLDEST_JAVA:
            return home
    raise NoSpark(
        f"Spark needs Java {OLDEST_JAVA}: install it (on Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME."
    )


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
