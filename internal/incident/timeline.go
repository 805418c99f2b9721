package incident

import (
	"context"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Timeline returns one page of entries, each with its corrections, and the
// cursor of the next page. limit is at most MaxList; 0 means 50. Errors:
// NotFound, Invalid for a wrong cursor.
func (s *Service) Timeline(ctx context.Context, id int64, f TimelineFilter, after string, limit int) (out []Entry, next string, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, "", err
	}
	from := 1 << 30
	if f.OldestFirst {
		from = 0
	}
	if after != "" {
		if from, err = strconv.Atoi(after); err != nil || from < 0 || from > 1<<30 {
			return nil, "", errs.Wrap("incident.timeline", errs.BadField("cursor", after, "use the cursor that the previous page returned, or none for the first page"))
		}
	}
	if limit <= 0 {
		limit = 50
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if _, err := s.look(q, who, id); err != nil {
			return err
		}
		out, next, err = s.timeline(q, id, f, from, min(limit, MaxList))
		return err
	})
	return out, next, errs.Wrap("incident.timeline", err)
}

func (s *Service) timeline(q db.Querier, id int64, f TimelineFilter, from, limit int) ([]Entry, string, error) {
	list, err := timelinePage(q, id, f, from, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = strconv.Itoa(list[limit-1].Seq)
	}
	seqs := make([]int, 0, len(list))
	at := map[int]int{}
	people := []int64{}
	for n, e := range list {
		at[e.Seq] = n
		people = append(people, e.Person, e.Subject)
		if e.Kind == EntryNote || e.Kind == EntryUpdate {
			seqs = append(seqs, e.Seq)
		}
	}
	fixes, err := corrections(q, id, seqs)
	if err != nil {
		return nil, "", err
	}
	names, err := s.names(q, people) // corrections have the author of what they correct
	if err != nil {
		return nil, "", err
	}
	for n := range list {
		name(&list[n], names)
	}
	for _, e := range fixes {
		name(&e, names)
		list[at[e.Corrects]].Corrections = append(list[at[e.Corrects]].Corrections, e)
	}
	return list, next, nil
}

// name fills in the names of people. Names are never stored in entries.
func name(e *Entry, names map[int64]string) {
	e.Name = names[e.Person]
	if e.Subject != 0 {
		subject := names[e.Subject]
		if subject == "" {
			subject = "somebody"
		}
		e.Text = strings.ReplaceAll(e.Text, "{subject}", subject)
	}
}
