package incidentweb

import (
	"html/template"

	"github.com/evenkeel/evenkeel/internal/web"
)

// Behind is a thing that services that alert have in common.
type Behind struct {
	Key, Path, Name string
	Kind, Team      string
	Says            string   // "needed by 4 services that alert: …"
	Way             []string // from one of them to it
	Unwell          bool     // monitoring says so: it may be the cause. Else it is something in common and no more.
}

// behinds is the candidates with their heading: common need alone is never
// called a cause.
type behinds struct {
	Head, Note string
	List       []Behind
}

func behindOf(list []Behind) behinds {
	if len(list) > 0 && list[0].Unwell {
		return behinds{Head: "Probably behind it", List: list}
	}
	return behinds{Head: "What they have in common", Note: "Nobody says that it is unwell; it may be chance.", List: list}
}

var behindPart = web.Parse(files, "behind.html", behinds{})

// BehindPart shows candidates as the body of a panel.
func BehindPart(list []Behind) (template.HTML, error) {
	b := behindOf(list)
	return behindPart.Fragment(&b)
}
