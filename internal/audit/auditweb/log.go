package auditweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// LogPage is the log at a glance and its entries.
type LogPage struct {
	web.Page
	Status   audit.Status
	Progress audit.Progress
	Notice   *web.Notice
	Facts    []web.Def
	Filter   web.Filter
	Table    web.Table
	Pager    web.Pager
	Empty    web.Empty
	Export   string
}

var logPage = web.Parse(files, "log.html", LogPage{})

// Percent is how far the running check is, 0 to 100.
func (p *LogPage) Percent() int {
	if p.Progress.Total == 0 {
		return 0
	}
	return int(100 * p.Progress.Done / p.Progress.Total)
}

// Checked is the last check, of everything or of what was new.
func (p *LogPage) Checked() *audit.Result { return p.Status.Check }

// Log handles GET /evidence.
func (p *Pages) Log(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	page := &LogPage{Page: p.Shell.Page(r, crumb, "evidence")}
	page.Live = "*"
	var err error
	if page.Status, err = p.Audit.Status(ctx); err != nil {
		return err
	}
	if page.Progress, err = p.Audit.CheckProgress(ctx); err != nil {
		return err
	}
	f, fault, typed := filter(query["q"])
	page.Filter = p.tokens(query["q"], typed, fault)
	list, err := p.Audit.List(ctx, f, query.Get("after"), 50)
	if errs.Is(err, errs.Invalid) {
		page.Filter.Fault = errs.As(err).Fields[0].Remedy
	} else if err != nil {
		return err
	}
	page.Export = "/evidence/export"
	if len(query["q"]) > 0 {
		page.Export += "?" + url.Values{"q": query["q"]}.Encode()
	}
	p.fill(r, page, list, query)
	page.Facts = facts(page.V, page.Status)
	page.Notice = notice(page.Status)
	return p.Shell.Render(w, r, logPage, page)
}

func (p *Pages) fill(r *http.Request, page *LogPage, list audit.Page, query url.Values) {
	page.Table = web.Table{V: page.V, Label: "Entries", Columns: []web.Column{{Title: "Entry", Width: 88}, {Title: "When", Width: 120, Phone: true}, {Title: "Who", Width: 150},
		{Title: "What", Phone: true}, {Title: "Record", Width: 150, Phone: true}, {Title: "Via", Width: 110}}}
	for _, it := range list.Items {
		entry := web.Cell{Text: "waiting"}
		if it.Index >= 0 {
			entry = web.Cell{Text: number(it.Index), Path: entryPath(it.Index)}
		}
		what := web.Cell{Text: it.Action, Sub: it.Reason}
		if it.Index >= 0 {
			what.Path = entryPath(it.Index)
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{entry, {At: it.At}, p.actor(r.Context(), it.Actor), what, {Text: it.Record, Path: recordPath(it.Record)}, {Text: it.Via}}})
	}
	page.Empty = web.Empty{Icon: "shield-check", Title: "No entry matches", Text: "Every change is an entry. Take a filter away to see more."}
	if list.Next != "" {
		again := url.Values{"q": query["q"], "after": {list.Next}}
		page.Pager = web.Pager{Older: "/evidence?" + again.Encode(), Shown: web.Plural(len(list.Items), "entry", "entries") + " shown, newest first"}
		if list.Through >= 0 {
			page.Pager.Shown += ", searched back to " + number(list.Through)
			page.Empty.Text = "Nothing found back to " + number(list.Through) + ". Older goes on from there."
		}
	}
}

// facts is the quiet column at the side.
func facts(v *web.View, s audit.Status) []web.Def {
	out := []web.Def{{Term: "Sequenced", Text: "through " + number(s.Size-1)}}
	if s.Waiting > 0 {
		out[0].Sub = web.Plural(int(s.Waiting), "entry", "entries") + " waiting"
	}
	if c := s.Checkpoint; c != nil {
		out = append(out, web.Def{Term: "Signed", Text: web.Plural(int(c.Size), "entry", "entries"), Path: checkpointPath(c.Size), Sub: web.Dur(v.Now.Sub(c.At)) + " ago"})
	}
	if len(s.Epochs) > 1 {
		out = append(out, web.Def{Term: "Epoch", Text: fmt.Sprint(s.Epochs[0].Epoch), Sub: s.Epochs[0].Reason})
	}
	if len(s.Published) == 0 {
		out = append(out, web.Def{Term: "Published", Text: "nowhere", Sub: "whoever holds the key could rewrite the log unseen"})
	}
	for _, t := range s.Published {
		d := web.Def{Term: "Published", Text: t.Target, Sub: web.Plural(int(t.Size), "entry", "entries")}
		if t.Size == 0 {
			d.Sub = "nothing yet"
		}
		if t.Error != "" {
			d.Sub = "failing: " + t.Error
		}
		out = append(out, d)
	}
	return out
}

// notice speaks up only when something is wrong.
func notice(s audit.Status) *web.Notice {
	for _, c := range []*audit.Result{s.Check, s.Whole} {
		if c != nil && c.Bad != nil {
			return &web.Notice{Tone: "red", Icon: "alert-octagon", Fact: "The evidence log does not verify.", Effect: c.Bad.Words}
		}
	}
	for _, t := range s.Published {
		if t.Failures >= 3 {
			return &web.Notice{Fact: "Checkpoints are not being published.", Effect: t.Target + ": " + t.Error}
		}
	}
	return nil
}

// filter turns tokens into a filter. A token that is not understood is a
// fault: what would be right, and the token to correct.
func filter(tokens []string) (f audit.Filter, fault, typed string) {
	for _, t := range tokens {
		t = strings.TrimSpace(t)
		key, value, ok := strings.Cut(t, ":")
		if !ok {
			if _, err := ref.Parse(t); err == nil {
				key, value = "record", t
			} else if t == "" {
				continue
			} else {
				key, value = "action", t+"*"
			}
		}
		var err error
		switch key {
		case "record":
			f.Record = value
			_, err = ref.Parse(value)
		case "who":
			f.Actor = value
		case "action":
			f.Action = value
		case "since":
			f.Since, err = day(value)
		case "until":
			f.Until, err = day(value)
		default:
			err = fmt.Errorf("%s: is not known here; known are record:, who:, action:, since: and until: with a value", key)
		}
		if err != nil {
			return f, err.Error(), t
		}
	}
	return f, "", ""
}

func day(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date; write it like 2026-11-20", errs.Short(s))
}

func (p *Pages) tokens(tokens []string, typed, fault string) web.Filter {
	out := web.Filter{Path: "/evidence", Hint: "Add a filter, for example INC-1042, who:user:17, action:incident.*, since:2026-11-20", Value: typed, Fault: fault}
	for n, t := range tokens {
		if strings.TrimSpace(t) == "" || t == typed && fault != "" {
			continue
		}
		key, value, ok := strings.Cut(t, ":")
		if !ok {
			key, value = "is", t
		}
		rest := url.Values{}
		for k, o := range tokens {
			if k != n && o != "" {
				rest.Add("q", o)
			}
		}
		to := "/evidence"
		if len(rest) > 0 {
			to += "?" + rest.Encode()
		}
		out.Tokens = append(out.Tokens, web.Token{Key: key, Value: value, Raw: t, Without: to})
	}
	return out
}

// Good and BadTag are the shield and its opposite.
func (p *LogPage) Good() web.Tag { return web.Tag{Text: "Good", Tone: "green", Icon: "shield-check"} }

// BadTag stands where the shield would.
func (p *LogPage) BadTag() web.Tag {
	return web.Tag{Text: "Bad", Tone: "red", Icon: "alert-octagon"}
}

// Agree says what the last good check found, in words.
func (p *LogPage) Agree() string {
	c := p.Status.Check
	if c == nil || !c.OK {
		return ""
	}
	s := web.Plural(int(c.Entries), "entry", "entries") + " read, " + web.Plural(c.Checkpoints, "checkpoint agrees", "checkpoints agree")
	if c.Records > 0 {
		s += ", " + web.Plural(int(c.Records), "record is what its last entry says", "records are what their last entries say")
	}
	if c.Erased > 0 {
		s += ", " + web.Count(int(c.Erased)) + " erased"
	}
	if c.Took >= time.Second {
		s += ", in " + web.Dur(c.Took)
	}
	return s + "."
}
