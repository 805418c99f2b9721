package netbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// address is that of one object of the REST API
// (https://netboxlabs.com/docs/netbox/integrations/rest-api/).
var address = regexp.MustCompile(`/api/([a-z-]+)/([a-z-]+)/([0-9]+)/?$`)

// plurals are the endpoints whose model is not their name without the s.
var plurals = map[string]string{"prefixes": "prefix", "ip-addresses": "ipaddress", "virtual-chassis": "virtualchassis", "virtual-machines": "virtualmachine"}

func modelOf(url string) (string, int64, bool) {
	m := address.FindStringSubmatch(url)
	if m == nil {
		return "", 0, false
	}
	name := plurals[m[2]]
	if name == "" {
		name = strings.ReplaceAll(strings.TrimSuffix(m[2], "s"), "-", "")
	}
	var id int64
	_, err := fmt.Sscan(m[3], &id)
	return m[1] + "." + name, id, err == nil
}

// rest turns an object of the REST API into the row it stands for: a nested
// object becomes its number (and a row that is only named), {value, label} its
// value.
func (b *reader) rest(place string, raw []byte) error {
	v, err := plain(raw)
	if err != nil {
		return errs.BadField(b.opt.File, "", place+": this object cannot be read").Because(err)
	}
	m := v.(map[string]any) // the caller has seen the brace
	o, ok := b.row(m)
	if !ok {
		return errs.BadField(b.opt.File, fmt.Sprint(m["url"]), place+".url: use objects of the REST API as it sends them")
	}
	if kept[o.model] == nil {
		return nil
	}
	o.full = true
	b.add(o)
	if o.model == "dcim.cable" {
		for side, name := range map[string]string{"A": "a_terminations", "B": "b_terminations"} {
			list, _ := m[name].([]any)
			for _, t := range list {
				t, _ := t.(map[string]any)
				kind, _ := t["object_type"].(string)
				n, _ := t["object_id"].(json.Number)
				id, err := n.Int64()
				if kind == "" || err != nil {
					b.remark(place+"."+name, "names no object and is left out")
					continue
				}
				b.end(o.id, side, end{kind, id})
				if inner, ok := t["object"].(map[string]any); ok {
					if p, ok := b.row(inner); ok {
						b.add(p)
					}
				}
			}
		}
	}
	return nil
}

// row reads one object, and keeps what it names.
func (b *reader) row(m map[string]any) (*object, bool) {
	url, _ := m["url"].(string)
	model, id, ok := modelOf(url)
	if !ok {
		return nil, false
	}
	o := &object{model: model, id: id, f: map[string]any{}}
	for _, n := range kept[model] {
		switch v := m[n].(type) {
		case nil:
		case map[string]any:
			if _, nested := v["url"]; nested {
				if inner, ok := b.row(v); ok {
					if kept[inner.model] != nil {
						b.add(inner)
					}
					o.f[n] = json.Number(fmt.Sprint(inner.id))
				}
			} else if value, ok := v["value"]; ok && value != nil && value != "" {
				o.f[n] = value
			}
		case string:
			if v != "" {
				o.f[n] = v
			}
		case []any:
		default:
			o.f[n] = v
		}
	}
	return o, true
}
