package evidence

import (
	"fmt"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// Names of the checks of a container, in the order they run.
const (
	CheckContainer  = "container"
	CheckSeal       = "seal"
	CheckFiles      = "files"
	CheckTrust      = "trust"
	CheckHistory    = "history"
	CheckDocument   = "document"
	CheckVerdict    = "verdict"
	CheckResult     = "result"
	CheckTimestamps = "timestamps"
)

// Where the anchors came from.
const (
	TrustGiven    = "given"
	TrustRecorded = "as_recorded"
)

// Options of [Verify]. The zero value believes nobody: what holds is then inconclusive.
type Options struct {
	Trust *pki.Store        // anchors; nil: those the container itself names
	Seal  *pki.Certificate  // whose seal it must be; nil: anybody's that Trust reaches
	Lists []*revocation.CRL // lists that are not in the container, found by digest
	TSA   *pki.Store        // anchors of timestamp authorities besides those of Trust
}

// Check is one question asked of a container.
type Check struct {
	Name    string         `json:"name"`
	Subject string         `json:"subject,omitempty"` // the file it is about
	Outcome reason.Outcome `json:"outcome"`
	Code    reason.Code    `json:"code"`
	Detail  string         `json:"detail"`
}

// Report is what [Verify] found.
type Report struct {
	Number   string         `json:"number"`
	Verdict  reason.Outcome `json:"verdict"`
	Code     reason.Code    `json:"code"`
	Trust    string         `json:"trust"`
	TestPKI  bool           `json:"test_pki,omitempty"`
	Anchors  []Anchor       `json:"anchors"`
	Seal     *Seal          `json:"seal,omitempty"`
	Recorded []Recorded     `json:"recorded"`
	Changed  []string       `json:"changed"` // in words: what is not as it was recorded
	Checks   []Check        `json:"checks"`
}

// Anchor is a certificate a signer's chain ended in.
type Anchor struct {
	SHA256 string `json:"sha256"`
	Name   string `json:"name"`
	Pinned string `json:"pinned"` // "national", "test", or "" for one that is not known to this program
}

// Seal tells who sealed the container, and when by his own clock.
type Seal struct {
	SHA256  string    `json:"sha256"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at,omitzero"`
}

// Recorded is a verdict of the container with what it comes to now.
type Recorded struct {
	ID       string         `json:"id"`
	Kind     string         `json:"kind"`
	At       time.Time      `json:"at"`
	Outcome  reason.Outcome `json:"outcome"`
	Code     reason.Code    `json:"code"`
	Now      reason.Outcome `json:"now"`
	NowCode  reason.Code    `json:"now_code"`
	Document string         `json:"document"`
}

func (r *Report) pass(name, subject, format string, args ...any) {
	r.note(name, subject, reason.Passed, "", format, args...)
}

// fail records something that is not as it was recorded.
func (r *Report) fail(name, subject string, code reason.Code, format string, args ...any) {
	c := r.note(name, subject, reason.Failed, code, format, args...)
	r.Changed = append(r.Changed, c.words())
}

func (r *Report) unknown(name, subject string, code reason.Code, format string, args ...any) {
	r.note(name, subject, reason.Inconclusive, code, format, args...)
}

func (r *Report) skip(name, subject, format string, args ...any) {
	r.note(name, subject, reason.NotApplicable, "", format, args...)
}

func (r *Report) note(name, subject string, outcome reason.Outcome, code reason.Code, format string, args ...any) Check {
	c := Check{Name: name, Subject: subject, Outcome: outcome, Code: code, Detail: fmt.Sprintf(format, args...)}
	r.Checks = append(r.Checks, c)
	return c
}

func (c Check) words() string {
	if c.Subject == "" {
		return c.Detail
	}
	return c.Subject + ": " + c.Detail
}

// conclude sums up: one failure fails, one open question leaves open.
func (r *Report) conclude() {
	var all []reason.Check
	for _, c := range r.Checks {
		all = append(all, reason.Check{Outcome: c.Outcome, Code: c.Code})
	}
	r.Verdict, r.Code = reason.Verdict(all)
}

// failed tells whether a check of that name has failed.
func (r *Report) failed(name string) bool {
	for _, c := range r.Checks {
		if c.Name == name && c.Outcome == reason.Failed {
			return true
		}
	}
	return false
}
