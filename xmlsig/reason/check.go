package reason

import (
	"errors"
	"fmt"
)

// Outcome is what a check found. The zero value is Inconclusive:
// a check that did not run cannot pass (DESIGN §3 rule 4).
type Outcome uint8

// Outcomes of a check.
const (
	Inconclusive Outcome = iota
	Passed
	Failed
	NotApplicable
)

var outcomeNames = [...]string{"inconclusive", "passed", "failed", "not_applicable"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return outcomeNames[Inconclusive]
}

// MarshalText writes the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome's name.
func (o *Outcome) UnmarshalText(b []byte) error {
	for i, n := range outcomeNames {
		if n == string(b) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %q", b)
}

// Names of the checks, in the order they run and are shown (DESIGN §6).
const (
	CheckXML        = "xml"
	CheckSignature  = "signature"
	CheckDigest     = "digest"
	CheckCoverage   = "coverage"
	CheckAlgorithm  = "algorithm"
	CheckChain      = "chain"
	CheckValidity   = "validity"
	CheckPurpose    = "purpose"
	CheckRevocation = "revocation"
	CheckIdentity   = "identity"
)

// Check is one question asked of a document and its answer with evidence.
// Signer counts from 1 in document order; 0 means the document as a whole.
type Check struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Code    Code    `json:"code"`
	Detail  string  `json:"detail"`
	Signer  int     `json:"signer"`
}

// Pass makes a passed check.
func Pass(name string, signer int, detail string) Check {
	return Check{Name: name, Outcome: Passed, Detail: detail, Signer: signer}
}

// Fail makes a failed check.
func Fail(name string, signer int, code Code, detail string) Check {
	return Check{Name: name, Outcome: Failed, Code: code, Detail: detail, Signer: signer}
}

// Unknown makes an inconclusive check.
func Unknown(name string, signer int, code Code, detail string) Check {
	return Check{Name: name, Outcome: Inconclusive, Code: code, Detail: detail, Signer: signer}
}

// Skip makes a check that does not apply.
func Skip(name string, signer int, detail string) Check {
	return Check{Name: name, Outcome: NotApplicable, Detail: detail, Signer: signer}
}

// FromError makes a failed check of an error; an error without a Code gets fallback.
func FromError(name string, signer int, err error, fallback Code) Check {
	var e *Error
	if errors.As(err, &e) {
		return Fail(name, signer, e.Code, e.Detail)
	}
	return Fail(name, signer, fallback, err.Error())
}

// Verdict sums up checks: failed if one failed, else inconclusive if one is
// inconclusive or there are none, else passed. The code is the first failing reason.
func Verdict(checks []Check) (Outcome, Code) {
	verdict, code := Passed, Code("")
	if len(checks) == 0 {
		return Inconclusive, ""
	}
	for _, c := range checks {
		switch {
		case c.Outcome == Failed && verdict != Failed:
			verdict, code = Failed, c.Code
		case c.Outcome == Inconclusive && verdict == Passed:
			verdict, code = Inconclusive, c.Code
		}
	}
	return verdict, code
}
