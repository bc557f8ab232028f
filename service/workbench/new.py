"""Writes the two files of a new rule, so that its author starts from something that loads."""

from pathlib import Path

RULE = """id: {id}
version: 1
status: draft
category: caution            # caution interaction evidence form diet sign process administration data_quality
severity: info               # critical warning info
title: TODO say in a few words what the clinician should look at
summary: TODO one sentence of at most 139 characters, without an amount, a schedule or an order.
detail: TODO say why, in two or three sentences of your own.
for_review:
  - TODO what the clinician is asked to check.
when:
  all:
    - magnesium.listed       # rules/facts.yaml and rules/definitions.yaml list what may stand here
    - condition.migraine
claims: [C-PRO-02]           # rules/sources/claims.yaml
does_not_cover:
  - TODO what this rule does not look at.
"""
CASES = """rule: {id}
as_of: 2026-11-21
profile:
  conditions: [migraine]
  medications: []
  supplements: [{{nutrient: magnesium, form: citrate, route: oral, status: current}}]
cases:
  - name: migraine with a magnesium product in use
    expect: raised
  - name: no such condition
    with: {{conditions: []}}
    expect: clear
  - name: conditions were not asked
    with: {{conditions: null}}
    expect: cannot_say
    missing: [condition.migraine]
"""


class AlreadyThere(Exception):
    """A file of that name exists; nothing was written."""


def new_rule(folder: Path, known: str) -> list[Path]:
    """Write `known`.rule.yaml and its cases into the folder; return their paths. Raise AlreadyThere, or ValueError."""
    area, _, name = known.partition("/")
    if not all(part and part.replace("-", "").isalnum() and part.islower() for part in (area, name)):
        raise ValueError("Write folder/name in small letters, digits and hyphens, for example kidney/new-caution.")
    files = {folder / area / f"{name}.rule.yaml": RULE, folder / area / f"{name}.cases.yaml": CASES}
    for file in files:
        if file.exists():
            raise AlreadyThere(f"{file} is there already.")
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.format(id=known), encoding="utf-8")
    return list(files)
