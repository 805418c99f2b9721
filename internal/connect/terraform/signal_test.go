package terraform

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func one(address, kind, actions string) string {
	return `{"address":"` + address + `","mode":"managed","type":"` + kind + `","name":"x","change":{"actions":[` + actions + `],"before":{"name":"a"},"after":{"name":"b"}}}`
}

func plan(changes ...string) string {
	return `{"format_version":"1.2","resource_changes":[` + strings.Join(changes, ",") + `]}`
}

func TestPlanSignal(t *testing.T) {
	got, err := PlanSignal(strings.NewReader(plan(
		one("aws_sqs_queue.new", "aws_sqs_queue", `"create"`),
		one("aws_instance.web", "aws_instance", `"update"`),
		one("aws_dynamodb_table.orders", "aws_dynamodb_table", `"delete","create"`),
		one("aws_instance.same", "aws_instance", `"no-op"`),
		one("aws_instance.seen", "aws_instance", `"read"`),
		one("aws_db_instance.old", "aws_db_instance", `"delete"`))))
	if err != nil {
		t.Fatal(err)
	}
	want := change.Plan{Created: 1, Updated: 1, Destroyed: 2, Schema: true,
		Resources: []string{"aws_db_instance.old", "aws_dynamodb_table.orders", "aws_instance.web", "aws_sqs_queue.new"},
		Items:     []string{"aws_db_instance.old", "aws_dynamodb_table.orders", "aws_instance.web"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	f, err := os.Open("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := PlanSignal(f); err != nil || got.Created+got.Updated+got.Destroyed != len(got.Resources) || got.Destroyed == 0 || len(got.Items) == 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestPlanSignalRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "format_version",
		`{"format_version":"1.2","errored":true,"resource_changes":[]}`:                   "planning ended with an error",
		plan(one("a.b", "a", `"explode"`)):                                                "actions",
		`{"format_version":"1.0","values":{"root_module":{"resources":[]}},"x":`:          "",
		`{"version":4,"resources":[]}`:                                                    "state file",
		`{"format_version":"1.2","resource_changes":[{"type":"x"}]}`:                      "address",
		plan(one("a.b", "a", `"create"`))[:60]:                                            "",
		`{"format_version":"1.2","resource_changes":[{"address":"` + big(17<<20) + `"}]}`: "",
	} {
		_, err := PlanSignal(strings.NewReader(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%.80s: %v, want %q", in, err, want)
		}
	}
}

func big(n int) string { return strings.Repeat("a", n) }

// A plan of 50 MB and more is read as a stream: what is kept in memory follows
// the number of changes, not what Terraform writes about each, and what is
// larger than the limit is refused before it is read to its end.
func TestPlanSignalHuge(t *testing.T) {
	const resources, each = 5_000, 12 << 10
	var m runtime.MemStats
	highest, read := uint64(0), 0
	runtime.GC()
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	n := 0
	src := &source{next: func() string {
		n++
		switch {
		case n == 1:
			return `{"format_version":"1.2","prior_state":{"x":"` + big(4<<20) + `"},"resource_changes":[`
		case n-1 <= resources:
			comma := ","
			if n == 2 {
				comma = ""
			}
			if n%1000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				highest = max(highest, m.HeapAlloc)
			}
			return comma + fmt.Sprintf(`{"address":"aws_instance.web[%d]","mode":"managed","type":"aws_instance","name":"web","index":%d,"change":{"actions":["update"],"before":{"user_data":"%s"},"after":{"user_data":"%s"}}}`, n, n, big(each/2), big(each/2))
		case n-2 == resources:
			return `]}`
		}
		return ""
	}, read: &read}
	got, err := PlanSignal(src)
	if err != nil || got.Updated != resources || len(got.Resources) != maxNamed || len(got.Items) != maxNamed {
		t.Fatalf("%d updated, %d named: %v", got.Updated, len(got.Resources), err)
	}
	if read < 50<<20 {
		t.Fatalf("the plan has only %d MB", read>>20)
	}
	t.Logf("%d MB read, %d MB held", read>>20, (highest-base)>>20)
	if highest > base+24<<20 {
		t.Errorf("%d MB of memory were held for a plan of %d MB", (highest-base)>>20, read>>20)
	}

	read, n = 0, 0
	endless := &source{next: func() string {
		n++
		if n == 1 {
			return `{"format_version":"1.2","prior_state":[`
		}
		return `"` + big(1<<20) + `",`
	}, read: &read}
	if _, err := PlanSignal(endless); !errs.Is(err, errs.Invalid) || read > MaxPlan+4<<20 {
		t.Errorf("%d MB were read: %v", read>>20, err)
	}
}

// source makes a file while it is read.
type source struct {
	next func() string
	rest string
	read *int
}

func (s *source) Read(p []byte) (int, error) {
	if s.rest == "" {
		if s.rest = s.next(); s.rest == "" {
			return 0, io.EOF
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	*s.read += n
	return n, nil
}
