"""What is counted: requests, time, failures, and how often each rule spoke. Nothing about any patient."""

import os
from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Shown from the start with the value 0, so that an alarm can be set before it is first needed: the two engines
# disagreed, the engine failed, a text of ours held a dose.
FAILURES = ("Disagreement", "EngineFailed", "DoseFound")
FEEDBACK_OUTCOMES = ("accepted", "overridden")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "magflag_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "magflag_evaluation_seconds", "Time spent on one evaluation.", buckets=SECONDS, registry=self.registry
        )
        self.failures = Counter(
            "magflag_failures", "Requests that failed by our own fault.", ["error"], registry=self.registry
        )
        self.outcomes = Counter(
            "magflag_rule_outcomes", "How often each rule spoke.", ["rule", "outcome"], registry=self.registry
        )
        self._counters: dict[tuple[str, str], Counter] = {}
        self.shed = Counter("magflag_shed", "Evaluations not begun: too many at once.", registry=self.registry)
        self.cards = Counter("magflag_cards_issued", "Cards issued.", ["rule", "service"], registry=self.registry)
        self.cards_dropped = Counter(
            "magflag_cards_dropped", "Cards issued that feedback cannot be counted against.", registry=self.registry
        )
        self.feedback = Counter("magflag_feedback", "Reports on cards.", ["outcome"], registry=self.registry)
        self.prefetch = Counter(
            "magflag_prefetch", "Prefetch keys, by what became of each.", ["key", "state"], registry=self.registry
        )
        for error in FAILURES:
            self.failures.labels(error)
        for outcome in FEEDBACK_OUTCOMES:
            self.feedback.labels(outcome)

    def count_outcomes(self, flags: Iterable[tuple[str, str]]) -> None:
        """Count the flags of an advisory by rule and outcome."""
        for spoke in flags:
            # Looking a labelled counter up costs more than counting, so each is looked up once.
            if spoke not in self._counters:
                self._counters[spoke] = self.outcomes.labels(*spoke)
            self._counters[spoke].inc()

    def count_cards(self, cards: Iterable[tuple[str, str]]) -> None:
        """Count cards by what they speak for, a rule of ours or a kind of card, and by service; never by patient."""
        for rule, service in cards:
            self.cards.labels(rule, service).inc()

    def count_prefetch(self, parts: Iterable[tuple[str, str]]) -> None:
        """Count what became of each prefetch key of ours; what clients add of their own is no label."""
        for key, state in parts:
            self.prefetch.labels(key, state).inc()

    def count_feedback(self, outcomes: Iterable[str]) -> None:
        """Count reports on cards; a word that is not an outcome, which a caller may have made up, is no label."""
        for outcome in outcomes:
            if outcome in FEEDBACK_OUTCOMES:
                self.feedback.labels(outcome).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format; of all processes, if there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
