package cmdbapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// mostLine bounds one line of a bulk upload in bytes. An item may have 64 KiB.
const mostLine = 1 << 20

// readLines reads one record a line (https://github.com/ndjson/ndjson-spec).
// Faults name the line, and the place in it.
func readLines(r io.Reader, emit cmdb.Emit) ([]cmdb.Remark, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), mostLine)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		record, err := readLine(line)
		if err == nil {
			err = emit(record)
		}
		if err != nil {
			return nil, onLine(n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, onLine(n+1, errs.BadField("record", "", fmt.Sprintf("use at most %d bytes a line", mostLine)))
	} else if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errs.BadField("body", "", `there is nothing in it; send one record a line, like {"item":{"key":"db-1","kind":"database","name":"orders"}}`)
	}
	return nil, nil
}

func readLine(line []byte) (record cmdb.Record, err error) {
	if !utf8.Valid(line) {
		return record, errs.BadField("record", "", "it is no UTF-8; write it again as UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&record); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return record, errs.BadField(kind.Field, kind.Value, "a value of another type belongs here: "+kind.Type.String())
		}
		if name, ok := unknownField(err); ok {
			return record, errs.BadField(name, "", "there is nothing of this name in a record; leave it out, or put it into attributes")
		}
		return record, errs.BadField("record", string(line), "it is no JSON: "+err.Error())
	}
	if d.InputOffset() != int64(len(line)) {
		return record, errs.BadField("record", string(line[d.InputOffset():]), "something follows the record; write one record a line")
	}
	return record, nil
}

// unknownField is the name in the error of a Decoder that allows no unknown
// fields; the package has no type for it.
func unknownField(err error) (string, bool) {
	m := unknownForm.FindStringSubmatch(err.Error())
	if m == nil {
		return "", false
	}
	name, e := strconv.Unquote(m[1])
	return name, e == nil
}

var (
	unknownForm = regexp.MustCompile(`^json: unknown field (".*")$`)
	recordPlace = regexp.MustCompile(`^records\[\d+\]\.`)
)

// onLine says on which line a fault stands.
func onLine(n int, err error) error {
	e := *errs.As(err)
	if e.Kind != errs.Invalid || len(e.Fields) == 0 {
		return err
	}
	fields := make([]errs.Field, len(e.Fields))
	for i, f := range e.Fields {
		f.Where = "line " + strconv.Itoa(n)
		f.Name = recordPlace.ReplaceAllString(f.Name, "")
		fields[i] = f
	}
	e.Fields = fields
	return &e
}
