"""report.html: what a screening found, for people who would rather look than read. One file that asks for no other.

It holds numbers only: no patient, by no name or id. The same screening gives the same bytes.
"""

import os
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.knowledge.load import load_pack
from service.knowledge.model import Pack
from service.population.duck import telling
from service.population.report_counts import count
from service.population.report_page import Page, page_of
from service.population.report_summary import read_summary
from service.population.screened import MEMORY
from service.wiring.settings import Settings

HERE = Path(__file__).parent
REPORT, TEMPLATE, SHEET = "report.html", "report.html.jinja", "report.css"
# Nothing is fetched from anywhere, no script runs, and no style but the one in the page, known by its hash.
POLICY = "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'"


def write_report(folder: Path, pack: Pack | None = None, memory_limit: str = MEMORY) -> Path:
    """Write report.html into the folder of a screening and return its path; OSError or DuckFailed where it cannot.

    `pack`: the rules that were used, or else those of this installation. Limits and meanings are taken from them only
    if they are the very ones of the summary.
    """
    summary = read_summary(folder)
    with telling():
        counts = count(folder, summary.as_of, memory_limit)
    pack = pack or load_pack(Settings.from_environment().rules)
    used = pack if pack.sha256 == summary.pack["sha256"] else None
    return _written(folder / REPORT, render(page_of(summary, counts, used)))


def render(page: Page) -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    sheet = (HERE / SHEET).read_text(encoding="utf-8")
    style = b64encode(sha256(sheet.encode("utf-8")).digest()).decode("ascii")
    return environment.get_template(TEMPLATE).render(page=page, sheet=sheet, policy=POLICY.format(style=style))


def _written(path: Path, text: str) -> Path:
    """Write aside, then rename: nobody finds half a report."""
    aside = path.with_name(f".{path.name}.unfinished")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path
