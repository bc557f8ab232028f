"""One population with every awkward thing in it, made once and screened once on DuckDB."""

import gzip
import json
import os
from pathlib import Path

import pytest

from service.population.generate.run import generate
from service.population.generate.wishes import Wish
from tests.population.running import AS_OF, run

# More of them take longer and show more; see CONTRIBUTING.md.
PATIENTS = int(os.environ.get("MAGFLAG_TEST_PATIENTS", "2000"))


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("population") / "export"
    generate(Wish(PATIENTS, 11, AS_OF, files=2, gzip=True, awkward=3.0), folder, lambda _: None)
    # Longer than any line that is read, by either engine.
    endless = json.dumps({"resourceType": "Basic", "id": "endless", "text": "y" * 17_000_000})
    (folder / "Basic.ndjson.gz").write_bytes(gzip.compress(f"{endless}\n{endless[:43]}\n".encode(), 1))
    return folder


@pytest.fixture(scope="session")
def out(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screened") / "out"
    run(export, folder)
    return folder
