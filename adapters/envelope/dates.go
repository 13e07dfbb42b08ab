package envelope

import (
	"strings"
	"time"
)

// zone is the country's zone since 2024-03-01; dates without one are local (gateway-protocol.md §1.5).
var zone = time.FixedZone("+05", 5*60*60)

// dateLayout is xs:dateTime with milliseconds and zone, as captured messages write it.
const dateLayout = "2006-01-02T15:04:05.000Z07:00"

// readLayouts are the forms met on the wire. Fractions are accepted by Parse after the seconds.
var readLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02Z07:00", "2006-01-02",
}

// parseDate reads a date as it comes; the zero time for one nobody can read.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range readLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t
		}
	}
	return time.Time{}
}
