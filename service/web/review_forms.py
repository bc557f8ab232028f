"""What the forms of the screen send, and what is wrong with it, with the field that it is about."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import BadRequest

from schemas.problem import Problem, Refused
from schemas.review import OVERRIDE, Decision, Standing
from service.intake.strict_json import MOST_FHIR_BYTES
from service.presenters.page_words import slug

PROFILE, FHIR = "profile", "fhir"
# A profile has no such member; a resource and a Bundle cannot do without it.
MARK_OF_FHIR = b'"resourceType"'
MOST_RULES, LONGEST_RULE, LONGEST_DIGITS = 1000, 200, 9
# Which part of a decision form a problem is about; any other is about the choice itself.
FIELDS = {"reason": "reason", "comment": "comment"}
NOT_CHOSEN = "Choose one: agree, reviewed with no action needed, or override."
MOST_MISTAKES = 50


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend: what, and the id of the field it is about."""

    message: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A decision as it was typed; `form` is the id of the item whose form it was."""

    form: str
    rules: tuple[str, ...]
    choice: str
    reason: str
    comment: str
    revision: int

    @property
    def decision(self) -> Decision:
        """The decision; a reason goes with an override only, as the form says."""
        reason = self.reason if self.choice == OVERRIDE else ""
        return Decision(self.rules, self.choice, reason or None, self.comment.strip() or None)

    def stands(self, standing: Mapping[str, Standing], by: str) -> bool:
        """Say whether this very decision already stands, by the same person: the form was sent twice."""
        wanted = self.decision
        found = [standing.get(rule) for rule in self.rules]
        return bool(found) and all(
            each is not None
            and each.by == by
            and (each.choice, each.reason, each.comment) == (wanted.choice, wanted.reason, wanted.comment)
            for each in found
        )


def typed_decision() -> Typed:
    """Return the decision that was sent."""
    rules = request.form.getlist("rule")[:MOST_RULES]
    return Typed(
        form=slug(request.form.get("form", ""))[:LONGEST_RULE], rules=tuple(rule[:LONGEST_RULE] for rule in rules),
        choice=request.form.get("choice", ""), reason=request.form.get("reason", ""),
        comment=request.form.get("comment", "").replace("\r\n", "\n"), revision=sent_revision(),
    )  # fmt: skip


def sent_revision() -> int:
    """Return which revision of the advisory the form was made for."""
    written = request.form.get("revision", "")
    if not (written.isascii() and written.isdigit() and len(written) <= LONGEST_DIGITS):
        raise BadRequest
    return int(written)


def mistakes_of(refused: Refused, typed: Typed) -> list[Mistake]:
    """Return what is wrong with a decision, each once, with the field of its form."""
    return list(dict.fromkeys(_mistake(problem, typed) for problem in refused.problems))


def _mistake(problem: Problem, typed: Typed) -> Mistake:
    part = problem.at.strip("/").partition("/")[0]
    if part == "decision":
        return Mistake(NOT_CHOSEN, f"choice-{typed.form}")
    message = f"{problem.message} Choose one from the list." if part == "reason" else problem.message
    return Mistake(message, f"{FIELDS.get(part, 'choice')}-{typed.form}")


def errors_by_field(mistakes: Iterable[Mistake]) -> dict[str, str]:
    """Return the first mistake of each field of a decision form."""
    found: dict[str, str] = {}
    for mistake in mistakes:
        found.setdefault(mistake.anchor.partition("-")[0], mistake.message)
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was pasted or uploaded. `key` keeps a form that is sent twice from keeping it twice."""

    body: bytes
    kind: str
    key: str
    is_file: bool

    @property
    def text(self) -> str:
        """The text as it may be shown in the field again."""
        return self.body.decode("utf-8", "replace")


def sent_record() -> Record:
    """Return the record that was sent: the file if there is one, else the text."""
    file = request.files.get("file")
    body = file.stream.read(MOST_FHIR_BYTES + 1) if file and file.filename else b""
    is_file = bool(body)
    if not is_file:
        body = request.form.get("record", "").encode()
    kind = FHIR if MARK_OF_FHIR in body else PROFILE
    digest = hashlib.sha256(request.form.get("key", "").encode() + b"\0" + body).hexdigest()
    return Record(body, kind, f"screen:{digest}", is_file)


def problems_of(refused: Refused) -> Iterator[Problem]:
    """Yield what is wrong with a record; of very many the first ones, and how many more there are."""
    yield from refused.problems[:MOST_MISTAKES]
    rest = len(refused.problems) - MOST_MISTAKES
    if rest > 0:
        yield Problem("", f"There are {rest} more.", "Mend these first.")
