package incidentweb

import (
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// buttons are what the incident page offers: the next step first and filled,
// up to four in sight, the rest in the menu.
func buttons(v *web.View, inc incident.View) ([]web.Button, web.Menu) {
	to := path(inc.Incident) + "/"
	var out []web.Button
	more := web.Menu{Title: "More"}
	verb := func(can incident.Verb, b web.Button) {
		if inc.Can[can] {
			b.Path = to + b.Path
			out = append(out, b)
		}
	}
	rest := func(can incident.Verb, b web.Button) {
		if inc.Can[can] {
			b.Path = to + b.Path
			more.Items = append(more.Items, b)
		}
	}
	mitigate := web.Button{Title: "Mitigated…", Icon: "check", Path: "mitigate"}
	resolve := web.Button{Title: "Resolve…", Icon: "circle-check", Path: "resolve"}
	switch inc.State {
	case incident.Triggered:
		verb(incident.VerbAcknowledge, web.Button{Title: "Acknowledge", Icon: "check", Tone: "primary", Post: true, Path: "acknowledge"})
		verb(incident.VerbMitigate, mitigate)
	case incident.Acknowledged:
		mitigate.Tone = "primary"
		verb(incident.VerbMitigate, mitigate)
	case incident.Mitigated:
		resolve.Tone = "primary"
		verb(incident.VerbResolve, resolve)
		verb(incident.VerbReopen, web.Button{Title: "Broken again…", Icon: "arrow-back-up", Path: "reopen"})
	case incident.Resolved:
		verb(incident.VerbReopen, web.Button{Title: "Reopen…", Icon: "arrow-back-up", Path: "reopen"})
		verb(incident.VerbClose, web.Button{Title: "Close", Icon: "check", Post: true, Path: "close"})
	}
	verb(incident.VerbUpdate, web.Button{Title: "Update status", Icon: "speakerphone", Path: "update"})
	verb(incident.VerbAssign, web.Button{Title: "Assign role", Icon: "user-plus", Path: "assign"})
	if inc.State == incident.Triggered || inc.State == incident.Acknowledged {
		rest(incident.VerbResolve, resolve)
	}
	rest(incident.VerbWait, web.Button{Title: "Wait for somebody…", Icon: "player-pause", Path: "wait"})
	rest(incident.VerbContinue, web.Button{Title: "Go on", Icon: "player-play", Post: true, Path: "continue"})
	rest(incident.VerbReassign, web.Button{Title: "Hand to another team…", Icon: "users-group", Path: "reassign"})
	rest(incident.VerbEdit, web.Button{Title: "Edit…", Icon: "edit", Path: "edit"})
	rest(incident.VerbMerge, web.Button{Title: "Merge into…", Icon: "git-merge", Path: "merge"})
	rest(incident.VerbEdit, web.Button{Title: "Part of another…", Icon: "sitemap", Path: "parent"})
	rest(incident.VerbRestrict, web.Button{Title: "Who may see this…", Icon: "lock", Path: "restrict"})
	if inc.Can[incident.VerbCancel] {
		more.Items = append(more.Items, web.Button{})
		rest(incident.VerbCancel, web.Button{Title: "Cancel, it was none…", Icon: "ban", Tone: "danger", Path: "cancel"})
	}
	return out, more
}

// phone picks the two buttons of the phone's bar; the others join its menu.
func phone(all []web.Button, more web.Menu) ([]web.Button, web.Menu) {
	n := min(2, len(all))
	menu := web.Menu{Title: "More actions", Icon: "dots", Only: true}
	menu.Items = append(append(menu.Items, all[n:]...), more.Items...)
	return all[:n], menu
}
