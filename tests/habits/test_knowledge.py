"""Promises about the knowledge: whole, sourced, tried at every limit, and free of doses and of others' words."""

import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from schemas.source_files import RowsFile
from service.knowledge.dose_guard import doses_in
from service.knowledge.files import Folder
from service.knowledge.load import default_folder, load_pack
from service.knowledge.load_references import may_be_active
from service.knowledge.nodes import limits_in
from service.presenters.knowledge import rule_of
from service.presenters.passages import Passages
from service.workbench.check import check
from service.workbench.verify import verify

ROOT = Path(__file__).parents[2]
PACK = load_pack()
DOCUMENTS = Path(os.environ.get("MAGFLAG_DOCUMENTS") or ROOT.parent / "shared" / "documents")
needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason="the five documents are not at hand: set MAGFLAG_DOCUMENTS to their folder"
)
RUN = 9


def test_the_pack_holds_no_mistake() -> None:
    """Among others: each rule has cases for every outcome and around every limit, and each claim to encode is cited."""
    assert check(default_folder()).problems == ()


@pytest.mark.parametrize("encode", ["must-encode", "should-encode"])
def test_every_claim_to_encode_is_cited(encode: str) -> None:
    cited = {claim for rule in PACK.active_rules for claim in rule.claims}
    assert sorted(claim.id for claim in PACK.claims.values() if claim.encode == encode and claim.id not in cited) == []


def test_the_register_is_whole() -> None:
    counts = dict.fromkeys(("must-encode", "should-encode", "context-only", "never-emit"), 0)
    for claim in PACK.claims.values():
        if claim.of_documents:
            counts[claim.encode] += 1
    assert counts == {"must-encode": 88, "should-encode": 50, "context-only": 38, "never-emit": 5}


def test_what_is_not_encoded_says_why() -> None:
    silent = [claim.id for claim in PACK.claims.values() if not claim.encoded and not claim.not_encoded_because]
    assert silent == []


def test_context_only_claims_are_background_only() -> None:
    for rule in PACK.rules:
        assert all(PACK.claims[claim].encoded for claim in (*rule.claims, *rule.contrast)), rule.id
        assert all(PACK.claims[claim].encode == "context-only" for claim in rule.background), rule.id


def test_the_disclaimer_stands_in_the_notice() -> None:
    assert "C-PRO-11" in PACK.notice_claims


def test_no_evidence_above_tier_c() -> None:
    of_documents = [rule for rule in PACK.rules if rule.rests_on == "documents"]
    assert {rule.evidence.tier for rule in of_documents if rule.evidence} <= {"C", "D", "E", "S"}


def test_silence_is_stated() -> None:
    assert {"pregnancy", "breastfeeding", "children"} <= {rule.silent_on for rule in PACK.rules if rule.silent_on}


def test_what_rests_on_too_little_is_not_evaluated() -> None:
    """A rule of the reference pack is active only on something found in a label, guideline, article or compendium."""
    for rule in PACK.active_rules:
        claims = [PACK.claims[claim] for claim in rule.claims]
        assert rule.silent_on or may_be_active(claims, PACK.references), rule.id


def test_every_inactive_rule_says_why() -> None:
    assert [rule.id for rule in PACK.rules if not rule.active and not rule.inactive and rule.status != "retired"] == []


def test_the_two_packs_are_never_mixed_up() -> None:
    """Rules of the reference stand in folders of their own, and say what they rest on."""
    for rule in PACK.rules:
        own = "reference" if rule.id.startswith("reference-") else "documents"
        assert rule.rests_on in (own, "both"), rule.id


def test_every_documents_evidence_flag_is_checked() -> None:
    unchecked = [
        rule.id
        for rule in PACK.active_rules
        if rule.evidence and rule.rests_on == "documents" and rule.claims and not set(rule.claims) & set(PACK.checks)
    ]
    assert unchecked == []


def test_each_row_of_the_reference_is_a_rule_or_says_why_not() -> None:
    folder = Folder(PACK.folder)
    _, loaded = folder.load("sources/reference-rows.yaml", RowsFile())
    assert folder.problems == []
    known = {rule.id: rule for rule in PACK.rules}
    for row in loaded["rows"]:
        rules = row["rule"] or []
        assert all(rule in known for rule in rules), row
        assert row.get("why") or any(known[rule].active for rule in rules), row
    counts = Counter(row["row"].partition("-")[0] for row in loaded["rows"])
    assert counts == {"ix": 53, "cd": 24, "pn": 16, "ev": 35, "dc": 13}
    assert len({row["row"] for row in loaded["rows"]}) == len(loaded["rows"])


def test_nothing_is_called_reviewed_that_is_not() -> None:
    assert PACK.clinical_review == "none"
    assert {rule.status for rule in PACK.rules} == {"draft"}


def test_no_text_of_a_rule_holds_a_dose() -> None:
    for rule in PACK.rules:
        assert not list(doses_in([rule_of(rule), rule.detail, rule.for_review, rule.does_not_cover])), rule.id


def test_every_convention_needs_local_approval_and_has_a_source() -> None:
    assert {row.approval for row in PACK.policy.values()} == {"needs local approval"}
    assert all(row.source for row in PACK.policy.values())


def test_the_cut_off_is_a_convention_and_nowhere_else() -> None:
    """No rule writes the eGFR cut-off by itself: changing policy.yaml changes them all."""
    limits = {limit.limit for rule in PACK.rules for limit in limits_in(rule.condition) if limit.fact == "kidney.egfr"}
    ours = {PACK.policy[name].value for name in ("egfr_impaired_below", "egfr_severely_impaired_below")}
    assert limits == ours


@needs_documents
def test_every_passage_is_where_we_say() -> None:
    found = verify(PACK, DOCUMENTS)
    assert found.problems == ()
    assert found.passages > len(PACK.claims)


@needs_documents
def test_shown_passages_hold_no_dose() -> None:
    passages = Passages(DOCUMENTS)
    shown = [passages.shown(at) for claim in PACK.claims.values() for at in claim.locations]
    assert any(shown)
    assert not list(doses_in([text for text in shown if text]))
    assert not [text for text in shown if text and re.search(r"\d\s?%|\bweeks\b", text)]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", re.sub(r"section:.*", "", text).lower())
    return {tuple(words[index : index + RUN]) for index in range(len(words) - RUN + 1)}


@needs_documents
def test_no_sentence_of_the_documents_is_ours() -> None:
    theirs = set().union(*(_runs(file.read_text(encoding="utf-8")) for file in DOCUMENTS.glob("*.txt")))
    for folder in ("rules", "docs", "examples", "service", "schemas"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".yaml", ".md", ".json", ".py", ".html"):
                copied = _runs(file.read_text(encoding="utf-8")) & theirs
                assert not copied, f"{file}: {' '.join(sorted(copied)[0])}"


def test_a_changed_passage_is_noticed(tmp_path: Path) -> None:
    for name in PACK.documents:
        (tmp_path / name).write_text("something else", encoding="utf-8")
    found = verify(PACK, tmp_path)
    passages = sum(len(claim.locations) for claim in PACK.claims.values())
    assert len(found.problems) == len(PACK.documents) + passages


def test_missing_documents_are_told_once_each(tmp_path: Path) -> None:
    assert len(verify(PACK, tmp_path).problems) == len(PACK.documents)


def test_documents_are_named_by_hash() -> None:
    for document in PACK.documents.values():
        assert len(document["sha256"]) == len(hashlib.sha256().hexdigest())
