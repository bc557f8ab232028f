"""An advisory as FHIR R4: a Bundle of GuidanceResponse, DetectedIssue and Provenance, and who wrote them.

None of them orders anything, and none is of a medicine.
"""

from importlib.metadata import version

from schemas.canonical import CANONICAL
from service.assess import Advisory, Because
from service.knowledge.dose_guard import doses_in
from service.knowledge.model import Pack
from service.presenters.fhir_guidance import codes_by_member, guidance, outcome, requirements
from service.presenters.fhir_issue import Behind, IssueWriter
from service.presenters.fhir_parts import Plain, entry, identifier_of, patient_reference, urn
from service.presenters.fhir_provenance import ProvenanceWriter, made_by, whole_input
from service.presenters.plain import DoseFound, to_bytes


class FhirWriter:
    """Writes the advisories of one pack as FHIR.

    `base` is the address below which `/rules/<id>` is answered.
    """

    def __init__(self, pack: Pack, base: str) -> None:
        if any(doses_in(pack.notice)):
            raise DoseFound("the notice")
        self._pack = pack
        self._issues = IssueWriter(pack, base.rstrip("/"))
        self._provenances = ProvenanceWriter(pack)
        self._codes = codes_by_member(pack.terms.results)
        self._device = urn("device", version("magflag"), pack.sha256)
        self._device_entry = entry(self._device, _device(pack))

    def bundle(
        self,
        advisory: Advisory,
        known: str,
        created_at: str,
        patient: str | None,
        request_identifier: str | None = None,
    ) -> bytes:
        """Return the Bundle (type collection) as JSON, or raise DoseFound.

        `known` is the id of the advisory: the same id, the same ids of resources. `created_at` is an instant with Z;
        `patient` the patient's id, None where the input has none; `request_identifier` what the caller calls its call.
        """
        head: Plain = {
            "resourceType": "Bundle",
            "identifier": {"system": f"{CANONICAL}/advisory", "value": known},
            "type": "collection",
            "timestamp": created_at,
        }
        subject = None if patient is None else patient_reference(patient)
        entries = [*self._guidance(advisory, known, created_at, subject, request_identifier), self._device_entry]
        entries += self._flags(advisory, known, created_at, subject)
        return to_bytes(head | {"entry": entries})

    def _guidance(
        self, advisory: Advisory, known: str, created_at: str, subject: Plain | None, request: str | None
    ) -> list[Plain]:
        """Return the entry of the GuidanceResponse, and that of the OperationOutcome if there is anything to say."""
        said, told = outcome(advisory), urn(known, "OperationOutcome")
        needed = list(requirements(advisory.flags, self._pack.facts, self._codes))
        resource = guidance(advisory, created_at) | {
            "identifier": [{"system": f"{CANONICAL}/advisory", "value": known}],
            "performer": {"reference": self._device},
            **({"requestIdentifier": identifier_of(request)} if request else {}),
            **({"subject": subject} if subject else {}),
            **({"evaluationMessage": [{"reference": told}]} if said else {}),
            **({"dataRequirement": needed} if needed else {}),
        }
        found = [entry(urn(known, "GuidanceResponse"), resource)]
        return [*found, entry(told, said)] if said else found

    def _flags(self, advisory: Advisory, known: str, created_at: str, subject: Plain | None) -> list[Plain]:
        """Return an entry of a DetectedIssue and one of its Provenance for each flag."""
        author = {"identifiedDateTime": created_at, "author": {"reference": self._device}}
        common = author | ({"patient": subject} if subject else {})
        agent, sent = made_by(self._device, created_at), whole_input(advisory.profile_sha256)
        seen: dict[Because, Behind] = {}
        entries = []
        for flag in advisory.flags:
            issue = urn(known, flag.rule.id)
            origin = self._provenances.provenance(flag.rule, issue, flag.because, agent, sent)
            entries.append(entry(issue, self._issues.issue(flag, common, seen)))
            entries.append(entry(urn(known, flag.rule.id, "Provenance"), origin))
        return entries


def _device(pack: Pack) -> Plain:
    return {
        "resourceType": "Device",
        "status": "active",
        "deviceName": [{"name": "magflag", "type": "user-friendly-name"}],
        "version": [
            {"type": {"text": "software"}, "value": version("magflag")},
            {"type": {"text": "rules"}, "value": f"{pack.name} {pack.version}"},
        ],
    }
