package xmlsig

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// clockError is the largest gap that a wrong clock or time zone explains.
const clockError = 24 * time.Hour

// lookAtCertificates explains failures of chain, period and purpose.
func (d *diagnosis) lookAtCertificates(opt Options) {
	for i, s := range d.result.Signers {
		if s.Certificate == nil {
			continue
		}
		for _, c := range d.result.Checks {
			if c.Signer == i+1 && c.Outcome == reason.Failed {
				d.lookAtCertificate(opt, s.Certificate, c.Code)
			}
		}
		generic := opt.Purpose != nil && *opt.Purpose == pki.PurposeGeneric
		if !generic && s.Purpose == pki.PurposeNational && slices.Contains(s.Certificate.Roles(), pki.RoleAuthentication) {
			d.add(CauseAuthentication, fmt.Sprintf("the certificate of signer %d is one for logging in", i+1))
		}
	}
}

func (d *diagnosis) lookAtCertificate(opt Options, cert *pki.Certificate, code reason.Code) {
	times := fmt.Sprintf("checked at %s; the certificate is valid from %s to %s", stamp(opt.At), stamp(cert.NotBefore), stamp(cert.NotAfter))
	switch code {
	case reason.CertificateNotYetValid:
		if cert.NotBefore.Sub(opt.At) <= clockError {
			d.add(CauseClock, times)
		} else {
			d.add(CauseBeforePeriod, times)
		}
	case reason.CertificateExpired:
		d.add(CauseAfterPeriod, times)
	case reason.ChainUntrusted:
		d.lookAtIssuer(opt, cert)
	case reason.IdentityMissing, reason.IINMismatch:
		if slices.Contains(cert.Roles(), pki.RoleInformationSystem) {
			d.add(CauseEnvelopeOnly, "the first signer's certificate is an information system's")
		}
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// lookAtIssuer compares the issuer with those that are trusted.
func (d *diagnosis) lookAtIssuer(opt Options, cert *pki.Certificate) {
	if opt.Trust == nil {
		return
	}
	var names []string
	test := 0
	for _, a := range opt.Trust.Anchors() {
		names = append(names, a.Subject.CommonName)
		if isTest(a.Subject.CommonName) {
			test++
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	evidence := fmt.Sprintf("issued by %s; trusted: %s", shorten(cert.Issuer.CommonName), shorten(strings.Join(slices.Compact(names), ", ")))
	switch {
	case isTest(cert.Issuer.CommonName) && test == 0:
		d.add(CauseTestAuthority, evidence)
	case !isTest(cert.Issuer.CommonName) && test == len(names):
		d.add(CauseProductionAuthority, evidence)
	default:
		d.add(CauseUnknownAuthority, evidence)
	}
}

// isTest tells a test authority by its name, as the national ones are named.
func isTest(name string) bool {
	name = strings.ToUpper(name)
	return strings.Contains(name, "TEST") || strings.Contains(name, "ТЕСТ") || strings.Contains(name, "СЫНАҚ")
}
