"""What every view may use, kept with the application and not in global variables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from service.web.gates import Gates
from service.web.logs import Log
from service.web.metrics import Metrics
from service.web.ports import Guard, Service

EXTENSION = "magflag"


@dataclass(frozen=True, slots=True)
class Context:
    """The service, and what surrounds it.

    `gates` bound how much runs at once; `base` is the address by which others reach us, from the settings.
    The Host header of a request is never it: whoever calls may write into that what they like.
    """

    service: Service
    clock: Callable[[], datetime]
    gates: Gates
    metrics: Metrics
    log: Log
    guard: Guard
    base: str


def context() -> Context:
    """Return the context of the application that answers this request."""
    return cast(Context, current_app.extensions[EXTENSION])


def moment() -> datetime:
    """Read the clock; here and nowhere to the left of here."""
    return datetime.now(UTC)
