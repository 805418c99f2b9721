//go:build !unix

package db

import "os"

// lockFile opens the lock file; on this system SQLite's own locks must do.
func lockFile(path string) (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) }
