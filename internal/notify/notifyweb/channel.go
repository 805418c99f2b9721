package notifyweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ChannelPage shows a channel, its health, and what came of a test.
type ChannelPage struct {
	web.Page
	Channel notify.Channel
	Facts   []web.Def
	Health  []web.Def
	Tag     web.Tag
	Secret  string // made just now; shown this once
	Tested  *web.Notice
	Edit    bool
	Delete  bool // ask whether to delete
	Ask     web.Confirm
}

var channelPage = web.Parse(files, "channel.html", ChannelPage{})

// Channel handles GET /settings/channels/{name}.
func (p *Pages) Channel(w http.ResponseWriter, r *http.Request) error {
	page, err := p.channelPage(r, r.PathValue("name"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, channelPage, page)
}

func (p *Pages) channelPage(r *http.Request, name string) (*ChannelPage, error) {
	c, err := p.Notify.Channel(r.Context(), name)
	if err != nil {
		return nil, err
	}
	page := &ChannelPage{Page: p.Shell.Page(r, c.Name, "settings"), Channel: c, Tag: *health(c), Delete: r.URL.Query().Get("delete") != ""}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Settings", Path: "/settings"}, {Title: "Channels", Path: "/settings/channels"}}, c.Ref().String()
	page.Edit = page.V.May(actor.Configure)
	page.Facts = []web.Def{
		{Term: "Kind", Text: kindTitles[c.Spec.Kind]},
		{Term: "Team", Text: c.Spec.Team, Path: ref.S(ref.Team, c.Spec.Team).Path()},
		{Term: "Takes", Text: urgencyTitles[c.Spec.Urgency]},
	}
	if t := to(c); t != "" {
		page.Facts = append(page.Facts, web.Def{Term: "Posts to", Text: t})
	}
	if c.Spec.Kind == notify.Webhook && c.HasSecret {
		page.Facts = append(page.Facts, web.Def{Term: "Signed", Text: "yes", Sub: "the secret is stored sealed"})
	}
	if c.Spec.PerMinute > 0 {
		page.Facts = append(page.Facts, web.Def{Term: "At most", Text: web.Plural(c.Spec.PerMinute, "message", "messages") + " a minute"})
	}
	page.Facts = append(page.Facts, web.Def{Term: "Changed", HTML: page.V.Time(c.UpdatedAt)})
	if lack := c.Missing(); lack != "" {
		page.Health = append(page.Health, web.Def{Term: "It lacks", Text: lack, Sub: "messages wait for it"})
	}
	if c.Health.Failures > 0 {
		page.Health = append(page.Health, web.Def{Term: "Failing", Text: web.Plural(c.Health.Failures, "time", "times") + " in a row"})
	}
	if !c.Health.Good.IsZero() {
		page.Health = append(page.Health, web.Def{Term: "Last sent", HTML: page.V.Time(c.Health.Good)})
	}
	if !c.Health.Bad.IsZero() {
		page.Health = append(page.Health, web.Def{Term: "Last failure", HTML: page.V.Time(c.Health.Bad)}, web.Def{Term: "It said", Text: c.Health.Error})
	}
	page.Ask = web.Confirm{Path: c.Ref().Path() + "/delete", Title: "Delete the channel " + c.Name + "?", Text: "Messages that wait for it become dead letters.", Button: "Delete", Danger: true, Cancel: c.Ref().Path()}
	return page, nil
}

// TestChannel handles POST /settings/channels/{name}/test and shows what came
// of it.
func (p *Pages) TestChannel(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	res, err := p.Notify.TestChannel(r.Context(), name)
	if err != nil {
		return err
	}
	page, err := p.channelPage(r, name)
	if err != nil {
		return err
	}
	page.Tested = &web.Notice{Tone: "green", Icon: "circle-check", Fact: "The test message was taken.", Effect: "It took " + web.Dur(res.Latency) + "; look whether it shows up there."}
	if !res.Sent {
		page.Tested = &web.Notice{Tone: "red", Fact: "The test message did not go out:", Effect: res.Error + "."}
	}
	return p.Shell.Render(w, r, channelPage, page)
}

// DeleteChannel handles POST /settings/channels/{name}/delete.
func (p *Pages) DeleteChannel(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.Notify.DeleteChannel(r.Context(), name); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/channels", "The channel "+name+" is deleted")
}
