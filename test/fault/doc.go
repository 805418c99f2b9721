// Package fault breaks the program on purpose and checks what it promised:
// what was acknowledged is there exactly once and with the right state,
// nothing is half-applied, every error says what to do, and nothing panics.
//
//   - kill_test.go kills the program with SIGKILL at random instants under
//     load, on SQLite, more than fifty times; after every start each alert is
//     compared with what its sender was told.
//   - replicas_test.go kills and pauses (SIGSTOP) two replicas on PostgreSQL.
//   - race_test.go lets several processes take in the same alerts and act on
//     the same incidents at the same moment.
//   - disk_test.go fills the disk, takes it away, locks the database, loses
//     and changes keys.
//   - input_test.go sends what no honest sender sends, to every receiver and
//     the API, over HTTP.
//   - clock_test.go moves the clock back an hour and ahead a month.
//
// How: the program is built once and run as its users run it; what it did is
// read from its database with plain SQL (facts_test.go), which the program's
// own code cannot embellish. A sender (sender_test.go) behaves as real ones
// do: it repeats a post until that is acknowledged, and remembers what it was
// told; whether a post without an answer took effect is found out from the
// database, where all alerts of one body must agree.
//
// Nothing sleeps a fixed time: what must happen is polled for with a deadline.
// Instants of kills come from a seed that is logged; EVENKEEL_FAULT_SEED sets it.
package fault
