package change

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Filter selects changes; zero fields select all.
type Filter struct {
	Open        *bool
	States      []State
	Types       []Type
	Kinds       []Kind
	Service     string // name or alias
	Team        string
	Environment string
	Model       string
	Author      int64  // person
	Level       string // of risk: low, medium, high
	Bad         bool   // failed, taken back, or the cause of an incident
	Bypass      bool   // began without being allowed
	Review      bool   // emergencies that nobody reviewed yet
	Commit      string // the full hash
	Text        string // words of the title, the last one may be a beginning; or a key, or the beginning of a commit

	From, Before time.Time // started, or else planned or made, in [From, Before)

	ids []int64 // only these: candidates of a text
}

// MaxList is how many changes one page of a list holds at most.
const MaxList = 200

func pageSize(limit int) int {
	if limit <= 0 {
		limit = 50
	}
	return min(limit, MaxList)
}

// List returns one page of changes, newest first, and the cursor of the next
// page ("" at the end). limit is at most MaxList; 0 means 50.
func (s *Service) List(ctx context.Context, f Filter, after string, limit int) (out []Change, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("change.list", err)
	}
	before, err := parseCursor(after)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, "", errs.Wrap("change.list", err)
	}
	limit = pageSize(limit)
	err = s.DB.Read(ctx, func(q db.Querier) error {
		ids, err := s.listIDs(q, f, before, limit+1)
		if err != nil {
			return err
		}
		next = ""
		if len(ids) > limit {
			ids, next = ids[:limit], strconv.FormatInt(ids[limit-1], 36)
		}
		out, err = inOrder(q, ids)
		return err
	})
	return out, next, errs.Wrap("change.list", err)
}

// parseCursor is the number before which a page begins; 0: at the newest.
func parseCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 36, 64)
	if err != nil || id <= 0 {
		return 0, errs.BadField("cursor", errs.Short(s), "use the cursor that the previous page returned, or none for the first page")
	}
	return id, nil
}

func (f Filter) check() error {
	var bad errs.Fields
	for _, x := range f.States {
		oneOf(&bad, "state", x, States)
	}
	for _, x := range f.Types {
		oneOf(&bad, "type", x, Types)
	}
	for _, x := range f.Kinds {
		oneOf(&bad, "kind", x, Kinds)
	}
	if f.Level != "" {
		oneOf(&bad, "risk", f.Level, []string{"low", "medium", "high"})
	}
	if !f.Before.IsZero() && f.Before.Before(f.From) {
		bad.Add("before", f.Before.Format(time.RFC3339), "give a time after from")
	}
	return bad.Err()
}

// listIDs reads the numbers of one page.
func (s *Service) listIDs(q db.Querier, f Filter, before int64, limit int) ([]int64, error) {
	if f.Service != "" && s.Catalog != nil {
		k, ok, err := s.Catalog.Lookup(q, f.Service)
		if err != nil {
			return nil, err
		}
		if ok {
			f.Service = k.Name
		}
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		done, err := s.findText(q, &f, strings.ToLower(text), before)
		if done || err != nil {
			return nil, err
		}
	}
	sets := []Filter{f}
	if f.driver() == byState { // one state after the other, each from its part of the index
		sets = nil
		for _, st := range slices.Compact(slices.Sorted(slices.Values(f.States))) {
			one := f
			one.States = []State{st}
			sets = append(sets, one)
		}
	}
	var out []int64
	for _, one := range sets {
		sql, args := listSQL(q, one, before, limit)
		ids, err := idsOf(q, sql, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	slices.SortFunc(out, func(a, b int64) int { return int(b - a) })
	return out[:min(limit, len(out))], nil
}

// findText turns a text into candidates; done: there are none.
func (s *Service) findText(q db.Querier, f *Filter, text string, before int64) (done bool, err error) {
	if id, err := ref.ID(ref.Change, strings.ToUpper(text)); err == nil {
		f.ids = []int64{id}
		return false, nil
	}
	if looksLikeCommit(text) {
		if f.ids, err = withCommit(q, text); err != nil || len(f.ids) > 0 {
			return false, err
		}
	}
	words := titleWords(text)
	if len(words) == 0 {
		return true, nil
	}
	f.ids, err = withWords(q, words, before)
	return len(f.ids) == 0, err
}

func inOrder(q db.Querier, ids []int64) ([]Change, error) {
	rows, err := getMany(q, ids)
	out := make([]Change, 0, len(ids))
	for _, id := range ids {
		if c, ok := rows[id]; ok {
			out = append(out, c)
		}
	}
	return out, err
}
