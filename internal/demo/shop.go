package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// shop is Harbour & Co's software, as far as its health goes: small HTTP
// servers that ask each other before they answer. What breaks in one of them
// is felt by those that need it, over real connections.
type shop struct {
	nodes map[string]*node
	order []string
	back  string        // where a deployment of checkout is asked to be taken back
	asked chan struct{} // somebody did
}

// node is one service.
type node struct {
	name  string
	needs []string // must be healthy for this one to be
	url   string

	mu      sync.Mutex
	stuck   time.Time // since when it is broken; zero: fine
	servers []*http.Server
}

// health is what /health answers.
type health struct {
	Service string `json:"service"`
	Healthy bool   `json:"healthy"`
	Why     string `json:"why,omitempty"`
	Depth   int    `json:"depth,omitempty"` // messages waiting, for the queue
}

func openShop() (*shop, error) {
	s := &shop{nodes: map[string]*node{}, asked: make(chan struct{}, 1)}
	for _, n := range []*node{
		{name: "orders-queue"},
		{name: "payments"},
		{name: "search"},
		{name: "checkout", needs: []string{"payments", "orders-queue"}},
		{name: "storefront", needs: []string{"checkout", "search"}},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.close()
			return nil, err
		}
		n.url = "http://" + l.Addr().String() + "/health"
		mux := http.NewServeMux()
		mux.Handle("/health", s.handler(n))
		if n.name == "checkout" {
			s.back = "http://" + l.Addr().String() + "/back"
			mux.HandleFunc("POST /back", func(w http.ResponseWriter, r *http.Request) {
				select {
				case s.asked <- struct{}{}:
				default: // it is being done
				}
				w.WriteHeader(http.StatusAccepted)
			})
		}
		srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
		n.servers = append(n.servers, srv)
		go srv.Serve(l)
		s.nodes[n.name] = n
		s.order = append(s.order, n.name)
	}
	return s, nil
}

func (s *shop) close() {
	for _, n := range s.nodes {
		for _, srv := range n.servers {
			srv.Close()
		}
	}
}

// breakDown and repair are what the story does to a service.
func (s *shop) breakDown(name string) { s.nodes[name].set(time.Now()) }
func (s *shop) repair(name string)    { s.nodes[name].set(time.Time{}) }

func (n *node) set(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stuck = t
}

func (n *node) broken() (since time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stuck
}

func (s *shop) handler(n *node) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := health{Service: n.name, Healthy: true}
		if since := n.broken(); !since.IsZero() {
			h.Depth = 800 + int(time.Since(since).Seconds())*640
			h.Healthy, h.Why = false, fmt.Sprintf("%d messages wait, consumers hold 500 each", h.Depth)
		}
		for _, need := range n.needs {
			if dep, err := get(r.Context(), s.nodes[need].url); err != nil || !dep.Healthy {
				h.Healthy, h.Why = false, need+" is not healthy"
			}
		}
		if !h.Healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(h)
	})
}

var probes = &http.Client{Timeout: 2 * time.Second}

// get asks a service how it is.
func get(ctx context.Context, url string) (health, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return health{}, err
	}
	res, err := probes.Do(req)
	if err != nil {
		return health{}, err
	}
	defer res.Body.Close()
	var h health
	return h, json.NewDecoder(res.Body).Decode(&h)
}
