"""The pages around single advisories: the worklist, a new one, what changed between two, and help."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from json import dumps
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from schemas.problem import Problem, Refused
from schemas.review import Page
from service.presenters.page_flag import TIER_MEANINGS
from service.presenters.page_history import change_groups
from service.presenters.page_words import counted
from service.presenters.page_worklist import work_rows
from service.web.admission import admitted
from service.web.advisory_query import wanted_of
from service.web.context import context
from service.web.evaluate import EXAMPLE
from service.web.kept import reviews
from service.web.people_session import person_of_request
from service.web.review_forms import Mistake, problems_of, sent_record

blueprint = Blueprint("review_list", __name__, url_prefix="/review")
USUAL = {"status": "open"}
FILTERS = ("status", "severity", "outcome", "rule", "since", "until")
PAGE_SIZE = 50
KEYS = (
    ("j, k", "To the next, to the previous"),
    ("o", "Open or close its details; on the worklist, open the advisory"),
    ("a", "Agree with the flag that has the focus; what was recorded is said, and the focus moves on"),
    ("x", "Override: to its reason"),
    ("/", "Find a patient"),
    ("?", "These keys"),
)


@blueprint.get("")
def worklist() -> ResponseReturnValue:
    """List what waits for review."""
    return _worklist(dict(request.args), "")


@blueprint.post("/find")
def find() -> ResponseReturnValue:
    """List a patient's advisories. What is looked for travels in the body: an address is logged on its way."""
    return _worklist(request.form.to_dict(), request.form.get("text", "").strip())


def _worklist(given: dict[str, str], text: str) -> ResponseReturnValue:
    chosen = USUAL | {name: value for name in FILTERS if (value := given.get(name, "").strip())}
    asked = chosen | {name: value for name, value in (("text", text), ("cursor", given.get("cursor", ""))) if value}
    try:
        wanted, cursor, _ = wanted_of(asked)
        page = reviews().worklist(person_of_request().tenant, wanted, cursor, PAGE_SIZE)
    except Refused as refused:
        mistakes = [_mistake(problem) for problem in refused.problems]
        return _list_page(chosen, text, Page(()), mistakes), HTTPStatus.UNPROCESSABLE_ENTITY
    return _list_page(chosen, text, page)


def _mistake(problem: Problem) -> Mistake:
    """Return a mistake in a filter with the field it is about; its parameter has the same name."""
    field = next((name for name in FILTERS if f" {name} " in problem.message), "text")
    return Mistake(f"{problem.message.replace('query parameter', 'filter')} {problem.hint or ''}".strip(), field)


def _list_page(chosen: Mapping[str, str], text: str, page: Page, mistakes: Sequence[Mistake] = ()) -> str:
    told = counted(page.total, "advisory", "advisories") if page.total is not None else "Very many advisories"
    return render_template(
        "review/worklist.html", here="worklist", rows=work_rows(page.items, context().clock()), mistakes=mistakes,
        chosen=dict.fromkeys(FILTERS, "") | dict(chosen), text=text, told=told, next=page.next,
        next_address=f"/review?{urlencode({**chosen, 'cursor': page.next or ''})}",
        rules=[rule for rule in context().service.rules() if rule["active"]],
        is_filtered=bool(text) or dict(chosen) != USUAL,
    )  # fmt: skip


@blueprint.get("/new")
def new() -> str:
    """Show the page on which a record is pasted or uploaded."""
    text = dumps(EXAMPLE, indent=2) if request.args.get("example") == "1" else ""
    return _new_page(text)


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Evaluate and keep a record, and go to its flags; with mistakes, show them all and keep the text."""
    record, here = sent_record(), context()
    try:
        with admitted():
            kept = reviews().keep(
                record.body, kind=record.kind, actor=person_of_request(), now=here.clock(), key=record.key
            )
    except Refused as refused:
        return _new_page(record.text, list(problems_of(refused)), record.is_file), refused.status
    here.metrics.count_outcomes(kept.spoke)
    return make_response(redirect(f"/review/{kept.id}", HTTPStatus.SEE_OTHER))


def _new_page(text: str, mistakes: Sequence[Problem] = (), is_file: bool = False) -> str:
    return render_template(
        "review/new.html", here="new", text=text, mistakes=mistakes, is_file=is_file, key=secrets.token_hex(16)
    )


@blueprint.get("/<advisory_id>/diff/<other_id>")
def diff(advisory_id: str, other_id: str) -> str:
    """Show what became of an advisory in a newer one of the same patient, by cause."""
    with admitted():
        difference = reviews().diff(person_of_request().tenant, advisory_id, other_id)
    titles = {rule["id"]: rule["title"] for rule in context().service.rules()}
    older, newer = work_rows((difference.older, difference.newer), context().clock())
    groups = change_groups(difference, titles)
    return render_template("review/diff.html", difference=difference, older=older, newer=newer, groups=groups)


@blueprint.get("/help")
def screen_help() -> str:
    """Say what the words mean, and which keys there are."""
    is_reviewed = context().service.pack().get("clinical_review") != "none"
    return render_template("review/help.html", here="help", tiers=TIER_MEANINGS, keys=KEYS, is_reviewed=is_reviewed)
