package gateway

import (
	"time"
	_ "time/tzdata" // an old server's zone file would still say +06 (people.md §2.5)
)

// Almaty is the zone of all regions the services are given in; UTC+5 since 2024-03-01.
var Almaty = mustZone("Asia/Almaty")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil { // the zone is compiled in by time/tzdata
		panic(err)
	}
	return zone
}
