package notifyweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// DeliveriesPage lists messages, with what the watchdog sees.
type DeliveriesPage struct {
	web.Page
	Notice *web.Notice
	Tabs   []web.Tab
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	Empty  web.Empty
}

var deliveriesPage = web.Parse(files, "deliveries.html", DeliveriesPage{})

var views = []struct {
	title string
	state notify.State
}{{"All", ""}, {"Dead letters", notify.Dead}, {"Waiting", notify.Queued}, {"Sent", notify.Sent}}

// Deliveries handles GET /settings/deliveries; state, q (a record's key) and
// before narrow it.
func (p *Pages) Deliveries(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := notify.Filter{State: notify.State(q.Get("state"))}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // what is no number is the newest page
	page := &DeliveriesPage{Page: p.Shell.Page(r, "Deliveries", "settings")}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Settings", Path: "/settings"}}, "*"
	page.Filter = web.Filter{Path: "/settings/deliveries", Hint: "Record, such as INC-1042"}
	if f.State != "" {
		page.Filter.Keep = []web.Hidden{{Name: "state", Value: string(f.State)}}
	}
	if key := last(q["q"]); key != "" {
		record, err := ref.Parse(key)
		if err != nil {
			page.Filter.Value, page.Filter.Fault = key, err.Error()
		} else {
			f.Record = record
			page.Filter.Tokens = []web.Token{{Key: "record", Value: record.String(), Raw: record.String(), Without: listPath(f.State, ref.Ref{}, 0)}}
		}
	}
	list, err := p.Notify.Messages(r.Context(), f, before, pageSize+1)
	if err != nil {
		return err
	}
	watch, err := p.Notify.Watch(r.Context())
	if err != nil {
		return err
	}
	page.Notice = notice(watch)
	for _, v := range views {
		tab := web.Tab{Title: v.title, Path: listPath(v.state, f.Record, 0), Current: v.state == f.State}
		if v.state == notify.Dead && watch.Dead > 0 {
			tab.N, tab.HasN = watch.Dead, true
		}
		page.Tabs = append(page.Tabs, tab)
	}
	page.Empty = empty(f)
	page.Table = web.Table{Label: "Messages", V: page.V, Columns: []web.Column{{Title: "Message", Phone: true}, {Title: "To", Width: 190}, {Title: "State", Width: 130, Phone: true},
		{Title: "Attempts", Width: 80, Right: true}, {Title: "Queued", Width: 110}}}
	if len(list) > pageSize {
		list = list[:pageSize]
		page.Pager = web.Pager{Older: listPath(f.State, f.Record, list[pageSize-1].ID), Shown: fmt.Sprintf("%d shown, newest first", pageSize)}
	}
	if before > 0 {
		page.Pager.Newer, page.Pager.NewerTitle = listPath(f.State, f.Record, 0), "Newest"
	}
	for _, d := range list {
		row := web.Row{Cells: []web.Cell{{Key: d.Ref().String(), Text: d.Title, Path: d.Ref().Path(), Sub: d.Reason}, recipient(d),
			{Tag: state(d, d.Overdue(watch.At))}, {Text: strconv.Itoa(d.Attempts)}, {At: d.QueuedAt}}}
		if d.Urgent {
			row.Cells[0].Icon = "urgent"
		}
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return p.Shell.Render(w, r, deliveriesPage, page)
}

func last(list []string) string {
	for i := len(list) - 1; i >= 0; i-- {
		if s := strings.TrimSpace(list[i]); s != "" {
			return s
		}
	}
	return ""
}

func listPath(state notify.State, record ref.Ref, before int64) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", string(state))
	}
	if record != (ref.Ref{}) {
		q.Set("q", record.String())
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return "/settings/deliveries"
	}
	return "/settings/deliveries?" + q.Encode()
}

// recipient is who a message goes to, as a cell.
func recipient(d notify.Delivery) web.Cell {
	kind, rest, _ := strings.Cut(d.Dest, ":")
	switch {
	case d.Person != 0 && d.Name != "":
		return web.Cell{Icon: "user", Text: d.Name, Path: ref.N(ref.Person, d.Person).Path()}
	case d.Person != 0:
		return web.Cell{Icon: "user", Text: ref.N(ref.Person, d.Person).String()}
	case kind == "channel":
		name, _, _ := strings.Cut(rest, "/")
		return web.Cell{Icon: "broadcast", Text: name, Path: ref.S(ref.Channel, name).Path()}
	}
	if kind == "restricted" {
		return web.Cell{Icon: "lock", Text: "Restricted"}
	}
	return web.Cell{Text: "Nobody", Tone: "red", Sub: rest}
}

// notice says what the watchdog sees, the worst first.
func notice(w notify.Watch) *web.Notice {
	switch {
	case len(w.Missing) > 0:
		e := w.Missing[0]
		if e.Record == (ref.Ref{}) {
			return &web.Notice{Tone: "red", Fact: web.Plural(len(w.Missing), "notice was", "notices were") + " never given.", Effect: "People should have been told about a restricted record and no message exists."}
		}
		return &web.Notice{Tone: "red", Fact: web.Plural(len(w.Missing), "notice was", "notices were") + " never given.", Effect: "People should have been told about " + e.Record.String() + " and no message exists: call them.",
			Buttons: []web.Button{{Title: "Open " + e.Record.String(), Path: e.Record.Path(), Small: true}}}
	case len(w.Overdue) > 0:
		text := "The oldest is about a restricted record."
		if w.Overdue[0].Record != (ref.Ref{}) {
			text = "The oldest is for " + w.Overdue[0].Record.String() + "."
		}
		if w.Overdue[0].Error != "" {
			text += " Last attempt: " + w.Overdue[0].Error + "."
		}
		return &web.Notice{Tone: "red", Fact: atMost(len(w.Overdue)) + " overdue.", Effect: text, Buttons: []web.Button{{Title: "Show what waits", Path: listPath(notify.Queued, ref.Ref{}, 0), Small: true}}}
	case w.Dead > 0:
		return &web.Notice{Tone: "amber", Fact: atMost(w.Dead) + " given up.", Effect: "Nobody got these: look why, and send them again if it still matters.",
			Buttons: []web.Button{{Title: "Show dead letters", Path: listPath(notify.Dead, ref.Ref{}, 0), Small: true}}}
	}
	return nil
}

func atMost(n int) string {
	if n >= 100 {
		return "100 messages or more are"
	}
	return web.Plural(n, "message is", "messages are")
}

func empty(f notify.Filter) web.Empty {
	switch {
	case f.Record != (ref.Ref{}):
		return web.Empty{Icon: "inbox", Title: "No such messages about " + f.Record.String(), Text: "Nobody was told about it, or in another state than the one chosen."}
	case f.State == notify.Dead:
		return web.Empty{Icon: "circle-check", Title: "No dead letters", Text: "Everything that was to be sent was sent, or still waits for its turn."}
	case f.State == notify.Queued:
		return web.Empty{Icon: "circle-check", Title: "Nothing waits", Text: "Everything that was to be sent is out."}
	}
	return web.Empty{Icon: "inbox", Title: "No messages yet", Text: "When an incident opens, its team is told, and each message stands here with its attempts."}
}
