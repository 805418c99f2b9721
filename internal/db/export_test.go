package db

import "context"

// Mendable is translate, for tests of the faults it knows.
var Mendable = translate

// SequenceOnce is one pass of the sequencer.
func (d *DB) SequenceOnce(ctx context.Context) (int, error) { return d.sequence(ctx) }
