package xmlsig_test

import (
	"context"
	"crypto"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
)

// responder is a revocation.Fetcher without a network between.
type responder struct {
	revocation.Fetcher
	ca *testpki.Authority
}

func (r responder) OCSP(_ context.Context, _ string, request []byte) ([]byte, error) {
	return r.ca.OCSP(request, now)
}

// BenchmarkTrustShare measures what the trust decision (chain, dates, purpose, the status of every certificate
// below the anchor, identity) adds to the signature's own verification (parse, digest, signature) once everything
// has been met before. The goal is below 10 %. Both are measured in turn, and the
// fastest of each counts: what a busy machine adds is not the program's.
func BenchmarkTrustShare(b *testing.B) {
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.GOST512} {
		b.Run(string(alg)+"/10KB", func(b *testing.B) {
			p := authority(b, alg)
			doc := []byte(sign(b, form(10<<10), p.person, xmlsig.SignOptions{}))
			trust := pki.NewStore()
			trust.AddAnchor(p.ca.Root, pki.PurposeNational)
			trust.AddIntermediate(p.ca.Issuing)
			status := revocation.NewOnline(responder{ca: p.ca}, revocation.Config{Now: func() time.Time { return now }, OCSP: []string{"http://ocsp/"}})
			var buf []byte
			whole := func() { buf = trusted(b, buf, doc, trust, status) }
			for range 20 {
				whole()
			}
			met, err := trust.Parse(p.person.Certificate.Raw) // its key has its tables by now
			if err != nil {
				b.Fatal(err)
			}
			signature := func() { buf = bare(b, buf, doc, met.PublicKey) }
			alone, together := time.Hour, time.Hour
			for b.Loop() {
				start := time.Now()
				signature()
				middle := time.Now()
				whole()
				alone, together = min(alone, middle.Sub(start)), min(together, time.Since(middle))
			}
			b.ReportMetric(100*float64(together-alone)/float64(alone), "%trust")
			b.ReportMetric(float64(alone.Nanoseconds()), "ns-signature")
			b.ReportMetric(float64((together - alone).Nanoseconds()), "ns-trust")
			b.ReportMetric(testing.AllocsPerRun(50, whole), "allocs-whole")
			b.ReportMetric(testing.AllocsPerRun(50, signature), "allocs-signature")
		})
	}
}

// bare verifies with the public key alone.
func bare(b *testing.B, buf, doc []byte, key crypto.PublicKey) []byte {
	r := xmlsig.Verify(buf[:0], doc, xmlsig.Options{At: now, Key: key})
	if outcome, code := r.Verdict(); outcome != reason.Passed {
		b.Fatal(outcome, code)
	}
	return r.Covered
}

// trusted makes the whole decision.
func trusted(b *testing.B, buf, doc []byte, trust *pki.Store, status revocation.Source) []byte {
	r := xmlsig.Verify(buf[:0], doc, xmlsig.Options{At: now, Trust: trust})
	r.CheckRevocation(context.Background(), status, now, xmlsig.ModeRequire)
	r.CheckIdentity(testIIN, "")
	if outcome, code := r.Verdict(); outcome != reason.Passed || len(r.Revocation()) != 2 {
		b.Fatal(outcome, code, r.Checks)
	}
	return r.Covered
}
