package app

import (
	"context"
	"crypto/tls"
	"net/mail"
	"net/netip"
	"net/url"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/notify/email"
	"github.com/evenkeel/evenkeel/internal/notify/ntfy"
	"github.com/evenkeel/evenkeel/internal/notify/slack"
	"github.com/evenkeel/evenkeel/internal/notify/teams"
	"github.com/evenkeel/evenkeel/internal/notify/twilio"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
	"github.com/evenkeel/evenkeel/internal/notify/webpush"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// openNotify makes the outbox with its transports.
func (a *App) openNotify(ctx context.Context, box *secret.Box, guard egress.Guard) (err error) {
	if a.mail, err = email.New(a.smtp(), &tls.Config{}); err != nil {
		return err
	}
	phone := a.twilio()
	if err := phone.Check(); err != nil {
		return err
	}
	if a.vapid, err = a.openVAPID(ctx, box); err != nil {
		return err
	}
	transports := map[notify.ChannelKind]notify.Transport{
		notify.Email: a.mail, notify.Slack: slack.New(guard), notify.Webhook: webhook.New(guard), notify.Teams: teams.New(guard), notify.Ntfy: ntfy.New(guard),
		notify.WebPush: webpush.New(guard, a.vapid, a.pushContact()),
	}
	if phone.Enabled() {
		own := egress.Guard{Loopback: true, Allow: guard.Allow} // the operator names the service, like the mail server
		transports[notify.SMS], transports[notify.Voice] = twilio.NewTexts(phone, own, box), twilio.NewCalls(phone, own, box)
	}
	a.Contacts = contact.New(a.db, box)
	a.Notify, err = notify.New(a.db, notify.Options{
		BaseURL: a.cfg.PublicURL, Box: box, Directory: neighbours{a}, Hours: neighbours{a}, Book: a.Contacts,
		KnownTeam: neighbours{a}.TeamExists, Transports: transports,
		Hidden: neighbours{a}.Hidden, Log: a.log,
	})
	a.calls = &twilio.Callbacks{
		Config: phone, Box: box, Report: notify.NewReturns(a.Notify).Report, Log: a.log,
		Redeem: func(ctx context.Context, token, from string) (notify.LinkView, error) {
			return a.links.Do(ctx, token, from)
		},
	}
	return err
}

// guard is what addresses that people configure may lead to.
func (a *App) guard(o options) (egress.Guard, error) {
	guard := egress.Guard{Loopback: o.loopback}
	for _, h := range a.cfg.AllowHosts {
		p, err := netip.ParsePrefix(h)
		if err != nil {
			addr, err := netip.ParseAddr(h)
			if err != nil {
				return guard, errs.BadField("webhook-allow", h, "an address like 10.1.2.3 or a network like 10.1.0.0/16")
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		guard.Allow = append(guard.Allow, p)
	}
	return guard, nil
}

func (a *App) smtp() email.Config {
	return email.Config{Host: a.cfg.SMTPHost, Port: a.cfg.SMTPPort, TLS: email.TLS(a.cfg.SMTPTLS), User: a.cfg.SMTPUser, Password: a.cfg.SMTPPassword, From: a.cfg.SMTPFrom}
}

func (a *App) twilio() twilio.Config {
	return twilio.Config{URL: a.cfg.TwilioURL, Account: a.cfg.TwilioAccount, Token: a.cfg.TwilioToken, From: a.cfg.TwilioFrom, Caller: a.cfg.TwilioCaller, Public: a.cfg.PublicURL}
}

// pushContact is whom push services can ask about this server.
func (a *App) pushContact() string {
	if a.cfg.PushContact != "" {
		return a.cfg.PushContact
	}
	if from, err := mail.ParseAddress(a.cfg.SMTPFrom); err == nil {
		return from.Address
	}
	if a.cfg.HTTPS() {
		return a.cfg.PublicURL
	}
	host := "localhost"
	if u, err := url.Parse(a.cfg.PublicURL); err == nil {
		host = u.Hostname()
	}
	return "evenkeel@" + host
}

// boundVAPID binds the sealed key to its place.
const boundVAPID = "setting:vapid_key"

// openVAPID reads the key that push services know this server by, and makes it
// at the first start. All replicas have the same one, from the database. One
// that cannot be read any more is replaced only when the operator said that
// the key for secrets is lost: every browser has to subscribe again then.
func (a *App) openVAPID(ctx context.Context, box *secret.Box) (key webpush.Key, err error) {
	var sealed []byte
	if err := a.db.Read(ctx, func(q db.Querier) (err error) { sealed, err = vapidKey(q); return err }); err != nil {
		return key, errs.Wrap("app.vapid", err)
	}
	if key, ok := readVAPID(box, sealed); ok {
		return key, nil
	}
	err = a.db.Write(ctx, actor.Job("secrets"), "the key that push services know this server by", func(tx *db.Tx) error {
		sealed, err := vapidKey(tx) // another replica may have started first
		if err != nil {
			return err
		}
		var ok bool
		if key, ok = readVAPID(box, sealed); ok {
			tx.Unrecorded("another process made it")
			return nil
		}
		if sealed != nil && !a.cfg.NewSecretsKey {
			return errs.E(errs.Unavailable, "the key for push messages cannot be read with the key for secrets; give this server the earlier one on a second line, or start once with --new-secrets-key")
		}
		key = webpush.NewKey()
		tx.Record(evidence.Entry{Action: "push.key", Record: ref.S(ref.System, "secrets"), Data: map[string]string{"public": key.Public}})
		return setVAPIDKey(tx, box.Seal([]byte(key.Private), boundVAPID))
	})
	return key, errs.Wrap("app.vapid", err)
}

func readVAPID(box *secret.Box, sealed []byte) (webpush.Key, bool) {
	if sealed == nil {
		return webpush.Key{}, false
	}
	private, err := box.Open(sealed, boundVAPID)
	if err != nil {
		return webpush.Key{}, false
	}
	key, err := webpush.ParseKey(string(private))
	return key, err == nil
}
