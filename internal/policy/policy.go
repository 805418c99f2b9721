// Package policy decides by rules that are kept as code (Rego, evaluated by
// Open Policy Agent).
//
// What is real here. A policy is a set of modules of package evenkeel.change.
// One comes with the program (folder default): short files, one for each rule,
// commented for whoever wants to change them. An organisation's own policy is a
// version of its own that takes its place.
//
// Invariants:
//   - A decision is a pure function of the input, the settings and the version
//     of the policy. Nothing else is reachable: a named list of pure built-in
//     functions (builtin.go), no clock, no network, no randomness, no files.
//   - Whatever is not a clear answer is NeedsReview by the change authority: an
//     undefined decision, an error, an answer of another form, one that
//     contradicts itself, and an evaluation that does not end within Deadline.
//   - No gap in the input makes a decision weaker. Before a policy sees it, the
//     input is held against input.json: a fact with a field that is missing or
//     of another type is handed on as unknown, and the answer is at least
//     NeedsReview (shape.go).
//   - A return to an artefact that already ran successfully is allowed whatever
//     a policy says, or fails to say.
//   - What does not compile never takes effect; the version before it stays.
//
// How. Compile parses and compiles once, with types from input.json, so that
// a rule that reads input.bugdet is refused with its place. Decide turns the
// input into OPA's own values without a detour over JSON (input.go), evaluates
// the prepared query with a deadline, and reads the answer straight from OPA's
// values (answer.go). Settings stand as data.evenkeel.settings. Service keeps
// versions (service.go, store.go); Trial and Backtest replay inputs of the past
// (trial.go, backtest.go); Test runs the rules named test_ (test.go).
package policy
