package ascode

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// APIVersion is the only version of documents so far.
const APIVersion = "evenkeel/v1"

// Document is one checked document: what a file says about one record.
type Document struct {
	Kind Kind
	Name string
	Spec any // the kind's spec struct

	file string
	tree *tree
}

// Where is the place of a field of the spec, "services.yaml:12:9"; "" or
// "name" is the document's name.
func (d *Document) Where(field string) string {
	if field == "" || field == "name" {
		return d.tree.valueAt("/metadata/name").in(d.file)
	}
	return d.tree.valueAt("/spec" + pointerOf(strings.TrimPrefix(field, "spec."))).in(d.file)
}

// Loader reads documents of the registered kinds.
type Loader struct {
	kinds   []Kind
	schemas map[string]*checker
}

// NewLoader compiles the kinds' schemas.
func NewLoader(kinds ...Kind) *Loader {
	l := &Loader{kinds: kinds, schemas: map[string]*checker{}}
	for _, k := range kinds {
		l.schemas[k.Name] = newChecker(k)
	}
	return l
}

func (l *Loader) names() string {
	var names []string
	for _, k := range l.kinds {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Load returns the documents of all files in order of dependency, then name.
// Every fault of every file comes back at once, as one Invalid error whose
// fields carry file:line:column.
func (l *Loader) Load(files []File) ([]Document, error) {
	var bad faults
	if !l.sizes(files, &bad) {
		return nil, bad.err()
	}
	var docs []Document
	seen := map[string]string{} // kind and name → where
	for _, f := range files {
		for _, t := range parse(f, &bad) {
			if len(docs) >= MaxDocuments {
				bad.add(t.at("").in(f.Path), "document", "", fmt.Sprintf("use at most %d documents at once", MaxDocuments))
				return nil, bad.err()
			}
			d, ok := l.document(f.Path, t, &bad)
			if !ok {
				continue
			}
			key := d.Kind.Name + " " + d.Name
			if at, dup := seen[key]; dup {
				bad.add(d.Where(""), "metadata.name", d.Name, fmt.Sprintf("another %s has this name, at %s; keep one", d.Kind.Name, at))
				continue
			}
			seen[key] = d.Where("")
			docs = append(docs, d)
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(docs, func(a, b Document) int {
		if a.Kind.Order != b.Kind.Order {
			return a.Kind.Order - b.Kind.Order
		}
		if a.Kind.Name != b.Kind.Name {
			return strings.Compare(a.Kind.Name, b.Kind.Name)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return docs, nil
}

func (l *Loader) sizes(files []File, bad *faults) bool {
	if len(files) > MaxFiles {
		bad.add("", "files", fmt.Sprint(len(files)), fmt.Sprintf("send at most %d files at once", MaxFiles))
		return false
	}
	all, paths := 0, map[string]bool{}
	for i, f := range files {
		at := pos{1, 1}.in(f.Path)
		switch {
		case f.Path == "" || len(f.Path) > 1024 || !utf8.ValidString(f.Path) || strings.ContainsAny(f.Path, "\x00\r\n"):
			bad.add("", fmt.Sprintf("files[%d].path", i), f.Path, "give the file's path below the directory, at most 1024 bytes")
		case paths[f.Path]:
			bad.add(at, "files", f.Path, "this file is there twice; send it once")
		case len(f.Content) > MaxFile:
			bad.add(at, "file", "", fmt.Sprintf("split it: a file has at most %d bytes, this one %d", MaxFile, len(f.Content)))
		case !utf8.ValidString(f.Content):
			bad.add(at, "file", "", "save the file as UTF-8")
		}
		paths[f.Path] = true
		all += len(f.Content)
	}
	if all > MaxAll {
		bad.add("", "files", "", fmt.Sprintf("send at most %d bytes at once, these are %d", MaxAll, all))
	}
	return len(bad.list) == 0
}

// document checks one document and decodes its spec.
func (l *Loader) document(file string, t *tree, bad *faults) (Document, bool) {
	top, ok := t.value.(map[string]any)
	if !ok {
		bad.add(t.valueAt("").in(file), "document", "", "write a document with apiVersion, kind, metadata and spec")
		return Document{}, false
	}
	before := len(bad.list) + bad.cut
	kindName, _ := top["kind"].(string)
	i := slices.IndexFunc(l.kinds, func(k Kind) bool { return k.Name == kindName })
	if i < 0 {
		if v, has := top["apiVersion"]; has && v != APIVersion {
			bad.add(t.valueAt("/apiVersion").in(file), "apiVersion", text(v), "use "+APIVersion)
		}
		remedy := "use one of " + l.names()
		if near := nearest(kindName, strings.Split(l.names(), ", ")); near != "" {
			remedy = "did you mean " + near + "? Kinds are " + l.names()
		}
		if _, has := top["kind"]; !has {
			remedy = "say what this is: one of " + l.names()
		}
		bad.add(t.valueAt("/kind").in(file), "kind", text(top["kind"]), remedy)
		return Document{}, false
	}
	k := l.kinds[i]
	if top["spec"] == nil { // `spec:` without fields is an empty spec
		top["spec"] = map[string]any{}
	}
	l.schemas[k.Name].check(file, t, bad)
	if len(bad.list)+bad.cut > before {
		return Document{}, false
	}
	meta, _ := top["metadata"].(map[string]any)
	d := Document{Kind: k, file: file, tree: t}
	d.Name, _ = meta["name"].(string)
	raw, err := json.Marshal(top["spec"])
	if err == nil {
		d.Spec, err = k.decode(raw)
	}
	if err != nil { // schema and struct disagree: a fault of ours, but say where
		bad.add(d.Where("spec"), "spec", "", "this does not fit the kind "+k.Name+": "+errs.Short(err.Error()))
		return Document{}, false
	}
	return d, true
}

// text shows a value in a fault.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	b, _ := json.Marshal(v)
	return string(b)
}
