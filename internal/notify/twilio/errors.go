package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Error codes that blame the number and will do so again
// (https://www.twilio.com/docs/api/errors).
var numbers = map[int]string{
	13223: "the number is malformed", 13224: "the number is not valid", 21211: "the number is not valid", 21214: "the number cannot be reached", 21217: "the number is not valid",
	21219: "the account is on trial and this number is not verified there", 21265: "a short code cannot be reached", 21408: "the account may not send to this country",
	21215: "the account may not call this country", 21610: "the recipient has answered STOP", 21612: "the number cannot be reached from the sender's", 21614: "the number is no mobile",
	30003: "the phone is off or cannot be reached", 30004: "the recipient blocks messages", 30005: "the number does not exist", 30006: "the number is a landline or cannot be reached",
}

// problem is the body of a refusal.
type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// explain turns the service's refusal into words, without number and token.
func explain(said []byte, err error, secrets ...string) error {
	var a *egress.Answer
	if !errors.As(err, &a) {
		return err
	}
	f := a.Failure
	var p problem
	if json.Unmarshal(said, &p) != nil || p.Code == 0 {
		return f // a proxy's page, or another service's form
	}
	if why, ok := numbers[p.Code]; ok {
		f.Text, f.Permanent, f.Recipient = fmt.Sprintf("%s (error %d)", why, p.Code), true, true
		return f
	}
	for _, s := range secrets {
		if len(s) > 1 {
			p.Message = strings.ReplaceAll(p.Message, s, "…")
		}
	}
	f.Text = fmt.Sprintf("the service answered %d, error %d: %s", a.Status, p.Code, clip(p.Message, 200))
	if a.Status == http.StatusUnauthorized {
		f.Text += "; check twilio-account and twilio-token"
	}
	return f
}

// ended reads a status callback; done is false while nothing is decided. The
// failure is nil when the phone was reached.
func ended(status, code string) (f *notify.Failure, done bool) {
	why := map[string]string{"busy": "the phone was busy", "no-answer": "nobody answered the call", "canceled": "the call was canceled",
		"failed": "the phone could not be reached", "undelivered": "the text was not delivered"}[status]
	if why == "" {
		return nil, status == "completed" || status == "delivered"
	}
	if n, err := strconv.Atoi(code); err == nil && n > 0 {
		if more, ok := numbers[n]; ok {
			why = more
		}
		why += fmt.Sprintf(" (error %d)", n)
	}
	return &notify.Failure{Text: why, Permanent: true, Recipient: true}, true
}
