package ascode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Input is a directory as the client read it.
type Input struct {
	Files  []File
	Source string // name of this directory among several; "main" when empty
	Commit string // git commit, with "+dirty" when the tree had changes; "" outside git
	Plan   string // for apply: digest of the plan that was seen; "" = whatever it is
}

// Action is what happens to a record.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "change"
	Adopt  Action = "adopt" // unchanged, managed in git from now on
	Remove Action = "remove"
)

// Change is what happens to one record.
type Change struct {
	Kind   string  `json:"kind"`
	Name   string  `json:"name"`
	Record string  `json:"record"` // "SVC checkout"
	Path   string  `json:"path"`   // its page
	Action Action  `json:"action"`
	Adopt  bool    `json:"adopt,omitempty"` // also managed in git from now on
	Where  string  `json:"where,omitempty"` // "services.yaml:4:9"; empty for a removal
	Fields []Field `json:"fields,omitempty"`
	ref    ref.Ref
}

// Plan is the effect of a directory.
type Plan struct {
	Source  string
	Commit  string
	Digest  string // of the effect; give it to Apply
	Changes []Change
	Counts  Counts

	gone []ref.Ref // managed so far, and named by no file any more
}

var (
	sourceForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9./-]{0,61}[a-z0-9])?$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{7,64}(\+dirty)?$`)
)

func (in *Input) check() error {
	var bad errs.Fields
	if in.Source == "" {
		in.Source = "main"
	}
	if !sourceForm.MatchString(in.Source) {
		bad.Add("source", in.Source, "use at most 63 of a-z, 0-9, ., / and -")
	}
	if in.Commit != "" && !commitForm.MatchString(in.Commit) {
		bad.Add("commit", in.Commit, `use a git commit in hexadecimal, with "+dirty" when the tree has changes`)
	}
	return bad.Err()
}

// errPlanned rolls a plan's transaction back.
var errPlanned = errors.New("planned")

// Plan returns what Apply would do now. Errors: Invalid with every fault of
// the files and file:line:column of each.
func (s *Service) Plan(ctx context.Context, in Input) (Plan, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = in.check()
	}
	if err != nil {
		return Plan{}, errs.Wrap("ascode.plan", err)
	}
	docs, err := s.loader.Load(in.Files)
	if err != nil {
		return Plan{}, errs.Wrap("ascode.plan", err)
	}
	var plan Plan
	err = s.db.Write(ctx, who, "as code planned", func(tx *db.Tx) (err error) {
		if plan, err = s.run(tx, in, docs); err == nil {
			err = errPlanned
		}
		return err
	})
	if errors.Is(err, errPlanned) {
		err = nil
	}
	return plan, errs.Wrap("ascode.plan", err)
}

// Apply makes the records equal to the files, in one transaction, and returns
// what it did. Errors: Invalid as for Plan; Conflict when in.Plan is not the
// digest of what would happen now.
func (s *Service) Apply(ctx context.Context, in Input) (Plan, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = in.check()
	}
	if err != nil {
		return Plan{}, errs.Wrap("ascode.apply", err)
	}
	docs, err := s.loader.Load(in.Files)
	if err != nil {
		return Plan{}, errs.Wrap("ascode.apply", err)
	}
	var plan Plan
	err = s.db.Write(ctx, who, "as code applied", func(tx *db.Tx) (err error) {
		if plan, err = s.run(tx, in, docs); err != nil {
			return err
		}
		if in.Plan != "" && in.Plan != plan.Digest {
			return errs.E(errs.Conflict, "records changed since the plan, so that it would now do something else; plan again and look at it")
		}
		return s.record(tx, plan)
	})
	return plan, errs.Wrap("ascode.apply", err)
}

// state is all records of all kinds.
type state map[ref.Ref]any

func (s *Service) state(q db.Querier) (state, error) {
	all := state{}
	for _, k := range s.kinds {
		list, err := k.list(q)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if all[ref.S(k.Ref, o.Name)], err = plain(o.Spec); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// run applies the documents and removes what is gone, inside tx, and returns
// the effect that this had.
func (s *Service) run(tx *db.Tx, in Input, docs []Document) (Plan, error) {
	if err := takeTurns(tx); err != nil {
		return Plan{}, err
	}
	before, err := s.state(tx)
	if err != nil {
		return Plan{}, err
	}
	managed := map[ref.Ref]Management{}
	for _, k := range s.kinds {
		part, err := allManaged(tx, k.Ref)
		if err != nil {
			return Plan{}, err
		}
		for name, m := range part {
			managed[ref.S(k.Ref, name)] = m
		}
	}
	var bad faults
	where := map[ref.Ref]string{}
	for i := range docs {
		d := &docs[i]
		r := ref.S(d.Kind.Ref, d.Name)
		where[r] = d.Where("")
		if m, ok := managed[r]; ok && m.Source != in.Source {
			bad.add(d.Where(""), "metadata.name", d.Name, fmt.Sprintf("this record is managed by the source %q; remove it there, or apply with --source %s", m.Source, m.Source))
			continue
		}
		if err := d.Kind.apply(tx, d.Name, d.Spec, in.Commit); err != nil && !bad.user(d, err) {
			return Plan{}, bad.or(err)
		}
	}
	for i := range docs {
		d := &docs[i]
		if d.Kind.settle == nil || len(bad.list) > 0 {
			continue
		}
		if err := d.Kind.settle(tx, d.Name, d.Spec); err != nil && !bad.user(d, err) {
			return Plan{}, bad.or(err)
		}
	}
	gone, err := s.removeGone(tx, in, managed, where, &bad)
	if err != nil {
		return Plan{}, bad.or(err)
	}
	if err := bad.err(); err != nil {
		return Plan{}, err
	}
	after, err := s.state(tx)
	if err != nil {
		return Plan{}, err
	}
	plan := s.compare(in, before, after, managed, where)
	plan.gone = gone
	return plan, nil
}

// removeGone removes what this source manages and no file names any more, in
// the opposite order of dependency, and returns it. A practice may keep what
// others still point at (retire a service); it is unmanaged all the same.
func (s *Service) removeGone(tx *db.Tx, in Input, managed map[ref.Ref]Management, where map[ref.Ref]string, bad *faults) (all []ref.Ref, err error) {
	for _, k := range slices.Backward(s.kinds) {
		var gone []string
		for r, m := range managed {
			if r.Kind == k.Ref && m.Source == in.Source && where[r] == "" {
				gone = append(gone, r.Key)
			}
		}
		slices.Sort(gone)
		for _, name := range gone {
			all = append(all, ref.S(k.Ref, name))
			err := k.remove(tx, name)
			switch e := errs.As(err); {
			case err == nil, e.Kind == errs.NotFound:
			case e.Kind == errs.Internal, e.Kind == errs.Unavailable:
				return nil, err
			default:
				bad.add("", k.Name+" "+name, "", "no file has it any more, and it cannot be removed: "+e.Text)
			}
		}
	}
	return all, nil
}

// compare turns two states into changes, in order of dependency.
func (s *Service) compare(in Input, before, after state, managed map[ref.Ref]Management, where map[ref.Ref]string) Plan {
	plan := Plan{Source: in.Source, Commit: in.Commit, Changes: []Change{}}
	for _, k := range s.kinds {
		var names []string
		for r := range before {
			if r.Kind == k.Ref {
				names = append(names, r.Key)
			}
		}
		for r := range after {
			if _, both := before[r]; r.Kind == k.Ref && !both {
				names = append(names, r.Key)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			r := ref.S(k.Ref, name)
			old, was := before[r]
			now, is := after[r]
			_, isManaged := managed[r]
			_, named := where[r]
			c := Change{Kind: k.Name, Name: name, Record: r.String(), Path: r.Path(), Where: where[r], Adopt: named && !isManaged, ref: r}
			switch {
			case !was:
				c.Action, c.Adopt, c.Fields = Create, false, diff(nil, now)
				plan.Counts.Created++
			case !is:
				c.Action, c.Fields = Remove, diff(old, nil)
				plan.Counts.Removed++
			default:
				c.Fields = diff(old, now)
				switch {
				case len(c.Fields) > 0:
					c.Action = Update
					plan.Counts.Changed++
				case c.Adopt:
					c.Action = Adopt
					plan.Counts.Adopted++
				default:
					if named {
						plan.Counts.Unchanged++
					}
					continue
				}
			}
			plan.Changes = append(plan.Changes, c)
		}
	}
	raw, _ := json.Marshal(struct {
		Source  string
		Changes []Change
	}{in.Source, withoutPlaces(plan.Changes)}) // plain values always encode
	sum := sha256.Sum256(raw)
	plan.Digest = hex.EncodeToString(sum[:])
	return plan
}

// withoutPlaces leaves out where a change comes from: a line that moved is the
// same plan.
func withoutPlaces(list []Change) []Change {
	out := slices.Clone(list)
	for i := range out {
		out[i].Where = ""
	}
	return out
}

// record notes what is managed now, and the apply with its evidence.
func (s *Service) record(tx *db.Tx, p Plan) error {
	for _, r := range p.gone {
		if err := unmanage(tx, r); err != nil {
			return err
		}
	}
	for _, c := range p.Changes {
		if c.Where == "" {
			continue
		}
		if err := manage(tx, c.ref, Management{p.Source, p.Commit}); err != nil {
			return err
		}
	}
	if p.Counts.Touched()+len(p.gone) == 0 {
		return nil
	}
	id, err := tx.NextID("APPLY")
	if err != nil {
		return err
	}
	const atOnce = 500 // records in one entry, well below evidence.MaxEntry
	var all []string
	for _, c := range p.Changes {
		all = append(all, string(c.Action)+" "+c.Record)
	}
	for _, r := range p.gone {
		all = append(all, "release "+r.String())
	}
	for records := range slices.Chunk(all, atOnce) {
		tx.Record(evidence.Entry{Action: "ascode.apply", Record: ref.S(ref.System, "as-code"), Data: map[string]any{
			"apply": id, "source": p.Source, "commit": p.Commit, "records": records}})
	}
	return insertApply(tx, Apply{ID: id, At: tx.Now, Actor: tx.Actor.String(), Person: tx.Actor.Person, Source: p.Source, Commit: p.Commit, Counts: p.Counts})
}

// user notes an error that the files' author can mend, at its place; it
// returns false for all others.
func (f *faults) user(d *Document, err error) bool {
	e := errs.As(err)
	switch e.Kind {
	case errs.Invalid:
		if len(e.Fields) == 0 {
			f.add(d.Where(""), d.Kind.Name+" "+d.Name, "", e.Text)
		}
		for _, x := range e.Fields {
			label := "spec." + strings.TrimPrefix(x.Name, "spec.")
			if x.Name == "" || x.Name == "name" {
				label = "metadata.name"
			}
			f.add(d.Where(x.Name), label, x.Value, x.Remedy)
		}
	case errs.Conflict, errs.NotFound, errs.Forbidden, errs.Limited:
		f.add(d.Where(""), d.Kind.Name+" "+d.Name, "", e.Text)
	default:
		return false
	}
	return true
}

// or returns the faults found so far, or err if there are none: after a user's
// fault that broke the transaction, everything else fails for that reason.
func (f *faults) or(err error) error {
	if len(f.list) > 0 && errs.KindOf(err) == errs.Internal {
		return f.err()
	}
	return err
}
