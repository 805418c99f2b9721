package alertweb

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// Step is one text to copy into a sender's configuration.
type Step struct {
	ID    string
	Title string
	Text  string // what it does
	Code  string
}

// steps are the set-up of an integration, ready to copy. Without the token,
// which is shown only once, they name the place it goes to.
func steps(in alert.Integration, base, token string) []Step {
	if token == "" {
		token = "THE-TOKEN"
	}
	base = strings.TrimSuffix(base, "/")
	fill := strings.NewReplacer("{base}", base, "{token}", token, "{name}", in.Name, "{host}", hostOf(base), "{scheme}", schemeOf(base), "{every}", fmt.Sprint(int(in.Interval.Minutes())))
	var out []Step
	for i, s := range guides[in.Kind] {
		s.ID = fmt.Sprintf("step-%d", i+1)
		s.Code = fill.Replace(s.Code)
		out = append(out, s)
	}
	return out
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Host
}

func schemeOf(base string) string {
	if strings.HasPrefix(base, "https:") {
		return "https"
	}
	return "http"
}

// guides are the set-up texts by kind; docs/practice/alerts.md explains them.
var guides = map[alert.Kind][]Step{
	alert.Alertmanager: {
		{Title: "Add a receiver", Text: "In alertmanager.yml. Send resolved, so that alerts end here too.", Code: `receivers:
  - name: evenkeel
    webhook_configs:
      - url: {base}/integrations/alertmanager
        send_resolved: true
        http_config:
          authorization:
            credentials: {token}

route:
  receiver: evenkeel
  group_wait: 10s
  group_interval: 1m`},
		{Title: "Try it", Text: "An alert that ends by itself after five minutes.", Code: `amtool alert add EvenkeelTest severity=warning service=checkout --annotation=summary="A test from amtool"`},
	},
	alert.Prometheus: {
		{Title: "Send to Evenkeel", Text: "In prometheus.yml. No Alertmanager is needed; with a pair of Prometheus servers put one Alertmanager between, which makes one alert of two.", Code: `alerting:
  alertmanagers:
    - scheme: {scheme}
      path_prefix: /integrations/prometheus
      api_version: v2
      authorization:
        credentials: {token}
      static_configs:
        - targets: ["{host}"]`},
		{Title: "A first rule", Text: "In a rule file. The labels severity and service are what most rules here match.", Code: `groups:
  - name: evenkeel
    rules:
      - alert: TargetDown
        expr: up == 0
        for: 1m
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.job }} on {{ $labels.instance }} is down"`},
	},
	alert.PagerDuty: {
		{Title: "Change one address", Text: "Whatever sends to PagerDuty's Events API v2 keeps its settings: the address becomes this one, the integration key the token.", Code: `{base}/v2/enqueue
{token}`},
		{Title: "In Alertmanager", Text: "Its PagerDuty receiver, when it is used already.", Code: `receivers:
  - name: evenkeel
    pagerduty_configs:
      - routing_key: {token}
        url: {base}/v2/enqueue`},
		{Title: "Try it", Text: "The same dedup_key with event_action resolve ends it.", Code: `curl -sS {base}/v2/enqueue -H 'Content-Type: application/json' -d '{
  "routing_key": "{token}", "event_action": "trigger", "dedup_key": "test",
  "payload": {"summary": "A test", "source": "shell", "severity": "warning"}}'`},
	},
	alert.Opsgenie: {
		{Title: "Change one address", Text: "Whatever sends to Opsgenie's Alert API keeps its settings: https://api.opsgenie.com becomes this address, the API key the token.", Code: `{base}
{token}`},
		{Title: "In Alertmanager", Text: "Its Opsgenie receiver, when it is used already. update_alerts keeps message and description as they are now.", Code: `receivers:
  - name: evenkeel
    opsgenie_configs:
      - api_url: {base}/
        api_key: {token}
        update_alerts: true
        priority: '{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}'`},
		{Title: "Try it", Text: "The same alias with close ends it.", Code: `curl -sS {base}/v2/alerts -H 'Authorization: GenieKey {token}' -H 'Content-Type: application/json' \
  -d '{"message": "A test", "alias": "test", "priority": "P3", "details": {"service": "checkout"}}'
curl -sS -X POST '{base}/v2/alerts/test/close?identifierType=alias' -H 'Authorization: GenieKey {token}'`},
	},
	alert.Grafana: {
		{Title: "Add a contact point", Text: "Alerting, Contact points, Add. Integration: Webhook. Leave the payload as it is.", Code: `URL                                  {base}/integrations/grafana
HTTP method                          POST
Authorization header: scheme         Bearer
Authorization header: credentials    {token}`},
		{Title: "Or signed, from Grafana 12 on", Text: "The token is not sent at all: Grafana signs with it, and a request is good for five minutes.", Code: `URL                                  {base}/integrations/grafana/signed/{name}
HMAC signature: secret               {token}
HMAC signature: header               X-Grafana-Alerting-Signature
HMAC signature: timestamp header     X-Grafana-Alerting-Timestamp`},
		{Title: "Send alerts there", Text: "Notification policies: this contact point as the default, or for some labels. On alert rules, set the labels that most rules here match.", Code: `service     checkout
severity    critical`},
	},
	alert.Generic: {
		{Title: "Post a few lines", Text: "dedup names the thing that is wrong: the same dedup is the same alert. action is trigger, acknowledge or resolve.", Code: `curl -sS {base}/integrations/generic -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{
  "summary": "Nightly export overran", "dedup": "export/nightly", "severity": "warning",
  "service": "orders-queue", "details": {"minutes": 61}}'`},
		{Title: "And end it", Code: `curl -sS {base}/integrations/generic -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{
  "dedup": "export/nightly", "action": "resolve"}'`},
	},
	alert.Heartbeat: {
		{Title: "Beat at the end of the job", Text: "The first beat starts the clock. Silence beyond the interval and its grace is an alert; the next beat ends it.", Code: `curl -fsS -X POST {base}/heartbeat -H 'Authorization: Bearer {token}'`},
		{Title: "In a crontab", Text: "The beat comes only when the job succeeded.", Code: `0 2 * * *  /usr/local/bin/nightly-export && curl -fsS -X POST {base}/heartbeat/{token}`},
	},
	alert.GitHub: {
		{Title: "Add a webhook", Text: "Of the repository or the organisation: Settings, Webhooks, Add webhook. GitHub signs with the secret and does not send it. Pick the events Pushes, Pull requests, Pull request reviews, Workflow runs, Check runs, Deployments, Deployment statuses.", Code: `Payload URL     {base}/integrations/github/{name}
Content type    application/json
Secret          {token}`},
		{Title: "Gate deployments", Text: "A GitHub App of your own with the permissions Deployments: read and write and Actions: read and write, subscribed to Deployment protection rule. Then choose it in the environment's settings under Deployment protection rules, and give this integration the App's id and private key.", Code: `Webhook URL       {base}/integrations/github/{name}
Webhook secret    {token}`},
		{Title: "Try it", Text: "Signed as GitHub does it.", Code: `body='{"zen":"Design for failure.","hook_id":1}'
sign=$(printf %s "$body" | openssl dgst -sha256 -hmac '{token}' | sed 's/.* //')
curl -sS {base}/integrations/github/{name} -H 'X-GitHub-Event: ping' -H "X-Hub-Signature-256: sha256=$sign" \
  -H 'Content-Type: application/json' -d "$body"`},
	},
	alert.GitLab: {
		{Title: "Add a webhook", Text: "Of the project or the group: Settings, Webhooks, Add new webhook. Pick Push, Merge request, Job, Pipeline, Deployment and Releases events.", Code: `URL             {base}/integrations/gitlab
Secret token    {token}`},
		{Title: "Answer merge requests", Text: "Settings, Merge requests, Status checks. GitLab signs with the shared secret. This integration needs an access token with the scope api to answer.", Code: `External API to check    {base}/integrations/gitlab/signed/{name}
Shared secret            {token}`},
	},
	alert.ArgoCD: {
		{Title: "Notify Evenkeel", Text: "In the config map argocd-notifications-cm, and the token in argocd-notifications-secret under evenkeel-token.", Code: `service.webhook.evenkeel: |
  url: {base}/integrations/argocd
  headers:
    - name: Authorization
      value: Bearer $evenkeel-token
    - name: Content-Type
      value: application/json`},
		{Title: "The token", Code: `kubectl -n argocd patch secret argocd-notifications-secret -p '{"stringData": {"evenkeel-token": "{token}"}}'`},
	},
	alert.CDEvents: {
		{Title: "Send events", Text: "CloudEvents over HTTP, binary or structured, one or a batch.", Code: `{base}/integrations/cdevents
Authorization: Bearer {token}`},
	},
	alert.ChangeAPI: {
		{Title: "PagerDuty's change events", Text: "Whatever sends to PagerDuty's change events keeps its settings: the address becomes this one, the integration key the token.", Code: `{base}/v2/change/enqueue
{token}`},
		{Title: "Or tell of a deployment", Text: "key names the deployment: the same key is the same one. phase is created, started, succeeded, failed, canceled or rolled back.", Code: `curl -sS {base}/integrations/changes -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{
  "key": "run-4711", "phase": "started", "service": "checkout", "environment": "production",
  "commit": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", "author": "mara"}'`},
	},
}
