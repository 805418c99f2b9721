package alert

import "testing"

func TestQueueIsBounded(t *testing.T) {
	var b batcher
	work := func() {} // nobody takes anything
	for range maxWaiting {
		if !b.add(&request{bytes: 1}, work) {
			t.Fatal("refused too early")
		}
	}
	if b.add(&request{bytes: 1}, work) {
		t.Error("taken although the queue is full")
	}
	if n := len(b.take()); n != maxRequests {
		t.Errorf("a batch of %d, want %d", n, maxRequests)
	}
	if !b.add(&request{bytes: maxBytes - (maxWaiting - maxRequests)}, work) || b.add(&request{bytes: 1}, work) {
		t.Error("bytes that wait are not bounded")
	}
	for b.take() != nil {
	}
	if b.bytes != 0 || b.working {
		t.Errorf("after all was taken: %d bytes, working %v", b.bytes, b.working)
	}
	big := &request{bytes: 3 * maxBytes, events: make([]prepared, 3*maxEvents)}
	if !b.add(big, work) || len(b.take()) != 1 {
		t.Error("a request that is larger than the queue must pass when nothing waits")
	}
}
