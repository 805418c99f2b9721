package calendar

// ListSQL is the query of the list, for its plan.
const ListSQL = listSQL
