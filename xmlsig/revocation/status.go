// Package revocation answers one question: was this certificate good at that
// moment? It reads revocation lists and OCSP answers; [Static] holds files that
// are given to it, [Online] asks for them through a [Fetcher].
//
//	src := revocation.NewStatic(crls, ocsps)
//	status := src.Status(ctx, cert, issuer, at)
//
// Lists and answers are themselves verified: signature, issuer or responder,
// scope, dates, nonce. What does not hold is as good as absent, and with nothing
// usable left the state is [Unknown], never [Good] (DESIGN §3 rule 5).
// The package opens no connection and reads no clock.
package revocation

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// State is what is known about a certificate. The zero value is Unknown.
type State uint8

// States of a certificate.
const (
	Unknown State = iota
	Good
	Revoked
	OnHold // suspended: certificateHold, which can be lifted
)

var stateNames = [...]string{"unknown", "good", "revoked", "on_hold"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[Unknown]
}

// Names of sources, as Status.Source gives them.
const (
	SourceOCSP = "ocsp"
	SourceCRL  = "crl"
)

// CRLReason values that matter here (RFC 5280 §5.3.1).
const (
	reasonHold   = 6
	reasonRemove = 8
)

// Status is the state with its evidence.
type Status struct {
	State                  State
	Source                 string // "ocsp", "crl"; "" when nothing was usable
	RevokedAt              time.Time
	Reason                 int // CRLReason
	ThisUpdate, NextUpdate time.Time
	EvidenceSHA256         string // hexadecimal, of the answer or list
	BaseSHA256             string // of the full list, when the list is a delta laid over it
	Evidence               []byte // the OCSP answer; nil for a list
	Detail                 string // in plain words, without personal data

	Certificate [32]byte // SHA-256 of the certificate, set by who asked

	// Also are the other sources that were heard where a policy demands that all say good: their evidence counts too.
	Also []Status

	// ClockOff is how far a verified answer made on our question says that the asker's clock is ahead
	// (behind: negative), where that is beyond the skew. State is then Unknown: nothing is decided by such a clock.
	ClockOff time.Duration
}

// Source knows about certificates. The certificate must be one that is already
// chained to an anchor through the issuer: its addresses may be asked.
type Source interface {
	Status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time) Status
}

// defaultSkew is how far the clocks of the authority and ours may be apart.
const defaultSkew = 2 * time.Minute

// DefaultFreshness is how long an OCSP answer without nextUpdate counts (DESIGN §6).
const DefaultFreshness = time.Hour

// maxDetail bounds the reasons joined into one Detail.
const maxDetail = 600

// unknown makes an Unknown status out of reasons why sources were unusable.
func unknown(why ...string) Status {
	return Status{Detail: joinDetails(why)}
}

func joinDetails(why []string) string {
	var b strings.Builder
	seen := make(map[string]bool)
	for _, w := range why {
		if w == "" || seen[w] || b.Len()+len(w) > maxDetail {
			continue
		}
		seen[w] = true
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(w)
	}
	if b.Len() == 0 {
		return "nothing usable is known about the certificate"
	}
	return b.String()
}

// better picks the status that counts. Proof of revocation wins; a hold can
// come and go, so between hold and good the newer word counts, the hold when
// both are equally new; anything beats Unknown.
func better(a, b Status) Status {
	switch {
	case a.State == Unknown:
		return b
	case b.State == Unknown || a.State == Revoked:
		return a
	case b.State == Revoked || b.ThisUpdate.After(a.ThisUpdate):
		return b
	case b.State == OnHold && b.ThisUpdate.Equal(a.ThisUpdate):
		return b
	}
	return a
}

// judgeTimes says why a list or answer does not speak for the moment, or "".
func judgeTimes(thisUpdate, nextUpdate, at time.Time, skew time.Duration) string {
	switch {
	case nextUpdate.Before(thisUpdate):
		return "ends before it begins"
	case thisUpdate.After(at.Add(skew)):
		return "not valid before " + day(thisUpdate)
	case at.Add(-skew).After(nextUpdate):
		return "expired " + day(nextUpdate)
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func fingerprint(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// unreadable is the error of lists and answers that do not parse: they leave
// the state unknown.
func unreadable(what string) error { return reason.New(reason.RevocationUnknown, what) }
