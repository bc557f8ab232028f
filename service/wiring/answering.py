"""One pack answering: a profile or a FHIR Bundle in, an advisory and its bytes out."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property

from schemas.profile import Profile
from service.assess import Advisory, Assessor
from service.intake.fhir.fetched import read_record
from service.intake.fhir.label import label_of
from service.intake.profile import receive
from service.intake.strict_json import parse_fhir
from service.knowledge.model import Pack
from service.presenters.passages import Passages
from service.presenters.plain import Writer

PROFILE, FHIR = "profile", "fhir"
# What stands in an answer that holds the documents' own words. In a text of a patient, each quote has a backslash.
HOLDS_PASSAGES = b'"passage":"'


@dataclass(frozen=True, slots=True)
class Understood:
    """An input as it was understood, its SHA-256 as an advisory names it, and by what people know the patient."""

    profile: Profile
    sha256: str
    label: str | None = None


class Answering:
    """Everything that answers with one pack."""

    def __init__(self, pack: Pack, passages: Passages) -> None:
        self.pack = pack
        self.assessor = Assessor(pack)
        self.writer = Writer(pack, passages)

    @cached_property
    def _plain_writer(self) -> Writer:
        return Writer(self.pack)

    def understand(self, body: bytes, kind: str, today: date) -> Understood:
        """Return what a body of a kind says; raise Refused for bad input. `today` stands in for an absent `as_of`."""
        if kind == PROFILE:
            found = receive(body, today)
            return Understood(found.profile, found.sha256)
        data = parse_fhir(body)
        profile = read_record(data, self.pack.terms, today).profile
        return Understood(profile, hashlib.sha256(body).hexdigest(), label_of(data))

    def assess(self, understood: Understood, today: date, explain: bool = False) -> Advisory:
        """Return the advisory on the day that the input names, or else on `today`."""
        profile = understood.profile
        return self.assessor.assess(profile, profile.as_of or today, understood.sha256, explain)

    def assess_on(self, body: bytes, kind: str, day: date) -> Advisory:
        """Return the advisory on a day, whatever day the input names; raise Refused where it makes no sense then."""
        understood = self.understand(body, kind, day)
        return self.assess(replace(understood, profile=replace(understood.profile, as_of=day)), day)

    def again(self, body: bytes, kind: str, as_of: date, kept: bytes, head: tuple[str, str]) -> bytes:
        """Return an advisory once more, as JSON text, with the id and the moment (`head`) of the one that was kept.

        The documents' own words are in it if they are in the one kept: whether they are at hand is not the rules' say.
        """
        writer = self.writer if HOLDS_PASSAGES in kept else self._plain_writer
        return writer.advisory(self.assess(self.understand(body, kind, as_of), as_of), *head)


def as_written(moment: datetime) -> str:
    """Return a moment as an advisory writes it (contract, section 2)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
