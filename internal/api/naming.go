package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// schemaName names a type in the OpenAPI document: the practice and the type,
// so that two practices may each have a Link (CatalogLink, AuthLink), without
// saying a word twice (Incident, not IncidentIncident).
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := t.PkgPath()
	if _, arg, ok := strings.Cut(t.Name(), "["); ok { // api.List[…/authapi.Person]
		if dot := strings.LastIndex(arg, "."); dot > 0 {
			pkg = arg[:dot]
		}
		arg = strings.TrimSuffix(arg[strings.LastIndex(arg, ".")+1:], "]")
		return practice(pkg, arg) + "List"
	}
	return practice(pkg, name)
}

// practice puts the package's practice before a name. Types of errs and of
// this package are everybody's and keep their names.
func practice(pkg, name string) string {
	base := path.Base(pkg)
	p := strings.TrimSuffix(base, "api")
	if p == "" || base == "errs" || !strings.Contains(pkg, "/internal/") {
		return name
	}
	p = strings.ToUpper(p[:1]) + p[1:]
	if strings.HasPrefix(name, p) {
		return name
	}
	return p + name
}
