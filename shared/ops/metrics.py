"""Every metric once. Labels are bounded: never an account, an id or a prompt."""

from prometheus_client import Counter, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

HTTP_SECONDS = Histogram(
    "http_request_seconds", "Time to answer a request.", ["dialect", "route", "code"], buckets=SECONDS
)
ACCEPTED = Counter("generation_accepted_total", "Generations charged and queued.", ["dialect", "kind"])
REFUSED = Counter("generation_refused_total", "Requests for a generation that were not accepted.", ["dialect", "code"])
SETTLED = Counter("generation_settled_total", "Generations closed, by final status.", ["provider", "status"])
UNCERTAIN = Counter("generation_uncertain_total", "Submits whose outcome was lost.", ["provider"])
LATE = Counter(
    "generation_late_total", "Results that came after the refund: paid by us, not by the user.", ["provider"]
)
SUBMIT_SECONDS = Histogram(
    "provider_submit_seconds", "Time a provider took to take the work.", ["provider"], buckets=LONG_SECONDS
)
WEBHOOK_ATTEMPTS = Counter("webhook_attempts_total", "Webhook posts, by what became of them.", ["result"])
WEBHOOK_SECONDS = Histogram("webhook_delivery_seconds", "Event to 2xx.", [], buckets=LONG_SECONDS)
SWEPT = Counter("sweeper_findings_total", "What the sweeper had to mend.", ["finding"])
