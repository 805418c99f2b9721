package policy

// OlderSQL is the list of versions, for the test of its plan.
const OlderSQL = olderSQL
