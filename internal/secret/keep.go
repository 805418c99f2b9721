package secret

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Keep writes a key to a new file, readable by its owner only: whole and on
// disk, or not at all, whenever the process is killed. The error is
// os.ErrExist when the file is there already, also when another process made
// it at the same moment.
func Keep(path, text string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("secret: new key file: %w", err)
	}
	defer os.Remove(f.Name()) // its other name stays
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("secret: new key file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename it never replaces a key
		return fmt.Errorf("secret: new key file: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("secret: new key file: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
