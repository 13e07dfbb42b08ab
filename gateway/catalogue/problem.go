package catalogue

import "kopir/gateway/routing"

// Problem is something found in the data, with the place to look at; Gap marks what the operator
// has to supply.
type Problem = routing.Problem

// ProblemList is the error of [Load]: everything that is wrong, not just the first.
type ProblemList = routing.ProblemList
