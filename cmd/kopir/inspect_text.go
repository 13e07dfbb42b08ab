package main

import (
	"fmt"
	"strings"
	"time"
)

// inspectPage collects lines of a name and a value.
type inspectPage struct{ strings.Builder }

func (p *inspectPage) line(name, value string) {
	if value != "" {
		fmt.Fprintf(p, "  %-16s %s\n", name, plain(value))
	}
}

// kindWords names the kinds for people.
var kindWords = map[string]string{
	kindCertificate: "certificate", kindContainer: "PKCS#12 container", kindPrivateKey: "private key",
	kindPublicKey: "public key", kindCRL: "revocation list", kindOCSP: "OCSP answer", kindXML: "XML", kindTimestamp: "time stamp",
}

// text explains the file to people. Of an IIN only the last four digits are shown.
func (in *inspection) text(now time.Time) string {
	var p inspectPage
	fmt.Fprintf(&p, "%s: %s\n", plain(in.File), kindWords[in.Kind])
	p.line("note", in.Note)
	p.line("key", in.Key)
	if in.Signatures != nil {
		in.Signatures.signatureLines(&p)
	}
	if in.CRL != nil {
		in.CRL.lines(&p)
	}
	if in.OCSP != nil {
		in.OCSP.lines(&p)
	}
	if in.Timestamp != nil {
		in.Timestamp.lines(&p)
	}
	for i, c := range in.Certificates {
		if len(in.Certificates) > 1 || in.Kind != kindCertificate {
			fmt.Fprintf(&p, "  certificate %d\n", i+1)
		}
		c.lines(&p, now)
	}
	return p.String()
}

func (r *verifyReport) signatureLines(p *inspectPage) {
	for i, s := range r.Signers {
		p.line(fmt.Sprintf("signature %d", i+1), s.String())
	}
	for _, c := range r.Checks {
		name := c.Name
		if c.Signer > 0 && len(r.Signers) > 1 {
			name += fmt.Sprintf(" (%d)", c.Signer)
		}
		p.line(name, strings.TrimRight(c.Outcome.String()+"  "+explain(c), " "))
	}
	for _, f := range r.findings {
		p.line("hint", strings.ReplaceAll(string(f.Cause), "_", " "))
		for _, line := range findingLines(f) {
			p.line("", line)
		}
	}
}

func (c certificateView) lines(p *inspectPage, now time.Time) {
	owner := []string{c.Name}
	if c.IIN != "" {
		owner = append(owner, "IIN "+maskIIN(c.IIN))
	}
	if c.BIN != "" {
		owner = append(owner, "BIN "+c.BIN)
	}
	p.line("issued to", strings.Join(owner, "; "))
	p.line("organisation", c.Organization)
	p.line("issued by", c.Issuer)
	p.line("serial number", c.Serial)
	p.line("valid", c.NotBefore+" to "+c.NotAfter+" ("+c.state(now)+")")
	key := c.Key
	if c.KeyStore != "" {
		key += ", kept in " + c.KeyStore
	}
	p.line("key", key)
	p.line("roles", strings.ReplaceAll(strings.Join(c.Roles, ", "), "_", " "))
	p.line("identified by", strings.ReplaceAll(c.Identified, "_", " "))
	if c.Problem == "" {
		p.line("signs documents", "yes")
	} else {
		p.line("signs documents", "no: "+c.Problem)
	}
	p.line("key usage", strings.Join(c.KeyUsage, ", "))
	p.line("signed with", c.Signature+map[bool]string{true: ", by its own key"}[c.SelfSigned])
	p.line("status from", strings.Join(append(append([]string(nil), c.OCSP...), c.CRL...), ", "))
	p.line("SHA-256", c.SHA256)
}

// state says where now lies in the period.
func (c certificateView) state(now time.Time) string {
	switch {
	case now.Before(c.notBefore):
		return "not yet valid"
	case now.After(c.notAfter):
		return "expired"
	default:
		return "in force"
	}
}

func (c *crlView) lines(p *inspectPage) {
	p.line("of", c.Issuer)
	kind := "whole list"
	if c.Delta {
		kind = "changes against an earlier list"
	}
	p.line("kind", kind)
	p.line("number", c.Number)
	p.line("revoked", countOf(c.Entries, "certificate"))
	p.line("issued", c.ThisUpdate)
	p.line("next by", c.NextUpdate)
	p.line("signed with", c.Signature)
	p.line("SHA-256", c.SHA256)
}

func (o *ocspView) lines(p *inspectPage) {
	p.line("by", o.Responder)
	p.line("produced", o.ProducedAt)
	if o.Nonce {
		p.line("nonce", "yes")
	}
	for _, a := range o.Answers {
		text := a.Status + " at " + a.ThisUpdate
		if a.RevokedAt != "" {
			text += ", revoked " + a.RevokedAt
		}
		p.line("serial "+a.Serial, text)
	}
	for _, c := range o.Certificates {
		p.line("certificate of", c.Name)
	}
	p.line("SHA-256", o.SHA256)
}
