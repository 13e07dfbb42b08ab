package gateway

import "time"

// Waiting is what waits for a certificate's status, by when it is due.
type Waiting struct {
	Parked, Marked DueCount // marked: accepted without the status, and not answered yet
}

// DueCount counts cases by their due time.
type DueCount struct {
	All      int
	By       []int     // due at that moment or before, in the order of the moments that were asked for
	Earliest time.Time // the earliest due time; zero if nothing waits
}
