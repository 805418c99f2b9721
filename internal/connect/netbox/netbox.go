// Package netbox reads what NetBox knows of sites, racks, devices, virtual
// machines, networks, circuits, cables and power: from a dump of its database
// (`manage.py dumpdata`, versions 3.5 and later) or from saved pages of its
// REST API. Models and fields:
// https://netboxlabs.com/docs/netbox/models/ and, for what the versions
// renamed, https://netboxlabs.com/docs/netbox/release-notes/ (device_role is
// role since 3.6; site gave way to scope in 4.2).
//
//	region, site, location, rack      → location
//	device, virtual machine           → device, or host where its role or cluster says so
//	cluster                           → cluster
//	prefix, VLAN, circuit             → network; provider → supplier; tenant → team
//	power panel, power feed           → device
//	virtual chassis                   → device that works while one member does
//	cables                            → connects_to; from a power port: runs_on
//
// Interfaces, ports and outlets are no items: they roll up to their device.
//
// Invariants:
//   - Keys are natural ("dm-akron/dmi01-akron-rtr01"), never row numbers, so
//     that another version of NetBox, or one that was filled again, gives the
//     same items: no false drift.
//   - Only the fields of models.go are kept. Users, sessions, contacts,
//     tokens, secrets, comments, custom fields and config contexts are passed
//     over before they are decoded.
//   - The same content gives the same records in the same order, whatever order
//     it was dumped in.
package netbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// Options of one reading.
type Options struct {
	Env  string // of everything read; NetBox has no word for it
	File string // for faults; empty: "file"
}

// object is one row.
type object struct {
	model string
	id    int64
	f     map[string]any // string, json.Number, bool, []any
	full  bool           // read as itself, not only named by another
}

func (o *object) text(name string) string {
	if o == nil {
		return ""
	}
	switch v := o.f[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (o *object) num(name string) int64 {
	if o == nil {
		return 0
	}
	n, _ := o.f[name].(json.Number)
	i, _ := n.Int64() // 0 is no row
	return i
}

// reader gathers rows.
type reader struct {
	opt     Options
	rows    map[string]map[int64]*object
	parts   map[string]map[int64]int64 // part model → id → owner
	cables  map[int64]map[string][]end // cable → side → what it ends in
	remarks []cmdb.Remark
}

// end is what one end of a cable is plugged into.
type end struct {
	model string
	id    int64
}

// Read reads a dump or pages of the REST API, plain or packed with gzip, and
// emits items first, then relations.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	if opt.File == "" {
		opt.File = "file"
	}
	b := &reader{opt: opt, rows: map[string]map[int64]*object{}, parts: map[string]map[int64]int64{}, cables: map[int64]map[string][]end{}}
	if _, err := jsonstream.Each(r, opt.File, []string{"results"}, b.element); err != nil {
		return nil, err
	}
	b.plug()
	return b.finish(emit)
}

func (b *reader) remark(place, text string) {
	if len(b.remarks) < 1000 {
		b.remarks = append(b.remarks, cmdb.Remark{Place: place, Text: text})
	}
}

// element takes one row of a dump, or one object of the REST API.
func (b *reader) element(e jsonstream.Element) error {
	if e.List == "" && e.Head == nil && bytes.Contains(e.Value, []byte(`"results"`)) && !bytes.Contains(e.Value, []byte(`"model"`)) {
		return errs.BadField(b.opt.File, "", e.Place+": this answer of the REST API has no list of results")
	}
	var row struct {
		Model  string                     `json:"model"`
		PK     json.RawMessage            `json:"pk"`
		Fields map[string]json.RawMessage `json:"fields"`
		URL    string                     `json:"url"`
	}
	var t struct {
		Model json.RawMessage `json:"model"`
		URL   string          `json:"url"`
	}
	if len(e.Value) == 0 || e.Value[0] != '{' || json.Unmarshal(e.Value, &t) != nil {
		return errs.BadField(b.opt.File, "", e.Place+": this is no row of a NetBox dump and no object of its REST API")
	}
	if t.URL != "" {
		return b.rest(e.Place, e.Value)
	}
	if err := json.Unmarshal(t.Model, &row.Model); err != nil || row.Model == "" {
		return errs.BadField(b.opt.File, "", e.Place+": this has neither a model (a dump) nor a url (the REST API)")
	}
	names := kept[row.Model]
	if names == nil {
		return nil
	}
	if err := json.Unmarshal(e.Value, &row); err != nil {
		return errs.BadField(b.opt.File, "", e.Place+": this row is not as dumpdata writes it").Because(err)
	}
	id, err := strconv.ParseInt(string(row.PK), 10, 64)
	if err != nil {
		if row.Model == "contenttypes.contenttype" { // dumped with --natural-primary: then nobody names it by number
			return nil
		}
		return errs.BadField(b.opt.File, string(row.PK), e.Place+".pk: use the row's number, as dumpdata writes it")
	}
	o := &object{model: row.Model, id: id, full: true, f: map[string]any{}}
	for _, n := range names {
		raw, ok := row.Fields[n]
		if !ok || string(raw) == "null" || string(raw) == `""` {
			continue
		}
		v, err := plain(raw)
		if err != nil {
			return errs.BadField(b.opt.File, errs.Short(string(raw)), e.Place+".fields."+n+": this value cannot be read").Because(err)
		}
		o.f[n] = v
	}
	b.add(o)
	return nil
}

func plain(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// add keeps a row; what was read as itself replaces what others named.
func (b *reader) add(o *object) {
	if owner := part[o.model]; owner != "" {
		name := "device"
		if owner != "dcim.device" {
			name = "virtual_machine"
		}
		if b.parts[o.model] == nil {
			b.parts[o.model] = map[int64]int64{}
		}
		b.parts[o.model][o.id] = o.num(name)
		return
	}
	if b.rows[o.model] == nil {
		b.rows[o.model] = map[int64]*object{}
	}
	if old := b.rows[o.model][o.id]; old != nil && old.full && !o.full {
		return
	}
	b.rows[o.model][o.id] = o
}

// get follows a foreign key; nil when it leads nowhere.
func (b *reader) get(o *object, field, model string) *object {
	if id := o.num(field); id != 0 {
		return b.rows[model][id]
	}
	return nil
}

// typed reads a generic foreign key: ["dcim","site"], "dcim.site", or the
// number of a content type.
func (b *reader) typed(o *object, kind, id string) end {
	e := end{id: o.num(id)}
	switch v := o.f[kind].(type) {
	case []any:
		if len(v) == 2 {
			e.model = fmt.Sprintf("%v.%v", v[0], v[1])
		}
	case string:
		e.model = v
	case json.Number:
		if t := b.get(o, kind, "contenttypes.contenttype"); t != nil {
			e.model = t.text("app_label") + "." + t.text("model")
		}
	}
	return e
}

// plug sorts the cables' ends.
func (b *reader) plug() {
	lost := 0
	for _, t := range b.rows["dcim.cabletermination"] {
		e := b.typed(t, "termination_type", "termination_id")
		if e.model == "" {
			lost++
			continue
		}
		b.end(t.num("cable"), t.text("cable_end"), e)
	}
	if lost > 0 {
		b.remark("dcim.cabletermination", fmt.Sprintf("%d ends of cables name their kind by a number that the dump does not explain; dump with --natural-foreign", lost))
	}
}

func (b *reader) end(cable int64, side string, e end) {
	if b.cables[cable] == nil {
		b.cables[cable] = map[string][]end{}
	}
	b.cables[cable][side] = append(b.cables[cable][side], e)
}
