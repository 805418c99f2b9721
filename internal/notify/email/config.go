package email

import (
	"fmt"
	"net"
	"net/mail"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// TLS is how the connection to the mail server is protected.
type TLS string

// The modes.
const (
	StartTLS TLS = "starttls" // plain, then upgraded; refuses a server that cannot (port 587)
	Implicit TLS = "tls"      // from the first byte (port 465, RFC 8314)
	None     TLS = "none"     // only to this machine
)

// Config is the mail server. With an empty Host there is none, and messages by
// e-mail wait.
type Config struct {
	Host     string
	Port     int // 0 = 587, 465 or 25 by TLS mode
	TLS      TLS // "" = starttls
	User     string
	Password string        // never logged
	From     string        // "Evenkeel <evenkeel@harbour.example>"
	Timeout  time.Duration // for connecting, and for one message; 0 = 10 s
}

// Enabled reports whether there is a mail server.
func (c Config) Enabled() bool { return c.Host != "" }

// Check fills in defaults and says what is wrong, by names below "smtp".
func (c *Config) Check() error {
	if !c.Enabled() {
		return nil
	}
	var f errs.Fields
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	switch c.TLS {
	case StartTLS, Implicit:
	case None:
		if !loopback(c.Host) {
			f.Add("smtp.tls", string(c.TLS), "use starttls or tls: without them messages and password cross the network in the clear; none is for a server on this machine")
		}
	default:
		f.Add("smtp.tls", string(c.TLS), "use starttls, tls or none")
	}
	if c.Port == 0 {
		c.Port = map[TLS]int{StartTLS: 587, Implicit: 465, None: 25}[c.TLS]
	}
	if c.Port < 1 || c.Port > 65535 {
		f.Add("smtp.port", fmt.Sprint(c.Port), "use a port from 1 to 65535")
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		f.Add("smtp.from", c.From, "give the sender's address, like Evenkeel <evenkeel@harbour.example>")
	}
	if (c.User == "") != (c.Password == "") {
		f.Add("smtp.user", c.User, "give user and password together, or neither")
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return f.Err()
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
