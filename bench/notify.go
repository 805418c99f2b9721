package main

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// notify measures from the alert's request to the first message in the hands
// of a local mail server, at 500 alerts a second that each open an incident.
func (b *bench) notify() error {
	s, err := openSink()
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := b.prepare("notify", filepath.Join(b.dir, "notify.db"))
	if err != nil {
		return err
	}
	const rate = 500
	total := int(b.seconds.Seconds()) * rate
	// A person for every alert or two: one alone would get them in a storm, as
	// one message.
	if err := b.crowd(t, total/2, total); err != nil {
		return err
	}
	s.serve(t)
	if err := b.start(t); err != nil {
		return err
	}
	defer t.stop()
	sent := make([]time.Time, total)
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	queue := make(chan int, total)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for n := range queue {
				one(t.addr, post(nil, "/integrations/alertmanager/"+t.am, "", paging(n)))
			}
		})
	}
	for n := range total {
		<-tick.C
		sent[n] = time.Now()
		queue <- n
	}
	close(queue)
	wg.Wait()
	for deadline := time.Now().Add(20 * time.Second); s.count() < total && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	var took []time.Duration
	s.mu.Lock()
	for n := range total {
		if at, ok := s.seen[fmt.Sprintf("case %d ends", n)]; ok {
			took = append(took, at.Sub(sent[n]))
		}
	}
	s.mu.Unlock()
	slices.Sort(took)
	if len(took) == 0 {
		return fmt.Errorf("no message arrived")
	}
	b.add("alert received → first message at a local sink, 500/s, p99", fmt.Sprintf("%d ms", took[len(took)*99/100].Milliseconds()), "< 200 ms", fmt.Sprintf("median %d ms, %d of %d arrived", took[len(took)/2].Milliseconds(), len(took), total))
	return nil
}

// one sends a request on a connection of its own.
func one(addr string, request []byte) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(request); err == nil {
		io.ReadFull(conn, make([]byte, 12))
	}
}

// paging is an alert that opens an incident of its own: no rule matches, it is
// critical, and every one names another service.
func paging(n int) []byte {
	return fmt.Appendf(nil, `{"version":"4","groupKey":"g","status":"firing","receiver":"e","alerts":[{"status":"firing","labels":{"alertname":"Down","severity":"critical","service":"crowded-%d"},"annotations":{"summary":"case %d ends"},"startsAt":"2026-11-20T18:04:00Z","fingerprint":"f%d"}]}`, n, n, n)
}
