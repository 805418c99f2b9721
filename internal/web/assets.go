package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// bundles join own files, in this order, under one name each.
var bundles = map[string][]string{
	"app.css": {"css/fonts.css", "css/tokens.css", "css/dark.css", "css/base.css", "css/shell.css", "css/controls.css", "css/components.css",
		"css/clocks.css", "css/lists.css", "css/timeline.css", "css/forms.css", "css/pages.css", "css/oncall.css", "css/health.css", "css/escalation.css", "css/catalog.css", "css/map.css", "css/items.css", "css/suspects.css", "css/calendar.css", "css/measures.css", "css/policy.css", "css/changes.css", "css/phone.css"},
	"app.js":           {"js/time.js", "js/menu.js", "js/palette.js", "js/live.js", "js/keys.js", "js/bulk.js", "js/forms.js", "js/push.js", "js/oncall.js"},
	"theme.js":         {"js/theme.js"}, // alone, because it must run before the first paint
	"live-worker.js":   {"js/live-worker.js"},
	"sw.js":            {"js/sw.js"}, // served at /sw.js, see install.go
	"favicon.svg":      {"icons/favicon.svg"},
	"app-192.png":      {"icons/app-192.png"},
	"app-512.png":      {"icons/app-512.png"},
	"app-maskable.png": {"icons/app-maskable.png"}, // a fifth of the edge may be cut off
	"app-badge.png":    {"icons/app-badge.png"},    // only its outline is shown
	"tabler.css":       {"vendor/tabler/tabler.min.css"},
	"cytoscape.js":     {"vendor/cytoscape/cytoscape.min.js"}, // only pages with a map load it
	"map.js":           {"js/map.js"},
	"htmx.js":          {"vendor/htmx/htmx.min.js"},
	"inter.woff2":      {"vendor/inter/inter-latin-wght-normal.woff2"},
	"inter-ext.woff2":  {"vendor/inter/inter-latin-ext-wght-normal.woff2"},
}

// asset is one served file, compressed when it is first asked for.
type asset struct {
	path string // "/assets/app.1a2b3c4d5e.css"
	kind string // content type
	body []byte
	etag string
	once sync.Once
	gz   []byte // nil when compressing does not help
}

type assetSet struct {
	byName map[string]*asset
	byPath map[string]*asset
	icons  map[string]bool
}

// assets is built on first use; everything it needs is in the binary.
var assets = sync.OnceValue(func() *assetSet {
	set := &assetSet{byName: map[string]*asset{}, byPath: map[string]*asset{}, icons: map[string]bool{}}
	sprite := set.sprite()
	set.add("icons.svg", sprite)
	var names []string // those that name others come after them
	for name := range bundles {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(naming(a), naming(b)), cmp.Compare(a, b)) })
	for _, name := range names {
		set.add(name, read(bundles[name]))
	}
	set.add("manifest.webmanifest", set.manifest())
	return set
})

// naming orders assets by what they may name: the service worker names style
// sheets, which name fonts.
func naming(name string) int {
	switch {
	case name == "sw.js":
		return 2
	case strings.HasSuffix(name, ".css"):
		return 1
	}
	return 0
}

func read(files []string) []byte {
	var b bytes.Buffer
	for _, f := range files {
		text, err := assetFiles.ReadFile("assets/" + f)
		if err != nil {
			panic("web: " + err.Error())
		}
		if path.Base(f) == "dark.css" {
			text = darkTwice(text)
		}
		b.Write(text)
		if len(files) > 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// darkTwice turns the bare declarations of dark.css into the two rules that
// need them: the chosen dark theme, and the browser's wish when the theme is
// auto and no script ran.
func darkTwice(decl []byte) []byte {
	return fmt.Appendf(nil, "[data-bs-theme=\"dark\"] {\n%s}\n@media (prefers-color-scheme: dark) { :root[data-ek-theme=\"auto\"] {\n%s} }\n", decl, decl)
}

var assetURL = regexp.MustCompile(`asset:([a-z0-9.-]+)`)

func (set *assetSet) add(name string, body []byte) {
	if naming(name) > 0 {
		body = assetURL.ReplaceAllFunc(body, func(m []byte) []byte {
			a := set.byName[string(m[len("asset:"):])]
			if a == nil {
				return m
			}
			return []byte(a.path)
		})
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:5])
	ext := path.Ext(name)
	kind := mime.TypeByExtension(ext)
	switch ext {
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".woff2":
		kind = "font/woff2"
	case ".webmanifest":
		kind = "application/manifest+json"
	case ".png":
		kind = "image/png"
	}
	a := &asset{path: "/assets/" + strings.TrimSuffix(name, ext) + "." + hash + ext, kind: kind, body: body, etag: `"` + hash + `"`}
	set.byName[name], set.byPath[a.path] = a, a
}

var (
	svgOpen = regexp.MustCompile(`(?s)^.*?<svg[^>]*?viewBox="([^"]*)"[^>]*>`)
	svgBox  = regexp.MustCompile(`<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>`)
)

// sprite joins the vendored icons and our own glyphs into one SVG of symbols,
// each named like its file.
func (set *assetSet) sprite() []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, dir := range []string{"assets/icons", "assets/vendor/tabler-icons"} {
		files, _ := fs.Glob(assetFiles, dir+"/*.svg")
		slices.Sort(files)
		for _, f := range files {
			text, _ := assetFiles.ReadFile(f)
			name := strings.TrimSuffix(path.Base(f), ".svg")
			m := svgOpen.FindSubmatch(text)
			if m == nil || set.icons[name] {
				continue
			}
			inner := svgBox.ReplaceAll(text[len(m[0]):], nil)
			inner = bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(inner), []byte("</svg>")))
			fmt.Fprintf(&b, `<symbol id="%s" viewBox="%s">%s</symbol>`, name, m[1], inner)
			set.icons[name] = true
		}
	}
	b.WriteString(`</svg>`)
	return b.Bytes()
}

func hasIcon(name string) bool { return assets().icons[name] }

var spritePath = sync.OnceValue(func() string { return AssetPath("icons.svg") })

// AssetPath is where the named asset is served, content hash included. An
// unknown name is a programming error and panics.
func AssetPath(name string) string {
	a := assets().byName[name]
	if a == nil {
		panic("web: there is no asset " + strconv.Quote(name))
	}
	return a.path
}

// Assets serves GET /assets/. Names carry a hash of their content, so browsers
// keep them for a year; any other name is a 404.
func Assets(w http.ResponseWriter, r *http.Request) {
	a := assets().byPath[r.URL.Path]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Etag", a.etag)
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if gz := a.compressed(); gz != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = gz
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that went away is no error of ours
	}
}

func (a *asset) compressed() []byte {
	a.once.Do(func() {
		if strings.HasPrefix(a.kind, "font/") || a.kind == "image/png" {
			return // already compressed
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
		_, err := z.Write(a.body)
		if cerr := z.Close(); err == nil && cerr == nil && b.Len() < len(a.body) {
			a.gz = b.Bytes()
		}
	})
	return a.gz
}
