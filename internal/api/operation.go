package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Common sets of error statuses, for the description of operations.
var (
	Reading = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
	Making  = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity}
	Editing = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity}
)

// Op describes an operation below /api/v1: a DELETE answers 204, an operation
// whose id begins with "create-" 201.
func Op(id, method, path, tag, summary string, errors []int) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, Tags: []string{tag}, Errors: errors}
	switch {
	case method == http.MethodDelete:
		o.DefaultStatus = http.StatusNoContent
	case method == http.MethodPost && strings.HasPrefix(id, "create-"):
		o.DefaultStatus = http.StatusCreated
	}
	return o
}
