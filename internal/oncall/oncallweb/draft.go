package oncallweb

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// draft is a schedule as its form has it: text, a layer for each fieldset.
type draft struct {
	name, title, description, team, zone string
	version                              string
	layers                               []draftLayer
}

type draftLayer struct {
	name, start, end, n, unit, shifts, only string
	beside                                  bool
}

// mostLayers bounds what a form carries; the service says what is too many.
const mostLayers = 60

// readDraft takes a draft out of a posted form.
func readDraft(f *web.Form) draft {
	d := draft{name: f.Get("name"), title: f.Get("title"), description: f.Get("description"), team: f.Get("team"), zone: f.Get("zone"), version: f.Get("version")}
	count, _ := strconv.Atoi(f.Get("layers")) // what is no number is none
	for i := range min(max(count, 0), mostLayers) {
		get := func(field string) string { return f.Get(fmt.Sprintf("layer.%d.%s", i, field)) }
		d.layers = append(d.layers, draftLayer{get("name"), get("start"), get("end"), get("n"), get("unit"), get("shifts"), get("only"), get("beside") != ""})
	}
	return d
}

// values are the draft as a form's.
func (d draft) values() url.Values {
	v := url.Values{"name": {d.name}, "title": {d.title}, "description": {d.description}, "team": {d.team}, "zone": {d.zone}, "version": {d.version}, "layers": {strconv.Itoa(len(d.layers))}}
	for i, l := range d.layers {
		set := func(field, value string) { v.Set(fmt.Sprintf("layer.%d.%s", i, field), value) }
		set("name", l.name)
		set("start", l.start)
		set("end", l.end)
		set("n", l.n)
		set("unit", l.unit)
		set("shifts", l.shifts)
		set("only", l.only)
		if l.beside {
			set("beside", "on")
		}
	}
	return v
}

// draftOf is a stored schedule as its form shows it.
func draftOf(s oncall.Schedule) draft {
	d := draft{name: s.Name, title: s.Spec.Title, description: s.Spec.Description, team: s.Spec.Team, zone: s.Spec.Zone, version: strconv.FormatInt(s.Version, 10)}
	for _, l := range s.Spec.Layers {
		n, unit := splitEvery(l.Every)
		var lines []string
		for _, shift := range l.Shifts {
			lines = append(lines, strings.Join(shift, ", "))
		}
		d.layers = append(d.layers, draftLayer{l.Name, l.Start, l.End, n, unit, strings.Join(lines, "\n"), windowText(l.Only), l.Beside})
	}
	return d
}

// spec is the draft as the service takes it.
func (d draft) spec() oncall.Spec {
	s := oncall.Spec{Title: d.title, Description: d.description, Team: d.team, Zone: d.zone}
	for _, l := range d.layers {
		spec := oncall.LayerSpec{Name: l.name, Start: l.start, End: l.end, Every: joinEvery(l.n, l.unit), Beside: l.beside, Only: windowsOf(l.only)}
		for line := range strings.Lines(l.shifts) {
			if shift := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" ,;+&\t\r\n", r) }); len(shift) > 0 {
				spec.Shifts = append(spec.Shifts, shift)
			}
		}
		s.Layers = append(s.Layers, spec)
	}
	return s
}

var everyForm = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$`)

// splitEvery takes an ISO 8601 length apart: "P2W" → "2", "w". One of several
// units comes in the smallest.
func splitEvery(iso string) (n, unit string) {
	m := everyForm.FindStringSubmatch(strings.ToUpper(iso))
	if m == nil {
		return iso, ""
	}
	num := func(i int) int { k, _ := strconv.Atoi(m[i]); return k }
	if minutes := num(3)*60 + num(4); minutes > 0 {
		if minutes%60 == 0 {
			return strconv.Itoa(minutes / 60), "h"
		}
		return strconv.Itoa(minutes), "m"
	}
	if d := num(1)*7 + num(2); d%7 != 0 {
		return strconv.Itoa(d), "d"
	} else if d > 0 {
		return strconv.Itoa(d / 7), "w"
	}
	return iso, ""
}

func joinEvery(n, unit string) string {
	switch unit {
	case "h", "m":
		return "PT" + n + strings.ToUpper(unit)
	case "d", "w":
		return "P" + n + strings.ToUpper(unit)
	}
	return n
}

// windowText writes restrictions one a line: "mon-fri 08:00-20:00 Europe/Oslo".
func windowText(list []oncall.WindowSpec) string {
	var lines []string
	for _, w := range list {
		parts := []string{}
		if len(w.Days) > 0 && len(w.Days) < 7 {
			parts = append(parts, dayText(w.Days))
		}
		parts = append(parts, w.From+"-"+w.To)
		if w.Zone != "" {
			parts = append(parts, w.Zone)
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, "\n")
}

func dayText(list []string) string {
	on := [7]bool{}
	for _, d := range list {
		if i := slices.Index(oncall.Days[:], strings.ToLower(d)); i >= 0 {
			on[i] = true
		}
	}
	var parts []string
	for i := 0; i < 7; i++ {
		if !on[i] {
			continue
		}
		j := i
		for j < 6 && on[j+1] {
			j++
		}
		switch {
		case j == i:
			parts = append(parts, oncall.Days[i])
		case j == i+1:
			parts = append(parts, oncall.Days[i], oncall.Days[j])
		default:
			parts = append(parts, oncall.Days[i]+"-"+oncall.Days[j])
		}
		i = j
	}
	return strings.Join(parts, ",")
}

// windowsOf reads restrictions; what it cannot read is passed on for the
// service to refuse.
func windowsOf(s string) (out []oncall.WindowSpec) {
	for line := range strings.Lines(strings.NewReplacer("–", "-", " - ", "-", ", ", ",").Replace(s)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var w oncall.WindowSpec
		if c := words[0][0]; (c < '0' || c > '9') && len(words) > 1 {
			w.Days, words = dayList(words[0]), words[1:]
		}
		w.From, w.To, _ = strings.Cut(words[0], "-")
		if len(words) > 1 {
			w.Zone = strings.Join(words[1:], " ")
		}
		out = append(out, w)
	}
	return out
}

func dayList(s string) (out []string) {
	for part := range strings.SplitSeq(strings.ToLower(s), ",") {
		a, b, isRange := strings.Cut(part, "-")
		i, j := slices.Index(oncall.Days[:], cut3(a)), slices.Index(oncall.Days[:], cut3(b))
		if !isRange || i < 0 || j < 0 {
			if part != "" {
				out = append(out, cut3(part))
			}
			continue
		}
		for ; ; i = (i + 1) % 7 { // fri-mon goes over the weekend
			if out = append(out, oncall.Days[i]); i == j {
				break
			}
		}
	}
	return out
}

// cut3 takes "monday" for "mon"; other words stay, to be refused by name.
func cut3(s string) string {
	if len(s) > 3 && slices.Contains(oncall.Days[:], s[:3]) && strings.HasSuffix(s, "day") {
		return s[:3]
	}
	return s
}

var inLayer = regexp.MustCompile(`^layers\[(\d+)\]\.([a-z]+)(?:\[(\d+)\])?(.*)$`)

// place moves the service's faults to the boxes they were typed in:
// "layers[1].shifts[0][2]" to "layer.1.shifts".
func place(form *web.Form) {
	for i, f := range form.Faults {
		m := inLayer.FindStringSubmatch(f.Name)
		if m == nil {
			continue
		}
		field := m[2]
		if field == "every" {
			field = "n"
		}
		if m[3] != "" { // one line of several
			line, _ := strconv.Atoi(m[3])
			where := fmt.Sprintf("line %d", line+1)
			if f.Value != "" {
				where += ", “" + f.Value + "”"
			}
			form.Faults[i].Remedy, form.Faults[i].Value = where+": "+f.Remedy, ""
		}
		form.Faults[i].Name = "layer." + m[1] + "." + field
	}
}
