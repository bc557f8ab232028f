"""magflag rules …: the author's tools."""

import json
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from service.cli.packs import pack_or_stop, rules_folder
from service.cli.told import BAD_RULES, stop, tell
from service.knowledge.files import Folder
from service.knowledge.lock import changed_without_version, write_lock
from service.workbench.cases import Result, assessors, load_cases, run
from service.workbench.check import check as check_rules
from service.workbench.docs import pages
from service.workbench.explain import explained
from service.workbench.new import AlreadyThere, new_rule
from service.workbench.valuesets import valuesets as build_valuesets


@click.group()
def rules() -> None:
    """The author's tools: check, test, explain, new, lock."""


@rules.command()
def check() -> None:
    """Every mistake in rules, cases, claims and vocabulary, with file, line and column."""
    found = check_rules(rules_folder())
    tell(found.problems)
    verdict = f"{len(found.problems)} problems" if found.problems else "no problems"
    click.echo(f"{found.files} files, {found.rules} rules, {found.cases} cases checked: {verdict}.")
    sys.exit(BAD_RULES if found.problems else 0)


@rules.command()
@click.option("-k", "part", default="", help="Only cases of rules whose id holds this.")
@click.option("-v", "--verbose", is_flag=True, help="Name every case, also those that pass.")
def test(part: str, verbose: bool) -> None:
    """Run every case on both engines."""
    pack = pack_or_stop(locked=False)
    folder = Folder(pack.folder)
    cases = [case for case in load_cases(folder) if part in case.rule]
    if not cases:
        stop(BAD_RULES, f"No case belongs to a rule whose id holds {part!r}.")
    engines = assessors(pack)
    shown = track(cases, "Running cases", console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    results = [result for case in shown for result in run(case, engines)]
    failed = [result for result in results if result.wrong]
    for result in results if verbose else failed:
        _tell_result(result)
    click.echo(f"{len(cases)} cases on {len(engines)} engines: {len(failed)} failed{_counts(results)}.")
    sys.exit(BAD_RULES if failed else 0)


def _tell_result(result: Result) -> None:
    mark = "FAIL" if result.wrong else "ok"
    click.echo(f"{mark} {result.case.rule}: {result.case.name} [{result.engine}]")
    for sentence in result.wrong:
        click.echo(f"     {sentence}")
    if result.wrong:
        click.echo(f"     {result.case.at}")


def _counts(results: list[Result]) -> str:
    counts = Counter(result.outcome for result in results if result.engine == "reference")
    return " (" + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) + ")"


@rules.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Say what a rule means: its condition in words, the definitions spelled out, its claims."""
    pack = pack_or_stop(locked=False)
    text = explained(pack, rule)
    if text is None:
        near = [known.id for known in pack.rules if rule.rpartition("/")[2] in known.id][:5]
        stop(BAD_RULES, f"There is no rule {rule!r}." + (f" Did you mean {' or '.join(near)}?" if near else ""))
    click.echo(text)


@rules.command()
@click.argument("rule")
def new(rule: str) -> None:
    """Write the two files of a new rule, FOLDER/NAME, ready to be filled in."""
    try:
        files = new_rule(rules_folder(), rule)
    except (AlreadyThere, ValueError) as error:
        stop(BAD_RULES, f"Nothing was written: {error}")
    for file in files:
        click.echo(f"Wrote {file}")
    click.echo("Fill both in, then: magflag rules lock; magflag rules check; magflag rules test -k " + rule)


@rules.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--malformed", type=click.Path(exists=True, path_type=Path), help="Malformed files with expected messages."
)
def docs(out: Path, malformed: Path | None) -> None:
    """Write the pages made from the rules into the folder OUT."""
    out.mkdir(parents=True, exist_ok=True)
    written = pages(pack_or_stop(locked=False), malformed)
    for name, text in written.items():
        (out / name).write_text(text, encoding="utf-8")
    click.echo(f"Wrote {len(written)} pages into {out}.")


@rules.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
def valuesets(out: Path) -> None:
    """Write the vocabulary as FHIR R4 ValueSets, one file each."""
    out.mkdir(parents=True, exist_ok=True)
    written = build_valuesets(pack_or_stop(locked=False))
    for name, resource in written.items():
        (out / f"{name}.json").write_text(json.dumps(resource, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(f"Wrote {len(written)} ValueSets into {out}.")


@rules.command()
def lock() -> None:
    """Write rules/lock.yaml: id, version and hash of every rule. A changed meaning needs a raised version first."""
    pack = pack_or_stop(locked=False)
    refused = changed_without_version(pack.folder, pack.rules)
    tell(refused)
    if refused:
        stop(BAD_RULES, "The lock was not written.")
    write_lock(pack.folder / "lock.yaml", pack.rules)
    click.echo(f"Locked {len(pack.rules)} rules.")
