package tsp_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/tsp"
)

// nationalSample is a token of the national TSA.
type nationalSample struct {
	name    string
	token   *tsp.Token
	stamped []byte // nil: not known
	opt     tsp.Options
}

// nationalSamples reads every token there is: an answer of the TEST TSA (GOST
// 2004), and those that CMS signatures carry, of the production TSA (GOST 2015).
func nationalSamples(t testing.TB) []nationalSample {
	t.Helper()
	test, production := pki.NewStore(), pki.NewStore()
	test.AddAnchor(nationalCertificate(t, "test", "nca_gost_test.crt"), pki.PurposeNational) // its root is not published
	production.AddTrust(nationalCertificate(t, "prod", "root_gost_2022.*"))
	production.AddTrust(nationalCertificate(t, "prod", "nca_gost_2022.*"))

	answer, err := tsp.ParseResponse(readFile(t, national(t, "tsp", "tsp_response.bin")))
	if err != nil {
		t.Fatal(err)
	}
	samples := []nationalSample{{"test TSA", answer, nil, tsp.Options{Store: test, Imprint: answer.Imprint, AllowSHA1: true,
		Policies: []string{tsp.PolicyGOST2004}}}}
	files, _ := filepath.Glob(national(t, "cms", "skarm_*.der"))
	for _, file := range files {
		signature, raw := stampedSignature(t, readFile(t, file))
		token, err := tsp.Parse(raw)
		if err != nil {
			t.Fatal(file, err)
		}
		samples = append(samples, nationalSample{filepath.Base(file), token, signature, tsp.Options{Store: production,
			Data: signature, Hash: tsp.GOST512, Policies: []string{tsp.PolicyGOST2015}}})
	}
	return samples
}

func nationalCertificate(t testing.TB, folder, pattern string) *pki.Certificate {
	t.Helper()
	files, _ := filepath.Glob(national(t, folder, pattern))
	if len(files) == 0 {
		t.Fatal("no national certificate ", pattern)
	}
	all, err := pki.ParseAll(readFile(t, files[0]))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// stampedSignature takes the signature and its time stamp out of a CMS signature.
func stampedSignature(t testing.TB, cms cryptobyte.String) (signature, token []byte) {
	t.Helper()
	var content, wrapped, signed, signers, one, sig, unsigned, attribute, values, raw cryptobyte.String
	ctx := func(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }
	ok := cms.ReadASN1(&content, asn1.SEQUENCE) && content.SkipASN1(asn1.OBJECT_IDENTIFIER) && content.ReadASN1(&wrapped, ctx(0)) &&
		wrapped.ReadASN1(&signed, asn1.SEQUENCE) && signed.SkipASN1(asn1.INTEGER) && signed.SkipASN1(asn1.SET) &&
		signed.SkipASN1(asn1.SEQUENCE) && signed.SkipOptionalASN1(ctx(0)) && signed.ReadASN1(&signers, asn1.SET) &&
		signers.ReadASN1(&one, asn1.SEQUENCE) && one.SkipASN1(asn1.INTEGER) && one.SkipASN1(asn1.SEQUENCE) &&
		one.SkipASN1(asn1.SEQUENCE) && one.SkipOptionalASN1(ctx(0)) && one.SkipASN1(asn1.SEQUENCE) &&
		one.ReadASN1(&sig, asn1.OCTET_STRING) && one.ReadASN1(&unsigned, ctx(1)) && unsigned.ReadASN1(&attribute, asn1.SEQUENCE)
	if !ok {
		t.Fatal("not a CMS signature with an unsigned attribute")
	}
	if oid, _ := der.ReadOID(&attribute); oid != "1.2.840.113549.1.9.16.2.14" || !attribute.ReadASN1(&values, asn1.SET) ||
		!values.ReadASN1Element(&raw, asn1.SEQUENCE) {
		t.Fatal("not a time stamp: ", oid)
	}
	return sig, raw
}

// TestNationalTokens: every real token verifies, at its own time, by the
// strictest profile.
func TestNationalTokens(t *testing.T) {
	samples := nationalSamples(t)
	if len(samples) != 5 {
		t.Errorf("%d tokens", len(samples))
	}
	for _, s := range samples {
		opt := s.opt
		opt.From, opt.To = s.token.SigningTime, s.token.SigningTime
		opt.Skew = time.Minute
		if got := s.token.Verify(opt); !got.Passed() {
			t.Errorf("%s: %+v", s.name, got.Checks)
		}
		t.Logf("%s: policy %s, imprint by %s, at %s", s.name, s.token.Policy, s.token.HashAlgorithm, s.token.GenTime)
	}
}

// TestNationalTokensChanged: other data, other anchors, and changed octets are
// refused; every third, since national signatures take their time.
func TestNationalTokensChanged(t *testing.T) {
	for _, s := range nationalSamples(t)[:2] {
		opt := s.opt
		opt.Data, opt.Imprint = []byte("else"), nil
		if c := s.token.Verify(opt).Check(tsp.CheckImprint); c.Code != reason.DigestMismatch {
			t.Errorf("%s over other data: %+v", s.name, c)
		}
		opt = s.opt
		opt.Store = pki.NewStore()
		if c := s.token.Verify(opt).Check(reason.CheckChain); c.Code != reason.ChainUntrusted {
			t.Errorf("%s without anchors: %+v", s.name, c)
		}
		opt = s.opt
		opt.Policies = []string{tsp.PolicyRSA}
		if c := s.token.Verify(opt).Check(tsp.CheckPolicy); c.Code != reason.PurposeWrong {
			t.Errorf("%s under another policy: %+v", s.name, c)
		}
		for i := 0; i < len(s.token.Raw); i += 3 {
			raw := bytes.Clone(s.token.Raw)
			raw[i] ^= 4
			if changed, err := tsp.Parse(raw); err == nil && changed.Verify(s.opt).Passed() {
				t.Errorf("%s: octet %d was changed", s.name, i)
			}
		}
	}
}
