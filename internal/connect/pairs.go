package connect

import (
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// Pair is one label or annotation as it was sent.
type Pair struct{ Name, Value string }

// Pairs reads an object of texts; pairs beyond 1,024 are counted only. dst is
// reused. A value that is no object gives no pairs.
func (r *Reader) Pairs(dst []Pair) (pairs []Pair, total int, err error) {
	dst = dst[:0]
	_, err = r.Object(func(name []byte) error {
		total++
		if total > maxIdentity {
			return r.Skip()
		}
		n := r.keep(name)
		v, err := r.Text()
		dst = append(dst, Pair{n, v})
		return err
	})
	return dst, total, err
}

// Map cleans pairs into a map of at most MaxPairs; what is shortened or left
// out is noted. Pairs without a value are left out, as Alertmanager does
// (an empty label and no label are the same to Prometheus). total is how many
// there were.
func Map(what string, pairs []Pair, total int, notes *Notes) map[string]string {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]string, min(len(pairs), MaxPairs)+1)
	for _, p := range pairs {
		if p.Name == "" || p.Value == "" {
			total--
			continue
		}
		if len(m) == MaxPairs && !known[p.Name] {
			continue
		}
		if len(p.Name) > MaxKey {
			p.Name = Text("the name of a "+what, p.Name, MaxKey, notes)
		}
		if len(p.Value) > MaxValue {
			p.Value = Text(what+" "+shortName(p.Name), p.Value, MaxValue, notes)
		}
		m[Clean(p.Name)] = Clean(p.Value)
	}
	if total > len(m) {
		notes.Add("%d of %d %ss were left out", total-len(m), total, what)
	}
	return m
}

// known are the labels and annotations that rules and pages live on; they are
// kept however many others there are.
var known = map[string]bool{
	"alertname": true, "severity": true, "service": true, "instance": true, "job": true, "cluster": true, "namespace": true, "team": true,
	"summary": true, "description": true, "runbook_url": true, "dashboard_url": true,
}

func shortName(s string) string { s, _ = Cut(Clean(s), 60); return s }

// Value returns the value of the first name that has one.
func Value(pairs []Pair, names ...string) string {
	for _, n := range names {
		for _, p := range pairs {
			if p.Name == n && p.Value != "" {
				return p.Value
			}
		}
	}
	return ""
}

// Fingerprint is Alertmanager's identity of a label set: FNV-1a 64 over the
// labels sorted by name, each name and value followed by the byte 0xff, in 16
// hex digits. Empty labels do not count. It sorts pairs in place.
// Source: LabelsToSignature in
// https://github.com/prometheus/common/blob/main/model/signature.go
func Fingerprint(pairs []Pair) string {
	slices.SortStableFunc(pairs, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	h := fnv.New64a()
	for _, p := range pairs {
		if p.Name != "" && p.Value != "" {
			mix(h, p.Name)
			mix(h, p.Value)
		}
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], h.Sum64())
	return hex.EncodeToString(b[:])
}

func mix(h hash.Hash64, s string) {
	_, _ = h.Write([]byte(s)) // a hash never fails
	_, _ = h.Write([]byte{0xff})
}

// Severity maps the word of a sender to ours. The usual words of Prometheus
// rule sets, Nagios, syslog and Datadog are known; ok is false for others,
// which count as warnings, and the word itself stays in the labels.
func Severity(word string) (s alert.Severity, ok bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical", "crit", "page", "emergency", "emerg", "fatal", "disaster", "alert", "p1", "sev1":
		return alert.Critical, true
	case "error", "err", "high", "major", "p2", "sev2":
		return alert.Error, true
	case "warning", "warn", "ticket", "medium", "average", "minor", "p3", "sev3":
		return alert.Warning, true
	case "info", "information", "informational", "notice", "none", "low", "debug", "ok", "success", "p4", "p5", "sev4", "sev5":
		return alert.Info, true
	case "":
		return "", true
	}
	return alert.Warning, false
}

// unsafe in a web address: white space, controls and what could end it in text.
const unsafe = "\x00\t\n\r <>\"`"

// AddLink adds a web address to an event. Only http and https are taken, as
// pages show links as they are; the rest is dropped without a note since it
// stays in the annotations.
func AddLink(e *alert.Event, href, text string) {
	if href == "" || len(href) > MaxHref || len(e.Links) >= MaxLinks {
		return
	}
	href = strings.TrimSpace(href)
	_, rest, _ := strings.Cut(href, "://")
	if !strings.HasPrefix(href, "http://") && !strings.HasPrefix(href, "https://") || rest == "" || strings.ContainsAny(href, unsafe) || Clean(href) != href {
		return
	}
	for _, l := range e.Links {
		if l.Href == href {
			return
		}
	}
	if e.Links == nil {
		e.Links = make([]alert.Link, 0, 4)
	}
	var n Notes
	e.Links = append(e.Links, alert.Link{Href: href, Text: Line("", text, 120, &n)})
}

// Links reads an array of objects with an address and a text under the given
// names; beyond MaxLinks they are passed over.
func (r *Reader) Links(address, text string) (links []alert.Link, err error) {
	_, err = r.Array(func() error {
		var l alert.Link
		_, err := r.Object(func(name []byte) (err error) {
			switch string(name) {
			case address:
				l.Href, err = r.Text()
			case text:
				l.Text, err = r.Text()
			default:
				err = r.Skip()
			}
			return err
		})
		if len(links) < MaxLinks {
			links = append(links, l)
		}
		return err
	})
	return links, err
}
