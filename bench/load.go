package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// result is what a load measured.
type result struct {
	requests int
	failed   int
	statuses map[int]int
	took     time.Duration
	times    []time.Duration // of a sample of the requests
}

func (r result) rate() float64 { return float64(r.requests-r.failed) / r.took.Seconds() }

// quantile is the nearest-rank quantile of the request times.
func (r result) quantile(q float64) time.Duration {
	if len(r.times) == 0 {
		return 0
	}
	slices.Sort(r.times)
	return r.times[min(len(r.times)-1, int(q*float64(len(r.times))))]
}

// load keeps clients busy with requests for a while. Each client has one
// connection and writes prepared HTTP/1.1 bytes: the generator shares two
// cores with the server, so it must cost little. request appends the whole
// request number n to buf.
func load(ctx context.Context, addr string, clients int, d time.Duration, request func(buf []byte, n int) []byte) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var mu sync.Mutex
	total := result{statuses: map[int]int{}}
	var first error
	next := make(chan int, clients) // request numbers, in blocks, so that clients rarely meet
	go func() {
		for n := 0; ; n += 64 {
			select {
			case next <- n:
			case <-ctx.Done():
				close(next)
				return
			}
		}
	}()
	start := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			r, err := client(ctx, addr, next, request)
			mu.Lock()
			defer mu.Unlock()
			total.requests += r.requests
			total.failed += r.failed
			total.times = append(total.times, r.times...)
			for s, n := range r.statuses {
				total.statuses[s] += n
			}
			if err != nil && first == nil && ctx.Err() == nil {
				first = err
			}
		})
	}
	wg.Wait()
	total.took = time.Since(start)
	return total, first
}

func client(ctx context.Context, addr string, next <-chan int, request func(buf []byte, n int) []byte) (result, error) {
	r := result{statuses: map[int]int{}}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 16<<10)
	var buf []byte
	for base := range next {
		for n := base; n < base+64; n++ {
			if ctx.Err() != nil {
				return r, nil
			}
			buf = request(buf[:0], n)
			began := time.Now()
			if _, err := conn.Write(buf); err != nil {
				return r, err
			}
			status, err := answer(in)
			if err != nil {
				return r, err
			}
			r.requests++
			r.statuses[status]++
			if status >= 300 {
				r.failed++
			}
			if n%8 == 0 {
				r.times = append(r.times, time.Since(began))
			}
		}
	}
	return r, nil
}

// answer reads one response with Content-Length or chunks and returns its status.
func answer(in *bufio.Reader) (status int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("no HTTP answer")
	}
	status, err = strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, fmt.Errorf("answer %q", line)
	}
	length, chunked := 0, false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if k, v, ok := bytes.Cut(line, []byte(": ")); ok {
			switch string(bytes.ToLower(k)) {
			case "content-length":
				length, _ = strconv.Atoi(string(v))
			case "transfer-encoding":
				chunked = true
			}
		}
	}
	for chunked {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return 0, err
		}
		if _, err := in.Discard(int(n) + 2); err != nil {
			return 0, err
		}
		if n == 0 {
			return status, nil
		}
	}
	_, err = in.Discard(length)
	return status, err
}

// post appends a POST request.
func post(buf []byte, path, token string, body []byte) []byte {
	buf = append(buf, "POST "...)
	buf = append(buf, path...)
	buf = append(buf, " HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"...)
	if token != "" {
		buf = append(append(append(buf, "Authorization: Bearer "...), token...), "\r\n"...)
	}
	buf = append(buf, "Content-Length: "...)
	buf = strconv.AppendInt(buf, int64(len(body)), 10)
	buf = append(buf, "\r\n\r\n"...)
	return append(buf, body...)
}

// get appends a GET request.
func get(buf []byte, path, token string) []byte {
	buf = append(append(append(buf, "GET "...), path...), " HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer "...)
	return append(append(buf, token...), "\r\n\r\n"...)
}
