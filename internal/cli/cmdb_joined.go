package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// joined reads files one after another and remembers which lines are whose.
type joined struct {
	names  []string
	joint  string
	in     io.Reader
	next   int
	open   io.ReadCloser
	lines  int   // ended so far
	begins []int // for each file, how many lines had ended before it
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.open == nil {
			if j.next == len(j.names) {
				return 0, io.EOF
			}
			if j.next > 0 && len(j.begins) == j.next {
				n := copy(p, j.joint) // a joint is shorter than any buffer
				j.lines += strings.Count(j.joint, "\n")
				j.begins = append(j.begins, j.lines)
				return n, nil
			}
			if j.next == 0 {
				j.begins = []int{0}
			}
			if err := j.start(j.names[j.next]); err != nil {
				return 0, err
			}
			j.next++
		}
		n, err := j.open.Read(p)
		j.lines += bytes.Count(p[:n], []byte("\n"))
		if err == io.EOF {
			err = j.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (j *joined) start(name string) error {
	if name == "-" {
		j.open = io.NopCloser(j.in)
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return errs.BadField("file", name, "it cannot be read: "+err.Error())
	}
	j.open = f
	return nil
}

// Close closes the file that is open.
func (j *joined) Close() error {
	if j.open == nil {
		return nil
	}
	err := j.open.Close()
	j.open = nil
	return err
}

var lineOf = regexp.MustCompile(`^line (\d+)`)

// place says in which file a line stands that a problem names.
func (j *joined) place(err error) error {
	var mine *errs.Error
	if errors.As(err, &mine) {
		return mine // a file that cannot be read, out of the HTTP client's wrapping
	}
	var p *client.Problem
	if !errors.As(err, &p) || j.names[0] == "-" {
		return err
	}
	for i, f := range p.Fields {
		m := lineOf.FindStringSubmatch(f.Where)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1]) // digits
		file := 0
		for k, before := range j.begins {
			if n > before {
				file = k
			}
		}
		p.Fields[i].Where = fmt.Sprintf("%s:%d", j.names[file], n-j.begins[file]) + f.Where[len(m[0]):]
	}
	return err
}
