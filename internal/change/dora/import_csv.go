package dora

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// csvColumns are the columns of a history, with other names they go by.
var csvColumns = map[string][]string{
	"service":      {"app", "application"},
	"environment":  {"env"},
	"artefact":     {"artifact", "version", "tag", "image"},
	"commit":       {"sha", "revision"},
	"kind":         nil,
	"title":        {"summary"},
	"author":       nil,
	"link":         {"url"},
	"committed_at": {"commit_time"},
	"deployed_at":  {"deployed", "time", "at"},
	"outcome":      {"status", "result"},
	"recovered_at": {"recovered"},
	"rework":       nil,
}

// ParseCSV reads a history: a line of names, then a line for each deployment.
// service and deployed_at must be there, times are RFC 3339, and columns that
// mean nothing here are passed over. Without an environment it is production.
// Errors: Invalid with line and column.
func ParseCSV(r io.Reader) ([]History, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errs.BadField("file", "", "it is empty; the first line names the columns: service,environment,artefact,committed_at,deployed_at,outcome")
	}
	if err != nil {
		return nil, badCSV(err)
	}
	place := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		for column, others := range csvColumns {
			if name != column && !slices.Contains(others, name) {
				continue
			}
			if _, twice := place[column]; twice {
				return nil, errs.BadField("line 1", name, "the column "+column+" is there twice")
			}
			place[column] = i
		}
	}
	for _, need := range []string{"service", "deployed_at"} {
		if _, ok := place[need]; !ok {
			return nil, errs.BadField("line 1", strings.Join(head, ","), "there must be a column "+need)
		}
	}
	var out []History
	var bad errs.Fields
	for len(bad) < 20 {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badCSV(err)
		}
		if len(out) == maxHistory {
			return nil, errs.BadField("file", "", "it has more than 250,000 lines; send it in parts, the oldest first")
		}
		line, _ := in.FieldPos(0)
		get := func(column string) string {
			if i, ok := place[column]; ok {
				return strings.Clone(strings.TrimSpace(fields[i]))
			}
			return ""
		}
		when := func(column string) (t time.Time) {
			text := get(column)
			if text == "" {
				return t
			}
			t, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "T", 1))
			if err != nil {
				bad.Add("line "+strconv.Itoa(line)+": "+column, text, "write a time like 2026-03-01T14:30:00Z")
			}
			return t.UTC()
		}
		h := History{Line: line, Service: get("service"), Environment: get("environment"), Artefact: get("artefact"), Commit: strings.ToLower(get("commit")), Kind: get("kind"), Title: get("title"),
			Author: get("author"), Link: get("link"), CommittedAt: when("committed_at"), DeployedAt: when("deployed_at"), Outcome: outcomeOf(get("outcome")), RecoveredAt: when("recovered_at")}
		if h.Environment == "" {
			h.Environment = production
		}
		switch text := strings.ToLower(get("rework")); text {
		case "", "false", "no", "0":
		case "true", "yes", "1":
			h.Rework = true
		default:
			bad.Add("line "+strconv.Itoa(line)+": rework", text, "write true or false")
		}
		out = append(out, h)
	}
	return out, bad.Err()
}

// outcomeOf reads what pipelines call an outcome.
func outcomeOf(text string) string {
	switch low := strings.ToLower(text); low {
	case "success", "successful", "ok", "passed":
		return "succeeded"
	case "failure", "error":
		return "failed"
	case "rolled_back", "rolled-back", "rollback", "reverted":
		return "rolled back"
	default:
		return low
	}
}

func badCSV(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return errs.BadField("line "+strconv.Itoa(p.Line), "", "column "+strconv.Itoa(p.Column)+": "+p.Err.Error())
	}
	return err
}
