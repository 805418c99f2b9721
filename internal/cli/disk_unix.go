//go:build unix

package cli

import "syscall"

// freeBytes is how much an unprivileged program may still write in a folder's
// file system.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
