package pki

import (
	"errors"
	"time"

	"kopir/xmlsig/reason"
)

// Model says when the authorities above a signer have to be valid. The signer's own period is
// [Certificate.CheckValidity]'s, whatever the model.
type Model uint8

// Models of validity.
const (
	// ModelShell: every authority is valid at the moment of the check (RFC 5280 §6.1.3 a 2).
	ModelShell Model = iota
	// ModelChain: every authority was valid when it issued the certificate below it; it may have expired since.
	ModelChain
	// ModelNational is the chain model where an authority may be older than the root above it: the national
	// root was re-issued in 2020 with the key it had, and stands above an authority of 2019.
	ModelNational
)

var modelNames = [...]string{"shell", "chain", "national"}

func (m Model) String() string { return modelNames[m] }

// ParseModel finds a model by its name; the empty one is the shell model.
func ParseModel(name string) (Model, bool) {
	for i, known := range modelNames {
		if name == known {
			return Model(i), true
		}
	}
	return ModelShell, name == ""
}

// moment is when path[i] has to be valid.
func (m Model) moment(path Chain, i int, at time.Time) time.Time {
	if m == ModelShell || i == 0 {
		return at
	}
	issued := path[i-1].NotBefore
	if m == ModelNational && i == len(path)-1 && issued.Before(path[i].NotBefore) {
		return path[i].NotBefore
	}
	return issued
}

// checkPeriods holds the authorities' periods against the model.
func checkPeriods(path Chain, at time.Time, m Model) error {
	for i, c := range path {
		if i == 0 && len(path) > 1 {
			continue
		}
		if err := c.CheckValidity(m.moment(path, i, at)); err != nil {
			var e *reason.Error
			errors.As(err, &e)
			return &reason.Error{Code: reason.ChainInvalid, Detail: place(i, path) + ": " + e.Detail, Err: err}
		}
	}
	return nil
}

// span is the time in which checkPeriods says of a path that passed what it said once.
func (m Model) span(path Chain) (from, until time.Time) {
	for i, c := range path {
		if i == 0 && len(path) > 1 || m != ModelShell && len(path) > 1 {
			continue
		}
		if from.IsZero() || c.NotBefore.After(from) {
			from = c.NotBefore
		}
		if until.IsZero() || c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	return from, until
}
