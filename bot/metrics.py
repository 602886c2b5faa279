"""What an operator can graph. Labels are closed sets: no ids, no names, no secrets."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from bot import audit, model

# Provisioning takes seconds, and minutes where a service is slow.
_BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "registry_bot_events", "Audit events written", ["event"], registry=self.registry
        )
        self._provisioning = Histogram(
            "registry_bot_provisioning_seconds",
            "From the deciding approval to the end of the work",
            ["state"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.attending = Gauge(
            "registry_bot_requests_attended",
            "Requests this process works on now",
            registry=self.registry,
        )
        self.alerts = Counter("registry_bot_alerts", "Alerts raised to operators", registry=self.registry)

    def written(self, entry: audit.Entry, request: model.Request | None) -> None:
        """Count an audit entry that was committed, and time the work that it ends."""
        self._events.labels(entry.event.value).inc()
        if request is None or entry.event not in {audit.Event.DONE, audit.Event.FAILED}:
            return
        if request.decisions:
            took = (entry.at - request.decisions[-1].at).total_seconds()
            self._provisioning.labels(request.state.value).observe(max(0.0, took))

    def page(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)
