package otlp

import (
	"runtime"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// JSON is the slow way in: pdata reads it and writes protobuf for the walker,
// so that there is one reading of what a span means. pdata builds objects of
// many times the size of the text, so only as many are read at once as there
// are processors.
var jsonTurns = make(chan struct{}, runtime.GOMAXPROCS(0))

// maxDepth of brackets in a body: a span with an attribute has 8, and the
// reader of nested attribute values recurses.
const maxDepth = 64

// fromJSON turns an ExportTraceServiceRequest in JSON into protobuf.
func fromJSON(b []byte) ([]byte, error) {
	if !shallow(b) {
		return nil, errs.E(errs.Invalid, "the JSON is nested deeper than %d levels; send OTLP traces to this address", maxDepth)
	}
	jsonTurns <- struct{}{}
	defer func() { <-jsonTurns }()
	q := ptraceotlp.NewExportRequest()
	if err := q.UnmarshalJSON(b); err != nil {
		return nil, errs.E(errs.Invalid, "the body is no ExportTraceServiceRequest in JSON: %s", errs.Short(err.Error())).Because(err)
	}
	p, err := q.MarshalProto()
	if err != nil {
		return nil, errs.Wrap("otlp.json", err)
	}
	return p, nil
}

// shallow tells whether brackets outside of strings nest within maxDepth.
func shallow(b []byte) bool {
	depth, inside := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inside:
			if c == '\\' {
				i++
			} else if c == '"' {
				inside = false
			}
		case c == '"':
			inside = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
