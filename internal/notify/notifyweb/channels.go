package notifyweb

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ChannelsPage lists channels with their health.
type ChannelsPage struct {
	web.Page
	Table     web.Table
	Pager     web.Pager
	Empty     web.Empty
	Configure bool
}

var channelsPage = web.Parse(files, "channels.html", ChannelsPage{})

const pageSize = 50

// Channels handles GET /settings/channels.
func (p *Pages) Channels(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Notify.Channels(r.Context(), r.URL.Query().Get("after"), pageSize+1)
	if err != nil {
		return err
	}
	page := &ChannelsPage{Page: p.Shell.Page(r, "Channels", "settings")}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Settings", Path: "/settings"}}, "*"
	page.Configure = page.V.May(actor.Configure)
	page.Empty = web.Empty{Icon: "broadcast", Title: "No channels yet", Text: "People are told by e-mail. A channel posts a team's notices where the team looks: a mailing list, Slack, Microsoft Teams, ntfy, or any system by a signed webhook."}
	if page.Configure {
		page.Empty.Button = &web.Button{Title: "Add a channel…", Path: "/settings/channels/new", Icon: "plus", Tone: "primary"}
	}
	page.Table = web.Table{Label: "Channels", V: page.V, Columns: []web.Column{{Title: "Channel", Phone: true}, {Title: "Team", Width: 150}, {Title: "Takes", Width: 170},
		{Title: "Health", Width: 120, Phone: true}, {Title: "Last sent", Width: 120}}}
	if len(list) > pageSize {
		list = list[:pageSize]
		page.Pager = web.Pager{Older: "/settings/channels?after=" + url.QueryEscape(list[pageSize-1].Name), Shown: web.Plural(pageSize, "channel", "channels") + " shown, by name"}
	}
	for _, c := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: c.Spec.Disabled, Cells: []web.Cell{{Icon: kindIcons[c.Spec.Kind], Text: c.Name, Path: c.Ref().Path(), Sub: to(c)},
			{Text: c.Spec.Team}, {Text: urgencyTitles[c.Spec.Urgency]}, {Tag: health(c)}, {At: c.Health.Good}}})
	}
	return p.Shell.Render(w, r, channelsPage, page)
}

// to is where a channel leads, without its secrets.
func to(c notify.Channel) string {
	if c.Spec.Kind == notify.Email {
		return strings.Join(c.Spec.Addresses, ", ")
	}
	return c.Host
}
