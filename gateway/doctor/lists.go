package doctor

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// list downloads and judges one list.
func (x *Examination) list(ctx context.Context, address string) Finding {
	have := len(x.good)
	f := x.judgeList(ctx, address)
	var list *revocation.CRL
	if len(x.good) > have {
		list = x.good[have]
	}
	x.noteList(address, list)
	return f
}

func (x *Examination) judgeList(ctx context.Context, address string) Finding {
	reply := x.Prober.List(ctx, address)
	x.clock.date(address, reply)
	if f, failed := reply.Transport(CheckList, address); failed {
		return f
	}
	list, err := revocation.ReadCRL(bytes.NewReader(reply.Body))
	if err != nil {
		return found(CheckList, address, Fail, "list_unreadable", "address", "host", HostOf(address))
	}
	issuer, fault := x.issuerOf(list)
	pairs := []string{"host", HostOf(address), "until", Minute(list.NextUpdate), "from", Minute(list.ThisUpdate),
		"entries", strconv.Itoa(list.Len())}
	if issuer != nil {
		pairs = append(pairs, "issuer", issuer.Subject.CommonName)
	}
	switch {
	case issuer == nil:
		return found(CheckList, address, Warn, "list_foreign", "list_foreign", pairs...)
	case fault != revocation.FaultNone:
		return found(CheckList, address, Fail, "list_"+string(fault), adviceOf(fault), pairs...)
	case x.older(address, list):
		return found(CheckList, address, Fail, "list_older", "replay", pairs...)
	}
	x.good = append(x.good, list)
	return found(CheckList, address, OK, "list_good", "", pairs...)
}

// issuerOf finds the trusted authority that signed the list, else the one whose name it bears.
func (x *Examination) issuerOf(list *revocation.CRL) (named *pki.Certificate, fault revocation.Fault) {
	for _, c := range x.authorities() {
		switch f := list.Diagnose(c, x.Now()); {
		case f == revocation.FaultNone:
			return c, f
		case f != revocation.FaultForeign:
			named, fault = c, f
		case named == nil && bytes.Equal(list.RawIssuer, c.RawSubject): // by another key
			named, fault = c, revocation.FaultSignature
		}
	}
	return named, fault
}

// older compares with the list that was kept: numbers never go back (RFC 5280 §5.2.3).
func (x *Examination) older(address string, list *revocation.CRL) bool {
	kept := x.kept(address)
	if kept == nil || !bytes.Equal(kept.RawIssuer, list.RawIssuer) || kept.IsDelta() != list.IsDelta() {
		return false
	}
	return list.Number != nil && kept.Number != nil && list.Number.Cmp(kept.Number) < 0 || list.ThisUpdate.Before(kept.ThisUpdate)
}

// kept reads the list kept of an address; nil if there is none.
func (x *Examination) kept(address string) *revocation.CRL {
	if x.Kept == nil {
		return nil
	}
	r, err := x.Kept(address)
	if err != nil {
		return nil
	}
	defer r.Close() //nolint:errcheck // only read
	list, err := revocation.ReadCRL(r)
	if err != nil {
		return nil
	}
	return list
}

// bases: a delta list says nothing without the full list it completes (RFC 5280 §5.2.4).
func (x *Examination) bases() (findings []Finding) {
	for _, delta := range x.good {
		if !delta.IsDelta() || x.hasBase(delta) {
			continue
		}
		issuer, _ := x.issuerOf(delta)
		findings = append(findings, found(CheckList, issuer.Subject.CommonName, Fail, "list_no_base", "list_no_base", "issuer", issuer.Subject.CommonName))
	}
	return findings
}

func (x *Examination) hasBase(delta *revocation.CRL) bool {
	for _, full := range x.good {
		if !full.IsDelta() && bytes.Equal(full.RawIssuer, delta.RawIssuer) && full.Number != nil && full.Number.Cmp(delta.Base) >= 0 {
			return true
		}
	}
	return false
}

// Minute writes a moment for people, in UTC and saying so: the command may run anywhere.
func Minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
