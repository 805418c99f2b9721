package cmdb

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// The limits of a record, in bytes where not said otherwise. Keys, names and
// identifiers stand in indexes, whose entries have at most 2.7 kB (PostgreSQL).
const (
	MaxKey         = 1000
	MaxName        = 500
	MaxIdentifier  = 1000
	MaxIdentifiers = 200 // of one item
	MaxAttributes  = 500 // of one item
	MaxItemSize    = 64 << 10
	MaxGroup       = 200
	MaxNeed        = 1000
)

// fact is an item as one source sees it, checked and in one form: the same
// content has the same digest, in whatever order it came.
type fact struct {
	key, kind, name, env, team string
	identifiers                []Identifier // sorted, each once
	attributes                 string       // JSON object, names sorted, no spaces; "{}" for none
	digest                     string
}

// link is a relation as one source sees it, checked. Its ends are texts, see
// End.text.
type link struct {
	from, to   string
	kind       uint8 // position in RelationKinds
	strength   Strength
	group      string
	need       int
	provenance Provenance
	flow       Flow
}

// knownKinds answers whether items may be of a kind.
type knownKinds func(kind string) (bool, error)

// prepareItem checks what a source sees and gives it its form. at names the
// place of the record for errors.
func prepareItem(at string, s *Seen, known knownKinds) (fact, error) {
	var bad errs.Fields
	text := func(field, v string, limit int, need bool) {
		switch {
		case need && strings.TrimSpace(v) == "":
			bad.Add(at+field, v, "it is missing")
		case len(v) > limit:
			bad.Add(at+field, v, fmt.Sprintf("use at most %d bytes; these are %d", limit, len(v)))
		case !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0:
			bad.Add(at+field, v, "use text in UTF-8 without NUL")
		}
	}
	text("key", s.Key, MaxKey, true)
	text("name", s.Name, MaxName, true)
	text("env", s.Env, MaxName, false)
	text("team", s.Team, MaxName, false)
	if ok, err := known(s.Kind); err != nil {
		return fact{}, err
	} else if !ok {
		bad.Add(at+"kind", s.Kind, "there is no such kind; use one of "+strings.Join(Kinds, ", ")+", or add it as an ItemKind")
	}
	f := fact{key: s.Key, kind: s.Kind, name: strings.TrimSpace(s.Name), env: strings.TrimSpace(s.Env), team: strings.TrimSpace(s.Team), attributes: "{}"}
	if len(s.Identifiers) > MaxIdentifiers {
		bad.Add(at+"identifiers", strconv.Itoa(len(s.Identifiers)), fmt.Sprintf("use at most %d of one item", MaxIdentifiers))
	}
	for i, id := range s.Identifiers {
		field := fmt.Sprintf("identifiers[%d].", i)
		if !isScheme(id.Scheme) {
			bad.Add(at+field+"scheme", id.Scheme, schemeForm)
		}
		text(field+"value", id.Value, MaxIdentifier, true)
	}
	f.identifiers = distinct(s.Identifiers)
	var err *errs.Field
	if f.attributes, err = attributesText(s.Attributes); err != nil {
		bad.Add(at+err.Name, err.Value, err.Remedy)
	}
	if err := bad.Err(); err != nil {
		return fact{}, err
	}
	body := f.body()
	if len(body) > MaxItemSize {
		bad.Add(at+"attributes", "", fmt.Sprintf("use at most %d bytes for one item; these are %d", MaxItemSize, len(body)))
		return fact{}, bad.Err()
	}
	f.digest = digestOf(body)
	return f, nil
}

// distinct sorts identifiers and drops repetitions; sources are not changed.
func distinct(list []Identifier) []Identifier {
	if len(list) == 0 {
		return nil
	}
	out := slices.Clone(list)
	slices.SortFunc(out, compareIdentifiers)
	return slices.Compact(out)
}

func compareIdentifiers(a, b Identifier) int {
	if c := strings.Compare(a.Scheme, b.Scheme); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

// attributesText is the one form of attributes.
func attributesText(attributes map[string]json.RawMessage) (string, *errs.Field) {
	if len(attributes) == 0 {
		return "{}", nil
	}
	if len(attributes) > MaxAttributes {
		return "", &errs.Field{Name: "attributes", Value: strconv.Itoa(len(attributes)), Remedy: fmt.Sprintf("use at most %d of one item", MaxAttributes)}
	}
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range names {
		if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0 {
			return "", &errs.Field{Name: "attributes", Value: errs.Short(name), Remedy: fmt.Sprintf("name attributes with 1 to %d bytes of UTF-8", MaxName)}
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(appendText(nil, name))
		b.WriteByte(':')
		raw := attributes[name]
		if err := json.Compact(&b, raw); err != nil || !utf8.Valid(raw) {
			return "", &errs.Field{Name: "attributes." + errs.Short(name), Value: errs.Short(string(raw)), Remedy: "write a JSON value in UTF-8"}
		}
	}
	b.WriteByte('}')
	return b.String(), nil
}

// body is the fact's JSON, as of Seen without the key: what is kept.
func (f *fact) body() []byte {
	b := make([]byte, 0, 128+len(f.attributes)+len(f.name)+64*len(f.identifiers))
	b = appendText(append(b, `{"kind":`...), f.kind)
	b = appendText(append(b, `,"name":`...), f.name)
	if f.env != "" {
		b = appendText(append(b, `,"env":`...), f.env)
	}
	if f.team != "" {
		b = appendText(append(b, `,"team":`...), f.team)
	}
	if len(f.identifiers) > 0 {
		b = append(b, `,"identifiers":[`...)
		for i, id := range f.identifiers {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(append(b, `{"scheme":`...), id.Scheme)
			b = append(appendText(append(b, `,"value":`...), id.Value), '}')
		}
		b = append(b, ']')
	}
	if f.attributes != "{}" {
		b = append(append(b, `,"attributes":`...), f.attributes...)
	}
	return append(b, '}')
}

// appendText writes a JSON string; what is plain is copied.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(s) // a string cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawStdEncoding.EncodeToString(sum[:16])
}

// prepareLink checks a relation. standard is the provenance of those that do
// not say one.
func prepareLink(at string, r *SeenRelation, standard Provenance) (link, error) {
	var bad errs.Fields
	kind := slices.Index(RelationKinds, r.Kind)
	if kind < 0 {
		bad.Add(at+"kind", string(r.Kind), "use one of "+joined(RelationKinds))
	}
	l := link{kind: uint8(max(kind, 0)), strength: r.Strength, group: r.Group, need: r.Need, provenance: r.Provenance, flow: r.Flow}
	if r.Strength != "" && r.Strength != Hard && r.Strength != Soft {
		bad.Add(at+"strength", string(r.Strength), "use hard or soft, or leave it out")
	}
	if len(r.Group) > MaxGroup || !utf8.ValidString(r.Group) || strings.IndexByte(r.Group, 0) >= 0 {
		bad.Add(at+"group", r.Group, fmt.Sprintf("use at most %d bytes of UTF-8", MaxGroup))
	}
	if r.Need < 0 || r.Need > MaxNeed {
		bad.Add(at+"need", strconv.Itoa(r.Need), fmt.Sprintf("use 0 to %d", MaxNeed))
	}
	if r.Need > 0 && r.Group == "" {
		bad.Add(at+"need", strconv.Itoa(r.Need), "it counts members of a group; name the group, or leave it out")
	}
	if r.Provenance > Declared|Observed|Inferred {
		bad.Add(at+"provenance", strconv.Itoa(int(r.Provenance)), "use declared (1), observed (2) or inferred (4)")
	}
	for name, v := range map[string]float64{"per_second": r.Flow.PerSecond, "errors": r.Flow.Errors, "p95_seconds": r.Flow.P95} {
		if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			bad.Add(at+"flow."+name, fmt.Sprint(v), "use a number of at least 0")
		}
	}
	if l.provenance == 0 {
		l.provenance = standard
	}
	l.flow.At = l.flow.At.UTC().Truncate(time.Microsecond) // as it is stored
	l.from = prepareEnd(at+"from", r.From, &bad)
	l.to = prepareEnd(at+"to", r.To, &bad)
	return l, bad.Err()
}

func joined[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

func prepareEnd(at string, e End, bad *errs.Fields) string {
	v := e.Key + e.Value
	switch {
	case (e.Key == "") == (e.Scheme == ""):
		bad.Add(at, e.text(), "name it by a key, or by a scheme and a value")
	case e.Scheme != "" && !isScheme(e.Scheme):
		bad.Add(at+".scheme", e.Scheme, schemeForm)
	case e.Kind != "" && !isScheme(e.Kind):
		bad.Add(at+".kind", e.Kind, "use the name of a kind, like database")
	case strings.TrimSpace(v) == "":
		bad.Add(at+".value", v, "it is missing")
	case len(v) > MaxIdentifier || !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0:
		bad.Add(at, v, fmt.Sprintf("use at most %d bytes of UTF-8 without NUL", MaxIdentifier))
	}
	if e.Scheme == SchemeName {
		e.Value = word(e.Value) // names are compared so
	}
	return e.text()
}

// text is the end as it is stored: "key:web", "arn=…", "[database]address=…".
func (e End) text() string {
	switch {
	case e.Key != "":
		return "key:" + e.Key
	case e.Kind != "":
		return "[" + e.Kind + "]" + e.Scheme + "=" + e.Value
	}
	return e.Scheme + "=" + e.Value
}

// parseEnd is the reverse of text.
func parseEnd(s string) End {
	if key, ok := strings.CutPrefix(s, "key:"); ok {
		return End{Key: key}
	}
	var e End
	if rest, ok := strings.CutPrefix(s, "["); ok {
		e.Kind, s, _ = strings.Cut(rest, "]")
	}
	e.Scheme, e.Value, _ = strings.Cut(s, "=")
	return e
}
