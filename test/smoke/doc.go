// Package smoke runs the whole program as its users do: the built binary, a
// real Prometheus and Alertmanager, a real SMTP server, both databases.
//
// TestOutage follows one outage. A shop's checkout answers scrapes; the test
// makes it fail. Prometheus notices and tells Evenkeel three ways at once:
// through Alertmanager's webhook, through Alertmanager's PagerDuty notifier, and
// directly. An incident with the right priority opens, mail reaches the sink,
// it is acknowledged by the link in the mail (the GET only asks, the POST does
// it), mitigated by the command line, the checkout recovers, the incident
// resolves by itself and is closed by API. Then the evidence is exported and
// verified offline, and an edited export is caught.
//
// TestOpsgenie moves an Alertmanager over from Opsgenie by its api_url alone.
//
// Nothing is skipped: a missing prometheus, prometheus-alertmanager or
// PostgreSQL fails the test and says what to install. Nothing sleeps a fixed time:
// eventually polls with a deadline. Ports are free ones, and every process is
// ended by its own id.
package smoke
