// Package dbbench measures what the bare SQLite driver can do, as the baseline
// that make bench compares everything with. It lies below db because only db
// may import drivers.
package dbbench

import (
	"database/sql"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the same driver, without anything of ours around it
)

// RawInserts returns how many rows of about 300 bytes a second the driver
// inserts into an indexed table, 256 to a transaction, each transaction
// flushed to disk.
func RawInserts(path string, d time.Duration) (float64, error) {
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	if _, err := pool.Exec("CREATE TABLE raw (id BIGINT PRIMARY KEY, key TEXT NOT NULL UNIQUE, at BIGINT NOT NULL, body TEXT NOT NULL)"); err != nil {
		return 0, err
	}
	body := fmt.Sprintf("%0250d", 7)
	rows := 0
	start := time.Now()
	for time.Since(start) < d {
		tx, err := pool.Begin()
		if err != nil {
			return 0, err
		}
		stmt, err := tx.Prepare("INSERT INTO raw (id, key, at, body) VALUES (?, ?, ?, ?)")
		if err != nil {
			return 0, err
		}
		for range 256 {
			rows++
			if _, err := stmt.Exec(rows, fmt.Sprintf("key-%d", rows), int64(rows), body); err != nil {
				return 0, err
			}
		}
		stmt.Close()
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return float64(rows) / time.Since(start).Seconds(), nil
}
