package web

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// Door is one line of an index: where it leads and what one does there.
type Door struct {
	Title, Path, Icon string
	What              string           // one sentence
	Need              actor.Permission // shown only to those who have it; empty: to all
}

// DoorGroup is a titled card of doors.
type DoorGroup struct {
	Title string
	Doors []Door
}

// IndexPage leads to other pages, such as Settings.
type IndexPage struct {
	Page
	Groups []DoorGroup
}

var indexPage = Parse(shared, "pages/index.html", IndexPage{})

// Index returns the handler of a page that leads to others. Groups of which the
// viewer may open nothing are left out.
func (s *Shell) Index(title, nav string, groups []DoorGroup) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := actor.Require(r.Context(), actor.Read); err != nil {
			return err
		}
		p := &IndexPage{Page: s.Page(r, title, nav)}
		for _, g := range groups {
			var open []Door
			for _, d := range g.Doors {
				if d.Need == "" || p.V.May(d.Need) {
					open = append(open, d)
				}
			}
			if len(open) > 0 {
				p.Groups = append(p.Groups, DoorGroup{g.Title, open})
			}
		}
		return s.Render(w, r, indexPage, p)
	}
}
