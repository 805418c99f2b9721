// Package test holds the tests of the whole: the shape of the tree here, and
// in its folders the whole program (smoke, script), a real browser (browser)
// and failures (fault).
//
// arch_test.go keeps ARCHITECTURE.md honest. A rule that must be broken gets
// an exception below, with its reason; an exception that is no longer needed
// fails the test, so that the list stays short and true.
package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/evenkeel/evenkeel/"

// exceptions are "rule: file or package → what", each with its reason.
var exceptions = map[string]string{
	"authorise first: internal/alert → Authenticate": "it is the door: it turns a token into the actor",
	"authorise first: internal/alert → SigningKeys":  "it is the door as well: whoever signs with these keys becomes the actor",
}

// practices may import platform packages and the practices listed here.
var practices = map[string][]string{
	"calendar":   {},
	"catalog":    {},
	"alert":      {"catalog"},
	"incident":   {"alert", "catalog", "calendar"},
	"oncall":     {"catalog"},
	"escalation": {"oncall", "catalog", "calendar"},
	"contact":    {"calendar"},
	"watchdog":   {},
	"health":     {},
	"cmdb":       {"catalog"},
	"policy":     {},
	"change":     {"catalog", "calendar", "cmdb", "policy"},
}

// platform packages may be imported by every practice.
var platform = []string{"errs", "ref", "actor", "db", "evidence", "job", "auth", "ascode", "notify", "secret", "audit", "search", "live", "timetext", "yamlguard", "recur"}

type file struct {
	dir, name string // "internal/db", "db.go"
	ast       *ast.File
	set       *token.FileSet
	imports   []string
}

func (f file) test() bool {
	return strings.HasSuffix(f.name, "_test.go") || strings.HasSuffix(f.dir, "test")
}

func tree(t *testing.T) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		f := file{dir: filepath.ToSlash(filepath.Dir(strings.TrimPrefix(p, "../"))), name: filepath.Base(p), ast: parsed, set: set}
		for _, i := range parsed.Imports {
			s, _ := strconv.Unquote(i.Path.Value)
			f.imports = append(f.imports, s)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checker reports breaches that are not excepted and remembers which
// exceptions were needed.
type checker struct {
	*testing.T
	used map[string]bool
}

func (c *checker) breach(rule, where, what string) {
	c.Helper()
	key := rule + ": " + where + " → " + what
	if _, ok := exceptions[key]; ok {
		c.used[key] = true
		return
	}
	c.Errorf("%s", key)
}

func TestArchitecture(t *testing.T) {
	c := &checker{t, map[string]bool{}}
	for _, f := range tree(t) {
		if f.test() {
			continue
		}
		for _, imp := range f.imports {
			checkImport(c, f, imp)
		}
		checkSQL(c, f)
		checkServiceMethods(c, f)
	}
	for key, reason := range exceptions {
		if !c.used[key] {
			t.Errorf("exception no longer needed, delete it: %s (%s)", key, reason)
		}
	}
}

func checkImport(c *checker, f file, imp string) {
	own, internal := strings.CutPrefix(imp, module)
	base := path.Base(f.dir)
	edge := strings.HasPrefix(f.dir, "internal/connect") || f.dir != "internal/api" && strings.HasSuffix(base, "api") || f.dir != "internal/web" && strings.HasSuffix(base, "web")

	if (f.dir == "internal/errs" || f.dir == "internal/ref") && strings.Contains(imp, ".") {
		c.breach("standard library only", f.dir, imp)
	}
	if driver(imp) && !strings.HasPrefix(f.dir, "internal/db") {
		c.breach("driver", f.dir, imp)
	}
	if strings.HasPrefix(imp, "github.com/danielgtaylor/huma") && !strings.HasSuffix(base, "api") {
		c.breach("huma", f.dir, imp)
	}
	if imp == "html/template" && !strings.HasSuffix(base, "web") {
		c.breach("template", f.dir, imp)
	}
	if strings.HasPrefix(f.dir, "client") && internal {
		c.breach("public client imports nothing internal", f.dir, own)
	}
	if !internal {
		return
	}
	if own == "internal/app" && f.dir != "internal/cli" && f.dir != "internal/demo" && f.dir != "bench" {
		c.breach("only cli, demo and bench start the app", f.dir, own)
	}
	if edge {
		if own == "internal/db" {
			c.breach("edge imports db", f.dir, own)
		}
		otherEdge := (strings.HasSuffix(own, "web") && own != "internal/web") || (strings.HasSuffix(own, "api") && own != "internal/api")
		if otherEdge {
			c.breach("edges import each other", f.dir, own)
		}
		if strings.HasPrefix(own, "internal/connect/") {
			c.breach("edges import each other", f.dir, own)
		}
	}
	practice, isPractice := strings.CutPrefix(f.dir, "internal/")
	if allowed, ok := practices[practice]; isPractice && ok {
		target := strings.TrimPrefix(own, "internal/")
		if !slices.Contains(platform, target) && !slices.Contains(allowed, target) && !strings.HasPrefix(target, practice+"/") {
			c.breach("practice imports", f.dir, own)
		}
	}
}

func driver(imp string) bool {
	return strings.HasPrefix(imp, "github.com/jackc/pgx") || strings.HasPrefix(imp, "modernc.org/sqlite") || imp == "database/sql" || imp == "database/sql/driver"
}

var sqlText = regexp.MustCompile(`^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+.*\sAS\s*\()`)

// checkSQL: SQL stands only in store files and in db, and lists its columns.
func checkSQL(c *checker, f file) {
	place := strings.HasPrefix(f.name, "store") || strings.HasPrefix(f.dir, "internal/db")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		s, _ := strconv.Unquote(lit.Value)
		if !sqlText.MatchString(s) {
			return true
		}
		if !place {
			c.breach("SQL outside store files", f.dir+"/"+f.name, strconv.Itoa(f.set.Position(lit.Pos()).Line))
		}
		portable := f.dir != "bench" && f.dir != "internal/db" // baselines are as good as each engine knows; what differs stands in db
		if portable && regexp.MustCompile(`(?i)SELECT\s+\*|\bILIKE\b|\bLATERAL\b`).MatchString(s) {
			c.breach("SQL not portable or columns not listed", f.dir+"/"+f.name, strconv.Itoa(f.set.Position(lit.Pos()).Line))
		}
		return true
	})
}

// checkServiceMethods: the first line of an exported method of a Service that
// takes a context asks whether the actor may.
func checkServiceMethods(c *checker, f file) {
	for _, d := range f.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv == nil || !fn.Name.IsExported() || !slices.Contains([]string{"Service", "Catalog"}, receiver(fn)) || !takesContext(fn) {
			continue
		}
		if len(fn.Body.List) == 0 || !asksActor(fn) {
			c.breach("authorise first", f.dir, fn.Name.Name)
		}
	}
}

func receiver(fn *ast.FuncDecl) string {
	t := fn.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func takesContext(fn *ast.FuncDecl) bool {
	if len(fn.Type.Params.List) == 0 {
		return false
	}
	sel, ok := fn.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Context"
}

// asksActor looks into the first statement for actor.Require, for requireAny,
// which asks it about two permissions, or for another exported method of the
// same receiver, which asks itself.
func asksActor(fn *ast.FuncDecl) bool {
	self := ""
	if names := fn.Recv.List[0].Names; len(names) > 0 {
		self = names[0].Name
	}
	found := false
	ast.Inspect(fn.Body.List[0], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "requireAny" {
				found = true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && (id.Name == "actor" && sel.Sel.Name == "Require" || id.Name == self && sel.Sel.IsExported()) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// Every package says what it is for; a sentence of ceremony does not count.
func TestPackageComments(t *testing.T) {
	longest := map[string]int{}
	for _, f := range tree(t) {
		if strings.HasSuffix(f.name, "_test.go") {
			if _, ok := longest[f.dir]; !ok && f.ast.Doc != nil {
				longest[f.dir] = len(f.ast.Doc.Text())
			}
			continue
		}
		n := 0
		if f.ast.Doc != nil {
			n = len(f.ast.Doc.Text())
		}
		longest[f.dir] = max(longest[f.dir], n)
	}
	for dir, n := range longest {
		if n < 60 {
			t.Errorf("%s: the package comment has %d characters; say what it is for, its invariants and how it works", dir, n)
		}
	}
}

// Names that say nothing attract everything.
func TestNoDrawers(t *testing.T) {
	for _, f := range tree(t) {
		switch path.Base(f.dir) {
		case "util", "utils", "common", "helpers", "helper", "types", "manager", "misc":
			t.Errorf("%s: name the package after what it does", f.dir)
		}
	}
}
