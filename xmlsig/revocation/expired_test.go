package revocation_test

import (
	"math/big"
	"testing"
	"time"

	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// TestExpiredCertificates: what is not on a list made after the certificate's end says nothing, unless the list keeps
// certificates that old (expiredCertsOnCRL).
func TestExpiredCertificates(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	end := now.Add(-2 * day)
	cert := issue(t, ca, testpki.Profile{NotBefore: now.Add(-99 * day), NotAfter: end})
	since := func(tag byte, at string) []testpki.Extension {
		return []testpki.Extension{{OID: "2.5.29.60", Value: append([]byte{tag, byte(len(at))}, at...)}}
	}
	exact := end.Format("20060102150405Z")
	tests := []struct {
		name  string
		made  time.Time
		extra []testpki.Extension
		entry int // -1: none
		want  revocation.State
	}{
		{"made at the end", end, nil, -1, revocation.Good},
		{"made after the end", end.Add(time.Second), nil, -1, revocation.Unknown},
		{"made after the end, listed", end.Add(time.Second), nil, 1, revocation.Revoked},
		{"kept from the end on", now, since(0x18, exact), -1, revocation.Good},
		{"kept from before the end on", now, since(0x18, "20200101000000Z"), -1, revocation.Good},
		{"kept from after the end on", now, since(0x18, now.Format("20060102150405Z")), -1, revocation.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ca.CRLSpec(tt.made, now.Add(day))
			s.Extra = tt.extra
			if tt.entry >= 0 {
				s.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-9 * day), Reason: tt.entry}}
			}
			wantState(t, fromLists(t, ca, cert, s), tt.want)
		})
	}
	for name, extra := range map[string][]testpki.Extension{"UTCTime": since(0x17, "200101000000Z"), "no time": since(0x18, "x"), "empty": {{OID: "2.5.29.60"}}} {
		s := ca.CRLSpec(now, now.Add(day))
		s.Extra = extra
		raw, err := ca.MakeCRL(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := revocation.ParseCRL(raw); err == nil {
			t.Errorf("%s as expiredCertsOnCRL was taken", name)
		}
	}
}

// TestExpiredCertificatesAndDeltas: a delta made after the end may say removeFromCRL because of it (RFC 5280 §5.3.1).
func TestExpiredCertificatesAndDeltas(t *testing.T) {
	ca := newAuthority(t, testpki.ECDSA, "ca")
	cert := issue(t, ca, testpki.Profile{NotBefore: now.Add(-99 * day), NotAfter: now.Add(-2 * time.Hour)})
	base := ca.CRLSpec(now.Add(-3*time.Hour), now.Add(day))
	base.Number = big.NewInt(5)
	base.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-9 * day), Reason: 6}}
	delta := ca.CRLSpec(now.Add(-time.Hour), now.Add(day))
	delta.Number, delta.Base = big.NewInt(6), big.NewInt(5)
	delta.Entries = []testpki.Revoked{{Serial: cert.Serial, At: now.Add(-time.Hour), Reason: 8}}
	wantState(t, fromLists(t, ca, cert, base), revocation.OnHold)
	wantState(t, fromLists(t, ca, cert, base, delta), revocation.Unknown)
	delta.ThisUpdate = now.Add(-150 * time.Minute) // lifted before the end
	wantState(t, fromLists(t, ca, cert, base, delta), revocation.Good)
}
