// Package worktime answers two questions of a regulation: is this a working day, and when is the
// result due? It knows the holidays of one table a year (schemas/calendar), the hours of a
// provider with its lunch, and the rules of counting; [Calendar.Due] gives a date and a time.
package worktime

import (
	"time"
	_ "time/tzdata" // an old server's zone file would still give +06:00
)

// Zone is where all providers work: since 2024-03-01 the whole country keeps UTC+5 (people.md §2.5).
const Zone = "Asia/Almaty"

// Location loads [Zone]; the data is in the binary.
func Location() *time.Location {
	loc, err := time.LoadLocation(Zone)
	if err != nil {
		return time.FixedZone("+05", 5*60*60)
	}
	return loc
}
