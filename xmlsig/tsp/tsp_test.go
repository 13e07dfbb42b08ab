package tsp_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// TestEveryAlgorithmStamps: honest tokens of every family and shape pass whole.
func TestEveryAlgorithmStamps(t *testing.T) {
	for alg, hash := range hashFor {
		f := newFamily(t, alg)
		shapes := map[string]testpki.StampSpec{
			"plain": {}, "second version of the identifier": {V2: true}, "named by key": {ByKey: true},
			"attributes in another order": {Unsorted: true}, "fraction and accuracy": {Fraction: 120 * time.Millisecond, Accuracy: time.Second},
			"granted with changes": {Status: 1},
		}
		if alg != testpki.ECDSA { // no signer of ECDSA writes the key's OID
			shapes["the key's OID for the signature's"] = testpki.StampSpec{KeyOID: true}
		}
		if alg == testpki.RSA {
			shapes["PSS"] = testpki.StampSpec{SignatureAlgorithm: pki.RSAPSS}
			shapes["SHA-512"] = testpki.StampSpec{SignatureAlgorithm: pki.SHA512WithRSA}
		}
		for name, spec := range shapes {
			token := stamp(t, f.tsa, hash, spec)
			opt := f.options()
			opt.Hash, opt.Policies = hash, []string{token.Policy}
			got := token.Verify(opt)
			if !got.Passed() || len(got.Checks) != 9 || len(got.Chain) != 3 || got.Certificate.SHA256 != f.tsa.Certificate.SHA256 {
				t.Errorf("%s, %s: %+v", alg, name, got.Checks)
			}
			if !token.GenTime.Equal(now.Add(spec.Fraction)) || token.Accuracy != spec.Accuracy {
				t.Errorf("%s, %s: time %v, accuracy %v", alg, name, token.GenTime, token.Accuracy)
			}
		}
	}
}

// TestCertificateAtHand: a token without certificates verifies with a candidate.
func TestCertificateAtHand(t *testing.T) {
	f := newFamily(t, testpki.ECDSA)
	token := stamp(t, f.tsa, tsp.SHA256, testpki.StampSpec{NoCertificate: true})
	opt := f.options()
	if got := token.Verify(opt); got.Passed() || got.Check(reason.CheckSignature).Code != reason.ChainUntrusted {
		t.Errorf("without: %+v", got.Checks)
	}
	opt.Candidates = []*pki.Certificate{f.ca.Root, f.tsa.Certificate}
	if got := token.Verify(opt); !got.Passed() {
		t.Errorf("with: %+v", got.Checks)
	}
}

// TestFaults: each fault is found by its own check, with its code, and by no other.
func TestFaults(t *testing.T) {
	f := newFamily(t, testpki.ECDSA)
	stranger := newFamily(t, testpki.RSA)
	other := issueTSA(t, f.ca, testpki.Profile{CommonName: "TSA 2 TEST"})
	expired := issueTSA(t, f.ca, testpki.Profile{NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(-time.Hour)})
	mutated := func(m func(*testpki.Template)) *testpki.TimeStamper {
		return issueTSA(t, f.ca, testpki.Profile{Mutate: m})
	}
	tests := []struct {
		name  string
		tsa   *testpki.TimeStamper
		spec  testpki.StampSpec
		opt   func(*tsp.Options)
		check string
		code  reason.Code
	}{
		{"another imprint", f.tsa, testpki.StampSpec{Imprint: bytes.Repeat([]byte{7}, 32)}, nil, tsp.CheckImprint, reason.DigestMismatch},
		{"short imprint", f.tsa, testpki.StampSpec{Imprint: []byte{7}}, nil, tsp.CheckImprint, reason.SignatureMalformed},
		{"SHA-1 imprint", f.tsa, testpki.StampSpec{Hash: "1.3.14.3.2.26", Imprint: make([]byte, 20)}, nil, tsp.CheckImprint, reason.AlgorithmForbidden},
		{"another hash than asked", f.tsa, testpki.StampSpec{}, func(o *tsp.Options) { o.Hash = tsp.SHA512 }, tsp.CheckImprint, reason.DigestMismatch},
		{"another digest", f.tsa, testpki.StampSpec{}, func(o *tsp.Options) { o.Data, o.Imprint = nil, make([]byte, 32) }, tsp.CheckImprint, reason.DigestMismatch},
		{"nobody says what", f.tsa, testpki.StampSpec{}, func(o *tsp.Options) { o.Data = nil }, tsp.CheckImprint, ""},
		{"another nonce", f.tsa, testpki.StampSpec{Nonce: big.NewInt(1)}, nil, tsp.CheckNonce, reason.DigestMismatch},
		{"no nonce", f.tsa, testpki.StampSpec{NoNonce: true}, nil, tsp.CheckNonce, reason.DigestMismatch},
		{"another policy", f.tsa, testpki.StampSpec{Policy: "1.2.3"}, func(o *tsp.Options) { o.Policies = []string{tsp.PolicyRSA} }, tsp.CheckPolicy, reason.PurposeWrong},
		{"critical extension", f.tsa, testpki.StampSpec{Extra: []testpki.Extension{{OID: "1.2.3.4", Critical: true, Value: []byte{5, 0}}}}, nil, tsp.CheckPolicy, reason.PurposeWrong},
		{"before the window", f.tsa, testpki.StampSpec{Now: now.Add(-62 * time.Second)}, nil, tsp.CheckTime, reason.SignatureInvalid},
		{"after the window", f.tsa, testpki.StampSpec{Now: now.Add(62 * time.Second)}, nil, tsp.CheckTime, reason.SignatureInvalid},
		{"no identifier", f.tsa, testpki.StampSpec{NoCertID: true}, nil, tsp.CheckCertificate, reason.SignatureMalformed},
		{"identifier of another", f.tsa, testpki.StampSpec{CertIDOf: other.Certificate}, nil, tsp.CheckCertificate, reason.SignatureInvalid},
		{"second identifier of another", f.tsa, testpki.StampSpec{CertIDOf: other.Certificate, V2: true}, nil, tsp.CheckCertificate, reason.SignatureInvalid},
		{"no purpose", mutated(func(m *testpki.Template) { m.EKU = nil }), testpki.StampSpec{}, nil, reason.CheckPurpose, reason.PurposeWrong},
		{"one purpose of two", mutated(func(m *testpki.Template) { m.EKU = append(m.EKU, "1.3.6.1.5.5.7.3.4") }), testpki.StampSpec{}, nil, reason.CheckPurpose, reason.PurposeWrong},
		{"purpose not critical", mutated(func(m *testpki.Template) { m.EKUCritical = false }), testpki.StampSpec{}, nil, reason.CheckPurpose, reason.PurposeWrong},
		{"key that may not sign", mutated(func(m *testpki.Template) { m.KeyUsage = 1 << 2 }), testpki.StampSpec{}, nil, reason.CheckPurpose, reason.PurposeWrong},
		{"expired", expired, testpki.StampSpec{}, nil, reason.CheckValidity, reason.CertificateExpired},
		{"stranger", stranger.tsa, testpki.StampSpec{}, nil, reason.CheckChain, reason.ChainUntrusted},
		{"no anchors", f.tsa, testpki.StampSpec{}, func(o *tsp.Options) { o.Store = nil }, reason.CheckChain, ""},
	}
	for _, tt := range tests {
		opt := f.options()
		if tt.opt != nil {
			tt.opt(&opt)
		}
		got := stamp(t, tt.tsa, tsp.SHA256, tt.spec).Verify(opt)
		for _, c := range got.Checks {
			bad := c.Outcome != reason.Passed && c.Outcome != reason.NotApplicable
			if bad != (c.Name == tt.check) || bad && c.Code != tt.code {
				t.Errorf("%s: %+v, want %s %s", tt.name, c, tt.check, tt.code)
			}
		}
		if got.Passed() {
			t.Errorf("%s passed", tt.name)
		}
	}
}

// TestOldTokens: SHA-1 imprints pass where they are allowed.
func TestOldTokens(t *testing.T) {
	f := newFamily(t, testpki.ECDSA)
	imprint := []byte{0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d}
	token := stamp(t, f.tsa, tsp.SHA256, testpki.StampSpec{Hash: "1.3.14.3.2.26", Imprint: imprint})
	opt := f.options()
	opt.Data, opt.AllowSHA1 = []byte("abc"), true
	if got := token.Verify(opt); !got.Passed() {
		t.Errorf("%+v", got.Checks)
	}
}

func TestRefusals(t *testing.T) {
	f := newFamily(t, testpki.ECDSA)
	for failure, word := range map[int]string{testpki.FailBadAlgorithm: "badAlg", testpki.FailUnacceptedPolicy: "unacceptedPolicy",
		testpki.FailTimeNotAvailable: "timeNotAvailable", testpki.FailSystem: "systemFailure"} {
		answer, err := f.tsa.Stamp(request(t, tsp.SHA256), testpki.StampSpec{Now: now, Status: testpki.StampRejection, Failure: failure})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tsp.ParseResponse(answer)
		wantCode(t, err, reason.SignatureMissing)
		if !strings.Contains(err.Error(), word) || strings.Contains(err.Error(), "сынақ") {
			t.Errorf("%v, want %s in it, and no free text", err, word)
		}
	}
	answer, err := f.tsa.Stamp([]byte("nonsense"), testpki.StampSpec{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tsp.ParseResponse(answer)
	wantCode(t, err, reason.SignatureMissing)
}

func TestUnreadable(t *testing.T) {
	for name, b := range map[string][]byte{"nothing": nil, "text": []byte("<html>"), "granted without token": {0x30, 5, 0x30, 3, 2, 1, 0},
		"status out of range": {0x30, 5, 0x30, 3, 2, 1, 9}} {
		_, err := tsp.ParseResponse(b)
		wantCode(t, err, reason.SignatureMalformed)
		if _, err := tsp.Parse(b); err == nil {
			t.Errorf("%s was taken for a token", name)
		}
	}
	_, err := tsp.Parse(make([]byte, 1<<20))
	wantCode(t, err, reason.TooLarge)
	_, err = tsp.ParseResponse(make([]byte, 1<<20))
	wantCode(t, err, reason.TooLarge)
}

func TestRequestsAreSound(t *testing.T) {
	for _, tt := range []struct {
		imprint []byte
		hash    string
		policy  string
	}{{make([]byte, 20), "1.3.14.3.2.26", ""}, {make([]byte, 31), tsp.SHA256, ""}, {make([]byte, 32), tsp.SHA256, "one.two"}} {
		if q, err := tsp.NewRequest(tt.imprint, tt.hash, tt.policy, nil); err == nil {
			t.Errorf("%d bytes, %s, %q: %x", len(tt.imprint), tt.hash, tt.policy, q)
		}
	}
}

// TestMutations: no token with one changed octet passes.
func TestMutations(t *testing.T) {
	f := newFamily(t, testpki.ECDSA)
	token := stamp(t, f.tsa, tsp.SHA256, testpki.StampSpec{})
	opt := f.options()
	if !token.Verify(opt).Passed() {
		t.Fatal("the honest one does not pass")
	}
	for i := range token.Raw {
		raw := bytes.Clone(token.Raw)
		raw[i] ^= 1
		if changed, err := tsp.Parse(raw); err == nil && changed.Verify(opt).Passed() {
			t.Errorf("octet %d of %d was changed", i, len(raw))
		}
	}
}
