"""Cards and feedback among the counters: labels are ours, never a caller's words."""

from service.web.metrics import Metrics


def test_cards_are_counted_by_rule_and_service() -> None:
    metrics = Metrics()
    metrics.count_cards([("kidney/x", "magnesium-order-sign")] * 2)
    metrics.cards_dropped.inc(3)
    text = metrics.text().decode()
    assert 'magflag_cards_issued_total{rule="kidney/x",service="magnesium-order-sign"} 2.0' in text
    assert "magflag_cards_dropped_total 3.0" in text


def test_feedback_is_counted_by_outcome_and_a_made_up_outcome_is_no_label() -> None:
    metrics = Metrics()
    metrics.count_feedback(["accepted", "Zebedee", "accepted"])
    text = metrics.text().decode()
    assert 'magflag_feedback_total{outcome="accepted"} 2.0' in text
    assert 'magflag_feedback_total{outcome="overridden"} 0.0' in text
    assert "Zebedee" not in text
