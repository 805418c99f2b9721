package notify

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func containsStr(s, sub string) bool { return strings.Contains(s, sub) }

func fieldsOf(err error) (names []string) {
	for _, f := range errs.As(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

// Pump is round for tests.
func (c *Courier) Pump(ctx context.Context) (int, error) { return c.round(ctx) }

// SendAndDie claims and sends, and dies before recording.
func (c *Courier) SendAndDie(ctx context.Context) (int, error) {
	jobs, _, err := c.claim(ctx)
	for _, j := range jobs {
		c.send(ctx, j)
	}
	return len(jobs), err
}

// ClaimAndSleep claims, sleeps so long that the lease is old, and then tries
// to send. It returns how many were sent nevertheless.
func (c *Courier) ClaimAndSleep(ctx context.Context) (claimed, sent int, err error) {
	jobs, _, err := c.claim(ctx)
	for _, j := range jobs {
		j.until = time.Now().Add(-time.Second)
		c.send(ctx, j)
	}
	return len(jobs), len(c.done), err
}

// SetTimeout shortens how long one send may take.
func (c *Courier) SetTimeout(d time.Duration) { c.timeout = d }

// ListQueries are the list queries, with arguments, for the query-plan test.
func ListQueries() map[string][]any {
	far := int64(1) << 60
	return map[string][]any{
		lostSQL:                              {100},
		unreachedSQL:                         {far, 100},
		oldestSQL:                            {500, "sent"},
		saidAtSQL:                            {"INC-1042", far},
		listSQL:                              {far, 50},
		listStateSQL:                         {far, 50, "dead"},
		listRecordSQL:                        {far, 50, "INC-1042"},
		listBothSQL:                          {far, 50, "INC-1042", "dead"},
		overdueSQL:                           {true, far, 50},
		channelListSQL:                       {"", 50},
		dueSQL + ` ORDER BY due_at LIMIT $3`: {true, far, 50},
		dueSQL + except(4, []string{"a", "b"}) + ` ORDER BY due_at LIMIT $3`:        {false, far, 50, "a", "b"},
		nextSQL + ` ORDER BY due_at LIMIT 1`:                                        {true, far},
		wentSQL + db.In(2, 2) + ` GROUP BY dest, urgent`:                            {far, "a", "b"},
		goesSQL + db.In(1, 2) + ` GROUP BY dest, urgent`:                            {"a", "b"},
		waitSQL + db.In(2, 2) + ` GROUP BY dest, urgent`:                            {far, "a", "b"},
		cancelSQL + ` ORDER BY id`:                                                  {"INC-1042"},
		gatheredSQL + ` ORDER BY id LIMIT $5`:                                       {"a", true, int64(0), far, 100},
		legsSQL + ` AND person IN ` + db.In(2, 2):                                   {"k", int64(1), int64(2)},
		`SELECT 1 FROM notify_message WHERE key = $1 LIMIT 1`:                       {"k"},
		`SELECT ` + linkCols + ` FROM notify_link WHERE message = $1`:               {1},
		`DELETE FROM notify_link WHERE expires_at < $1`:                             {1},
		`SELECT n FROM notify_attempt WHERE message = $1 ORDER BY n DESC LIMIT 100`: {1},
	}
}

// LatestStamp is the latest time the outbox shows.
var LatestStamp = latestStamp
