"""What `GET /cds-services` says: which services there are, and what each asks to be prefetched (CDS Hooks 2.0)."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

# Of the specification that calls and answers follow; a service that sends only its fields also meets 3.0.0-ballot.
SPECIFICATION = "2.0.1"
# All four hooks that are answered are published as this version (CDS Hooks library).
HOOK_VERSION = "1.0.0"
NEEDS = (
    "Needed for any answer: `patient`, and one of `medrequests`, `medstatements` or orders in the context. Everything "
    "else that is not sent is named on a card as unknown. Advisory only: no orders, no amounts, no system actions."
)


@dataclass(frozen=True, slots=True)
class Offered:
    """One service: its id (contract, section 3), the hook it answers, and what people read."""

    id: str
    hook: str
    title: str
    description: str


OFFERED = {
    service.id: service
    for service in (
        Offered(
            "magnesium-patient-view", "patient-view", "Magnesium and nerve pain: review of the chart",
            "When a chart is opened: cautions, interactions and evidence on magnesium products, with what is unknown.",
        ),
        Offered(
            "magnesium-order-select", "order-select", "Magnesium and nerve pain: an order is being chosen",
            "When an order is chosen: what speaks against it or is unknown, with the chart and the other open orders.",
        ),
        Offered(
            "magnesium-order-sign", "order-sign", "Magnesium and nerve pain: orders are about to be signed",
            "Before orders are signed: the last look at cautions, interactions and what is unknown.",
        ),
        Offered(
            "magnesium-discharge", "encounter-discharge", "Magnesium and nerve pain: before going home",
            "Before discharge: supplements and medicines without prescription that the patient goes home with.",
        ),
    )
}  # fmt: skip


def discovery(prefetch: Mapping[str, str], allowed: Container[str] | None = None) -> dict[str, Any]:
    """Return the answer; `prefetch` are the templates by key, `allowed` the ids a client may call (None: all)."""
    return {
        "services": [
            {
                "hook": service.hook, "id": service.id, "title": service.title, "description": service.description,
                "prefetch": dict(prefetch), "usageRequirements": NEEDS, "version": SPECIFICATION,
                "hookVersion": HOOK_VERSION,
            }
            for service in OFFERED.values()
            if allowed is None or service.id in allowed
        ]
    }  # fmt: skip
