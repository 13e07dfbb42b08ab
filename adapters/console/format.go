package console

import (
	"strconv"
	"strings"
	"time"

	"kopir/gateway"
)

// moment writes date and time as people in the language write them, in the time of Almaty.
func moment(lang string, at time.Time) string {
	if at.IsZero() {
		return "—"
	}
	at = at.In(gateway.Almaty)
	if lang == "en" {
		return at.Format("2006-01-02 15:04:05")
	}
	return at.Format("02.01.2006 15:04:05")
}

// minute is moment without the seconds.
func minute(lang string, at time.Time) string {
	if at.IsZero() {
		return "—"
	}
	return strings.TrimSuffix(moment(lang, at.Truncate(time.Minute)), ":00")
}

// written is a date as somebody wrote it, in our form if it can be read.
func written(lang, s string) string {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return moment(lang, at)
	}
	return scrub(s)
}

// span writes a duration by its two largest units: "3 д 4 ч", "12 мин".
func (t texts) span(lang string, d time.Duration) string {
	unit := func(name string, n int64) string { return t.get(lang, "short."+name, n) }
	seconds := max(int64(d/time.Second), 0)
	minutes, hours, days := seconds/60, seconds/3600, seconds/86400
	var parts []string
	switch {
	case days > 0:
		parts = append(parts, unit("day", days))
		if h := hours % 24; h > 0 {
			parts = append(parts, unit("hour", h))
		}
	case hours > 0:
		parts = append(parts, unit("hour", hours))
		if m := minutes % 60; m > 0 {
			parts = append(parts, unit("minute", m))
		}
	case minutes > 0:
		parts = append(parts, unit("minute", minutes))
	default:
		parts = append(parts, unit("second", seconds))
	}
	return strings.ReplaceAll(strings.Join(parts, " "), " ", nbsp)
}

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// grouped writes a number with spaces between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	var b strings.Builder
	for i, r := range s {
		if i > 0 && s[i-1] != '-' && (len(s)-i)%3 == 0 {
			b.WriteString(nbsp)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// short is the head of a digest, enough to tell two apart by eye.
func short(sha string) string {
	const head = 12
	if len(sha) <= head {
		return sha
	}
	return sha[:head] + "…"
}
