package web

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"sync"
)

// What makes the product installable on a phone's home screen and lets it be
// woken: a manifest (https://www.w3.org/TR/appmanifest/), a service worker, and
// the page it shows when the server cannot be reached. All three are the same
// for everybody, hold no data, and need no sign-in. The manifest is an asset
// like others; the worker must stand at the root, because it serves what lies
// below its own path only.

//go:embed pages/offline.html
var offlineText string

// Install adds the addresses of the service worker and its offline page.
func Install(mux *http.ServeMux) {
	mux.HandleFunc("GET /sw.js", serve("text/javascript; charset=utf-8", assets().byName["sw.js"].body))
	mux.HandleFunc("GET /offline", serve("text/html; charset=utf-8", offline()))
}

// serve answers with fixed bytes that browsers ask for anew each time: a new
// version must reach a phone at once.
func serve(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body) // a browser that went away is no error of ours
	}
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// manifest describes the installed product: it starts at the phone page.
func (set *assetSet) manifest() []byte {
	icon := func(name, sizes, purpose string) manifestIcon {
		return manifestIcon{set.byName[name].path, sizes, "image/png", purpose}
	}
	body, err := json.Marshal(map[string]any{
		"id": "/m", "start_url": "/m", "scope": "/", "display": "standalone", "lang": "en",
		"name": "Evenkeel", "short_name": "Evenkeel", "description": "Incidents: acknowledge, mitigate, escalate",
		"background_color": "#0f5f8c", "theme_color": "#0f5f8c",
		"icons":     []manifestIcon{icon("app-192.png", "192x192", ""), icon("app-512.png", "512x512", ""), icon("app-maskable.png", "512x512", "maskable")},
		"shortcuts": []map[string]string{{"name": "Declare incident", "url": "/incidents/new"}, {"name": "Now", "url": "/"}},
	})
	if err != nil {
		panic("web: " + err.Error()) // strings always marshal
	}
	return body
}

var offline = sync.OnceValue(func() []byte {
	var b strings.Builder
	t := template.Must(template.New("offline").Funcs(template.FuncMap{"asset": AssetPath}).Parse(offlineText))
	if err := t.Execute(&b, nil); err != nil {
		panic("web: " + err.Error())
	}
	return []byte(b.String())
})
