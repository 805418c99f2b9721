package app

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora/doraweb"
	"github.com/evenkeel/evenkeel/internal/change/window/windowweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// changeTabs lead from each page about changes to the others.
var changeTabs = []web.Tab{
	{Title: "List", Path: "/changes"},
	{Title: "Waits for you", Path: "/changes/waiting"},
	{Title: "Calendar", Path: "/changes/calendar"},
	{Title: "Measures", Path: "/changes/measures"},
	{Title: "Approval ledger", Path: "/changes/ledger"},
	{Title: "Policy", Path: "/changes/policy"},
	{Title: "Risk score", Path: "/changes/risk"},
}

// measurePages are the figures of delivery and what approvals cost.
func (a *App) measurePages() *doraweb.Pages {
	return &doraweb.Pages{Shell: a.shell, Dora: a.Dora, Tabs: changeTabs, Teams: a.teamOptions, People: a.names}
}

// calendarPages are the change calendar and its windows.
func (a *App) calendarPages(m *doraweb.Pages) *windowweb.Pages {
	return &windowweb.Pages{
		Shell: a.shell, Windows: a.Windows, Tabs: changeTabs, Figures: m.Strip, Teams: a.teamOptions, URL: a.cfg.PublicURL,
		Move: func(ctx context.Context, id int64, from, to time.Time) error {
			_, err := a.Changes.Plan(ctx, id, from, to)
			return err
		},
	}
}
