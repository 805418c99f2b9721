package otlp

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// httpStatus is the status of an answer. Senders try 429, 502, 503 and 504
// again and drop the data at all others:
// https://opentelemetry.io/docs/specs/otlp/#failures-1.
func httpStatus(err error) int {
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding), errors.Is(err, errMedia):
		return http.StatusUnsupportedMediaType
	}
	switch errs.KindOf(err) {
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Unauthenticated:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.Limited:
		return http.StatusTooManyRequests
	case errs.Unavailable, errs.Conflict:
		return http.StatusServiceUnavailable
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Internal:
	}
	return http.StatusInternalServerError
}

// grpcCode is the same for gRPC. Senders try Unavailable again, and
// ResourceExhausted only with RetryInfo: https://opentelemetry.io/docs/specs/otlp/#failures.
func grpcCode(err error) codes.Code {
	switch httpStatus(err) {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return codes.Unavailable
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusInternalServerError:
		return codes.Internal
	}
	return codes.InvalidArgument
}

// response is an ExportTraceServiceResponse with the partial success of a
// receipt; empty when all was taken.
func (r Receipt) response() []byte {
	if r.Rejected() == 0 {
		return nil
	}
	var part []byte
	part = binary.AppendUvarint(append(part, 1<<3|wireVarint), uint64(r.Rejected())) //nolint:gosec // a count
	part = appendText(part, 2, r.Reason())
	return append(binary.AppendUvarint([]byte{1<<3 | wireLen}, uint64(len(part))), part...)
}

// responseJSON is the same in JSON, where 64-bit numbers are text.
func (r Receipt) responseJSON() []byte {
	type partial struct {
		RejectedSpans string `json:"rejectedSpans"`
		ErrorMessage  string `json:"errorMessage"`
	}
	var v struct {
		PartialSuccess *partial `json:"partialSuccess,omitempty"`
	}
	if r.Rejected() > 0 {
		v.PartialSuccess = &partial{strconv.Itoa(r.Rejected()), r.Reason()}
	}
	b, _ := json.Marshal(v) // text only: cannot fail
	return b
}

// failure is a google.rpc.Status, the body of every error.
func failure(code codes.Code, message string) []byte {
	return appendText(binary.AppendUvarint([]byte{1<<3 | wireVarint}, uint64(code)), 2, message)
}

func failureJSON(code codes.Code, message string) []byte {
	b, _ := json.Marshal(struct {
		Code    uint32 `json:"code"`
		Message string `json:"message"`
	}{uint32(code), message}) // cannot fail
	return b
}

func appendText(b []byte, field byte, s string) []byte {
	return append(binary.AppendUvarint(append(b, field<<3|wireLen), uint64(len(s))), s...)
}
