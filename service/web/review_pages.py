"""The pages of one advisory, put together: what was kept, what explains it, and what is being typed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Flask, current_app, render_template
from werkzeug.exceptions import NotFound

from schemas.override_reasons import DISPLAYS
from schemas.review import Conflict, Event, KeptAdvisory
from service.presenters.page_advisory import AdvisoryView, Around, advisory_view
from service.presenters.page_history import CHOICE_PAST, event_rows
from service.presenters.page_sources import Library
from service.presenters.page_words import CHOICE_WORDS, SEVERITY_WORDS
from service.presenters.passages import Passages
from service.presenters.reading import reading_of
from service.review.background import Background
from service.web.access import DECIDES
from service.web.kept import reviews
from service.web.people_session import person_of_request
from service.web.review_forms import Mistake, Typed, errors_by_field

LIBRARIES, MOST_LIBRARIES = "magflag.libraries", 4


def install_review(app: Flask) -> None:
    """Give the templates the words that every page of the screen uses."""
    app.jinja_env.globals.update(
        override_reasons=DISPLAYS, severity_words=SEVERITY_WORDS, choice_words=CHOICE_WORDS,
    )  # fmt: skip
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def found(advisory_id: str) -> KeptAdvisory:
    """Return an advisory of the tenant of whoever is at the screen."""
    kept = reviews().one(person_of_request().tenant, advisory_id)
    if kept is None:
        raise NotFound
    return kept


def view_of(kept: KeptAdvisory) -> AdvisoryView:
    """Return everything on the page of an advisory."""
    tenant, known = person_of_request().tenant, kept.summary.id
    background = reviews().background(tenant, known)
    events, previous = reviews().history(tenant, known), reviews().previous(tenant, known)
    if background is None:
        return advisory_view(kept, Around(None, Library(Passages()), events, previous))
    reading = reading_of(background.profile, background.facts, background.advisory, background.is_same)
    return advisory_view(kept, Around(reading, _library(background), events, previous))


def next_to_decide(kept: KeptAdvisory, rules: Iterable[str]) -> str:
    """Return the anchor of what to decide after these rules; only the answer is needed for that, not its background."""
    return advisory_view(kept, Around(None, Library(Passages()))).next_after(rules)


def _library(background: Background) -> Library:
    """Return the documents as they stand with a pack; what was found in them for one page is there for the next."""
    libraries: dict[str, Library] = current_app.extensions.setdefault(LIBRARIES, {})
    pack = background.advisory.pack
    if pack.sha256 not in libraries:
        if len(libraries) >= MOST_LIBRARIES:
            libraries.clear()
        libraries[pack.sha256] = Library(background.passages, pack.claims.values())
    return libraries[pack.sha256]


def advisory_page(view: AdvisoryView, typed: Typed | None = None, mistakes: Sequence[Mistake] = (), **more: Any) -> str:
    """Return the page of an advisory; with mistakes, the form that they are about as it was sent."""
    return render_template(
        "review/advisory.html", view=view, typed=typed, mistakes=mistakes, errors=errors_by_field(mistakes),
        may_decide=person_of_request().role in DECIDES, **more,
    )  # fmt: skip


def conflict_page(view: AdvisoryView, conflict: Conflict, typed: Typed | None) -> str:
    """Return what happened meanwhile, with what was typed."""
    return render_template(
        "review/conflict.html", view=view, reason=conflict.reason, typed=typed,
        happened=event_rows(conflict.events, view.titles),
        titles=[view.titles.get(rule, rule) for rule in typed.rules] if typed else [],
    )  # fmt: skip


def said_of(events: Sequence[Event], titles: Mapping[str, str]) -> str:
    """Return what was recorded last, as it is told after it."""
    changes = [event for event in events if event.kind in ("decided", "signed")]
    if not changes:
        return ""
    body = changes[-1].body
    if changes[-1].kind == "signed":
        return "Recorded: signed off."
    rules = list(body.get("rules", ()))
    about = titles.get(rules[0], rules[0]) if len(rules) == 1 else f"{len(rules)} flags"
    return f"Recorded: {CHOICE_PAST.get(str(body.get('choice')), 'decided')}. {about}."
