// Package config is the one configuration struct of the server.
//
// Values come from flags, then the environment (EVENKEEL_…), then the file
// named by --config (YAML, the same names with underscores), then the defaults
// here. Nothing reads the environment elsewhere.
package config

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Config is everything an operator decides. The tags are kong's.
type Config struct {
	Listen    string `help:"Address to listen on." default:"127.0.0.1:8080" env:"EVENKEEL_LISTEN" placeholder:"HOST:PORT"`
	DB        string `name:"db" help:"Database: a file for SQLite, or postgres://…" default:"evenkeel.db" env:"EVENKEEL_DB" placeholder:"FILE|URL"`
	PublicURL string `name:"public-url" help:"Address people use in links, like https://evenkeel.example.org. Default: http:// and --listen." env:"EVENKEEL_PUBLIC_URL" placeholder:"URL"`
	Org       string `help:"Name of the organisation, shown on every page." default:"" env:"EVENKEEL_ORG"`

	TLSCert string   `name:"tls-cert" help:"TLS certificate file (PEM). Read again when it changes." env:"EVENKEEL_TLS_CERT" placeholder:"FILE"`
	TLSKey  string   `name:"tls-key" help:"TLS key file (PEM)." env:"EVENKEEL_TLS_KEY" placeholder:"FILE"`
	Proxies []string `name:"trusted-proxy" help:"Networks whose X-Forwarded-For and X-Forwarded-Proto are believed, like 10.0.0.0/8." env:"EVENKEEL_TRUSTED_PROXY" placeholder:"CIDR"`

	LogLevel string `name:"log-level" help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"EVENKEEL_LOG_LEVEL"`

	LogKey        string        `name:"log-key" help:"File with the key that signs the evidence log. Default: beside the SQLite file. EVENKEEL_LOG_KEY holds the key itself." env:"EVENKEEL_LOG_KEY_FILE" placeholder:"FILE"`
	SecretsKey    string        `name:"secrets-key" help:"File with the key that encrypts secrets in the database. Default: beside the SQLite file. EVENKEEL_SECRETS_KEY holds the key itself." env:"EVENKEEL_SECRETS_KEY_FILE" placeholder:"FILE"`
	NewSecretsKey bool          `name:"new-secrets-key" help:"The key for secrets is lost: go on with another one. Channels need their addresses and secrets again." env:"EVENKEEL_NEW_SECRETS_KEY"`
	LogName       string        `name:"log-name" help:"Name of the evidence log in its checkpoints. Default: host of --public-url." env:"EVENKEEL_LOG_NAME"`
	Checkpoints   time.Duration `name:"checkpoint-every" help:"How often a grown log is signed and published." default:"60s" env:"EVENKEEL_CHECKPOINT_EVERY"`
	PublishFile   string        `name:"publish-file" help:"Append checkpoints to this file." env:"EVENKEEL_PUBLISH_FILE" placeholder:"FILE"`
	PublishGit    string        `name:"publish-git" help:"Commit checkpoints in this git directory." env:"EVENKEEL_PUBLISH_GIT" placeholder:"DIR"`
	PublishHook   string        `name:"publish-webhook" help:"Post checkpoints to this address." env:"EVENKEEL_PUBLISH_WEBHOOK" placeholder:"URL"`

	SMTPHost     string   `name:"smtp-host" help:"Mail server; without one no mail is sent." env:"EVENKEEL_SMTP_HOST"`
	SMTPPort     int      `name:"smtp-port" help:"Its port." default:"587" env:"EVENKEEL_SMTP_PORT"`
	SMTPUser     string   `name:"smtp-user" help:"User at the mail server." env:"EVENKEEL_SMTP_USER"`
	SMTPPassword string   `name:"smtp-password" help:"Password at the mail server; better in the environment." env:"EVENKEEL_SMTP_PASSWORD"`
	SMTPFrom     string   `name:"smtp-from" help:"Sender of mail, like Evenkeel <evenkeel@example.org>." env:"EVENKEEL_SMTP_FROM"`
	SMTPTLS      string   `name:"smtp-tls" help:"starttls, tls, or none (loopback only)." enum:"starttls,tls,none" default:"starttls" env:"EVENKEEL_SMTP_TLS"`
	AllowHosts   []string `name:"webhook-allow" help:"Addresses or networks that webhooks may reach although they are loopback, link-local or the like. Private networks need no leave." env:"EVENKEEL_WEBHOOK_ALLOW" placeholder:"IP|CIDR"`

	Heartbeat      string        `name:"heartbeat-url" help:"Outside heartbeat (dead man's switch) to call while all is well, like https://hc-ping.com/…: it tells somebody when Evenkeel falls silent." env:"EVENKEEL_HEARTBEAT_URL" placeholder:"URL"`
	HeartbeatEvery time.Duration `name:"heartbeat-every" help:"How often to call it." default:"60s" env:"EVENKEEL_HEARTBEAT_EVERY"`

	TwilioAccount string `name:"twilio-account" help:"Account SID at Twilio or a service with the same API; without one no texts are sent and nobody is called." env:"EVENKEEL_TWILIO_ACCOUNT" placeholder:"AC…"`
	TwilioToken   string `name:"twilio-token" help:"Its auth token; better in the environment." env:"EVENKEEL_TWILIO_TOKEN"`
	TwilioFrom    string `name:"twilio-from" help:"Number that texts come from, or a messaging service." env:"EVENKEEL_TWILIO_FROM" placeholder:"+NUMBER|MG…"`
	TwilioCaller  string `name:"twilio-caller" help:"Number that calls come from. Default: --twilio-from." env:"EVENKEEL_TWILIO_CALLER" placeholder:"+NUMBER"`
	TwilioURL     string `name:"twilio-url" help:"Address of the API." default:"https://api.twilio.com" env:"EVENKEEL_TWILIO_URL" placeholder:"URL"`
	PushContact   string `name:"push-contact" help:"E-mail or https address at which push services can ask about this server. Default: --smtp-from, else --public-url." env:"EVENKEEL_PUSH_CONTACT"`

	Cache        string `name:"cache" help:"Directory for what can be made anew: the map in memory, for a quick start. Default: beside the SQLite file; with PostgreSQL nowhere." env:"EVENKEEL_CACHE" placeholder:"DIR"`
	DiscoveryDir string `name:"discovery-dir" help:"Directory with files that sources on a schedule may read: exports, kubeconfigs. Default: they read none." env:"EVENKEEL_DISCOVERY_DIR" placeholder:"DIR"`
	OTLPgRPC     string `name:"otlp-grpc" help:"Address to take traces on by OTLP over gRPC, like 0.0.0.0:4317. Default: only over HTTP, at /v1/traces." env:"EVENKEEL_OTLP_GRPC" placeholder:"HOST:PORT"`

	PrometheusURL   string `name:"prometheus-url" help:"Prometheus, Mimir, Thanos or VictoriaMetrics to ask for metrics before and after a deployment. Default: deployments are judged by alerts and by what pipelines say." env:"EVENKEEL_PROMETHEUS_URL" placeholder:"URL"`
	PrometheusToken string `name:"prometheus-token" help:"Bearer token for it; better in the environment." env:"EVENKEEL_PROMETHEUS_TOKEN"`

	KeepDays int           `name:"keep-days" help:"Days to keep delivered messages and finished sessions; evidence is never dropped." default:"400" env:"EVENKEEL_KEEP_DAYS"`
	Drain    time.Duration `help:"How long a stop waits for requests under way." default:"20s" env:"EVENKEEL_DRAIN"`
	Dev      bool          `help:"Show the component page at /_components." hidden:"" env:"EVENKEEL_DEV"`
}

// Check completes the defaults that depend on other values and reports every
// wrong value at once.
func (c *Config) Check() error {
	var bad errs.Fields
	if c.PublicURL == "" {
		scheme := "http"
		if c.TLSCert != "" {
			scheme = "https"
		}
		c.PublicURL = scheme + "://" + strings.Replace(c.Listen, "0.0.0.0", "localhost", 1)
		if strings.HasPrefix(c.Listen, ":") {
			c.PublicURL = scheme + "://localhost" + c.Listen
		}
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad.Add("public-url", c.PublicURL, "write it like https://evenkeel.example.org")
	} else if c.LogName == "" {
		c.LogName = u.Hostname()
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad.Add("listen", c.Listen, "write host and port like 127.0.0.1:8080, or :8080 for every address of this machine")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad.Add("tls-cert", c.TLSCert, "name both --tls-cert and --tls-key, or neither")
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			bad.Add("trusted-proxy", p, "write a network like 10.0.0.0/8 or 192.0.2.7/32")
		}
	}
	if c.Checkpoints < time.Second {
		bad.Add("checkpoint-every", c.Checkpoints.String(), "at least 1s")
	}
	if c.Heartbeat != "" {
		if u, err := url.Parse(c.Heartbeat); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			bad.Add("heartbeat-url", "", "write a whole address that begins with https://") // it may be a secret: not repeated
		}
		if c.HeartbeatEvery < 10*time.Second {
			bad.Add("heartbeat-every", c.HeartbeatEvery.String(), "at least 10s")
		}
	}
	if c.KeepDays < 1 {
		bad.Add("keep-days", strconv.Itoa(c.KeepDays), "at least 1")
	}
	if c.SMTPHost != "" && c.SMTPFrom == "" {
		bad.Add("smtp-from", "", "say who mail comes from, like Evenkeel <evenkeel@example.org>")
	}
	if _, err := mail.ParseAddress(c.PushContact); c.PushContact != "" && err != nil && !strings.HasPrefix(c.PushContact, "https://") {
		bad.Add("push-contact", c.PushContact, "write an e-mail address, or one that starts with https://")
	}
	dir := "."
	if !c.Postgres() {
		dir = filepath.Dir(strings.TrimPrefix(c.DB, "file:"))
	}
	if c.LogKey == "" {
		c.LogKey = filepath.Join(dir, "evenkeel-log.key")
	}
	if c.Cache == "" && !c.Postgres() && !strings.Contains(c.DB, ":memory:") {
		c.Cache = dir
	}
	if _, _, err := net.SplitHostPort(c.OTLPgRPC); c.OTLPgRPC != "" && err != nil {
		bad.Add("otlp-grpc", c.OTLPgRPC, "write host and port like 127.0.0.1:4317, or :4317 for every address of this machine")
	}
	if c.SecretsKey == "" {
		c.SecretsKey = filepath.Join(dir, "evenkeel-secrets.key")
	}
	return bad.Err()
}

// Postgres reports whether the database is PostgreSQL.
func (c *Config) Postgres() bool {
	return strings.HasPrefix(c.DB, "postgres://") || strings.HasPrefix(c.DB, "postgresql://")
}

// HTTPS reports whether people reach the server by https.
func (c *Config) HTTPS() bool { return strings.HasPrefix(c.PublicURL, "https://") }
