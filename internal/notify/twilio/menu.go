package twilio

import (
	"encoding/xml"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
)

// TwiML, as far as the menu needs it (https://www.twilio.com/docs/voice/twiml).
// Text is character data, so encoding/xml escapes it.
type response struct {
	XMLName  xml.Name  `xml:"Response"`
	Gather   *gather   `xml:",omitempty"`
	Say      *say      `xml:",omitempty"`
	Redirect *redirect `xml:",omitempty"`
	Hangup   *struct{} `xml:",omitempty"`
}

type gather struct {
	Input     string `xml:"input,attr"`
	NumDigits int    `xml:"numDigits,attr"`
	Timeout   int    `xml:"timeout,attr"` // seconds of silence
	Action    string `xml:"action,attr"`
	Method    string `xml:"method,attr"`
	Say       say
}

type say struct {
	Language string `xml:"language,attr"`
	Text     string `xml:",chardata"`
}

type redirect struct {
	Method string `xml:"method,attr"`
	URL    string `xml:",chardata"`
}

func speak(text string) say { return say{"en-GB", text} }

// repeats is how often the menu is read again to somebody who presses nothing;
// mistakes is how many wrong keys are forgiven.
const (
	repeats  = 2
	mistakes = 5
)

// said is what a message sounds like. Keys of records are read as words:
// "INC-1042" becomes "incident 1042", and the six digits of a code come one by
// one.
func said(m notify.Message) string {
	s := strings.TrimRight(clip(m.Title, 160), ".…")
	if t := clip(m.Text, 160); t != "" && t != m.Title {
		s += ". " + t
	}
	s = keys.ReplaceAllString(s, "incident $1")
	return codes.ReplaceAllStringFunc(s, func(code string) string { return strings.Join(strings.Split(code, ""), ", ") })
}

var (
	keys  = regexp.MustCompile(`\bINC-([0-9]+)\b`)
	codes = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// choices says the keys that do something.
func (t ticket) choices() string {
	switch {
	case t.Acknowledge != "" && t.Escalate != "":
		return "Press 1 to acknowledge. Press 2 to escalate."
	case t.Acknowledge != "":
		return "Press 1 to acknowledge."
	case t.Escalate != "":
		return "Press 2 to escalate."
	}
	return ""
}

// menu is read when somebody answers, and again. first comes before it, such
// as "That is no choice". again is the address for another round; "" ends the
// call after this one.
func (t ticket) menu(first, choice, again string) response {
	text := t.Said
	if first != "" {
		text = first + " " + text
	}
	options := t.choices()
	if options == "" { // nothing to press: it is read twice and that is all
		return goodbye("This is Evenkeel. " + text + ". I repeat. " + t.Said + ".")
	}
	r := response{Gather: &gather{Input: "dtmf", NumDigits: 1, Timeout: 8, Action: choice, Method: "POST", Say: speak("This is Evenkeel. " + text + ". " + options)}}
	if again != "" {
		r.Redirect = &redirect{"POST", again}
		return r
	}
	end := speak("Nothing was pressed. Somebody else will be told. Goodbye.")
	r.Say, r.Hangup = &end, &struct{}{}
	return r
}

func goodbye(text string) response {
	s := speak(text)
	return response{Say: &s, Hangup: &struct{}{}}
}

// outcome says what became of a pressed key.
func outcome(v notify.LinkView, done string) string {
	switch v.State {
	case notify.LinkDone:
		return done
	case notify.LinkUsed:
		return "You have done that already. It is " + v.Subject.State + "."
	case notify.LinkMoot:
		return "That is not needed any more. It is " + v.Subject.State + " already."
	}
	return "This call came too late to do that. Please open Evenkeel."
}
