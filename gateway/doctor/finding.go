package doctor

import (
	"regexp"
	"strings"
	"unicode"

	"kopir/schemas"
)

// Level says how much a finding matters.
type Level string

// Levels.
const (
	OK   Level = "ok"
	Warn Level = "warn" // applications are still decided
	Fail Level = "fail" // something does not work, or is believed wrongly
)

// Checks, in the order they are made.
const (
	CheckConfig   = "config"
	CheckData     = "data"
	CheckDisk     = "disk"
	CheckLedger   = "ledger"
	CheckRedis    = "redis"
	CheckTrust    = "trust"
	CheckOCSP     = "ocsp"
	CheckList     = "list"
	CheckTSA      = "tsa"
	CheckClock    = "clock"
	CheckSHEP     = "shep"
	CheckCalendar = "calendar"
	CheckStamps   = "stamps"
	CheckQueues   = "queues"
	CheckForecast = "forecast"
)

// Finding is the result of one check of one thing.
type Finding struct {
	Check   string
	Subject string // what was looked at: a host, a file; may be empty
	Level   Level
	Cause   string            // key of the text doctor.cause.…
	Remedy  string            // key of the text doctor.remedy.…; empty when nothing is to be done
	Data    map[string]string // put into both texts
}

// found makes a finding; pairs are names and values of its data.
func found(check, subject string, level Level, cause, remedy string, pairs ...string) Finding {
	f := Finding{Check: check, Subject: safe(subject), Level: level, Cause: cause, Remedy: remedy, Data: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Data[pairs[i]] = safe(pairs[i+1])
	}
	return f
}

// NewFinding makes a finding of a check that is made elsewhere; pairs are names and values of its data.
func NewFinding(check, subject string, level Level, cause, remedy string, pairs ...string) Finding {
	return found(check, subject, level, cause, remedy, pairs...)
}

// Words says what was found, in kk, ru or en.
func (f Finding) Words(lang string) string { return f.text(lang, "doctor.cause."+f.Cause) }

// Advice says what to do; "" when nothing is.
func (f Finding) Advice(lang string) string {
	if f.Remedy == "" {
		return ""
	}
	return f.text(lang, "doctor.remedy."+f.Remedy)
}

func (f Finding) text(lang, key string) string {
	var pairs []string
	for name, value := range f.Data {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(schemas.Text(lang, key))
}

// Worst is the gravest level of several findings.
func Worst(findings []Finding) Level {
	worst := OK
	for _, f := range findings {
		switch {
		case f.Level == Fail:
			return Fail
		case f.Level == Warn:
			worst = Warn
		}
	}
	return worst
}

// maxValue bounds a value that came from outside.
const maxValue = 200

// personal are the digits of an IIN or a BIN.
var personal = regexp.MustCompile(`[0-9]{12,}`)

// safe keeps what others wrote from being more than words on a line, or a personal number.
func safe(s string) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	line = personal.ReplaceAllString(line, "…")
	if runes := []rune(line); len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return line
}
