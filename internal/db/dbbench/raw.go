// Package dbbench measures what the bare SQLite driver can do, as the baseline
// that make bench compares everything with. It lies below db because only db
// may import drivers.
package dbbench

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the same driver, without anything of ours around it
)

// RawInserts returns how many rows of about 300 bytes a second `writers`
// goroutines get durably into an indexed table, each handing in one row at a
// time: whatever waits is inserted in one transaction and flushed to disk once.
// It is group commit and nothing else.
func RawInserts(path string, writers int, d time.Duration) (float64, error) {
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	conn, err := pool.Conn(context.Background())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), "CREATE TABLE raw (id BIGINT PRIMARY KEY, key TEXT NOT NULL UNIQUE, at BIGINT NOT NULL, body TEXT NOT NULL)"); err != nil {
		return 0, err
	}
	stmt, err := conn.PrepareContext(context.Background(), "INSERT INTO raw (id, key, at, body) VALUES (?, ?, ?, ?)")
	if err != nil {
		return 0, err
	}
	defer stmt.Close()

	work := make(chan chan error, writers)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			answer := make(chan error, 1)
			for ctx.Err() == nil {
				work <- answer
				<-answer
			}
		})
	}
	go func() { all.Wait(); close(work) }()
	body := fmt.Sprintf("%0250d", 7)
	rows := 0
	start := time.Now()
	for first := range work {
		batch := []chan error{first}
	more:
		for len(batch) < 256 {
			select {
			case w, ok := <-work:
				if !ok {
					break more
				}
				batch = append(batch, w)
			default:
				break more
			}
		}
		if err = insert(conn, stmt, &rows, len(batch), body); err != nil {
			cancel()
		}
		for _, w := range batch {
			w <- err
		}
	}
	return float64(rows) / time.Since(start).Seconds(), err
}

func insert(conn *sql.Conn, stmt *sql.Stmt, rows *int, n int, body string) error {
	ctx := context.Background()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for range n {
		*rows++
		if _, err := stmt.ExecContext(ctx, *rows, fmt.Sprintf("key-%d", *rows), int64(*rows), body); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "COMMIT")
	return err
}
