package xmlsig_test

import (
	"path/filepath"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

// stricter names the valid documents of other projects that we refuse on purpose.
var stricter = map[string]reason.Code{
	"enveloped-ecdsa-java-bug.xml":              reason.SignatureInvalid, // r and s of 65 octets on P-521 (XMLDSig 1.1 §6.4.3: 66)
	"enveloping-sha256-ecdsa-sha256_padded.xml": reason.KeyWeak,
	"enveloping-rsa-pss-sha224.xml":             reason.AlgorithmForbidden,
	"enveloping-rsa-pss-sha3_224.xml":           reason.AlgorithmForbidden,
	"enveloping-rsa-pss-sha3_256.xml":           reason.AlgorithmForbidden,
	"enveloping-rsa-pss-sha3_384.xml":           reason.AlgorithmForbidden,
	"enveloping-rsa-pss-sha3_512.xml":           reason.AlgorithmForbidden,
	"enveloping-sha224-rsa-sha224.xml":          reason.AlgorithmForbidden,
	"valid_signature_utf8.xml":                  reason.CertificateMalformed,
	"ruby-saml-adfs_response_sha256.xml":        reason.CertificateMalformed,
	"ruby-saml-adfs_response_sha512.xml":        reason.CertificateMalformed,
	"wsfederation_metadata.xml":                 reason.ChainUntrusted, // its own certificate is no CA's
}

// trustProblem tells failures of the certificate alone, which is made an anchor here whatever it is.
func trustProblem(code reason.Code) bool {
	return code == reason.ChainUntrusted || code == reason.ChainInvalid || code == reason.PurposeWrong
}

// TestCorpus verifies what a strict profile should verify in the public suites, and refuses
// every negative as document; where ProfileAny finds a part covered, evil octets stay behind.
func TestCorpus(t *testing.T) {
	positive, negative := 0, 0
	for _, line := range strings.Split(string(data(t, "xmldsig/MANIFEST.tsv")), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 17 || f[1] != "signature" || strings.HasPrefix(f[2], "valid-") {
			continue
		}
		doc := data(t, "xmldsig/"+f[0])
		opt := trusting(t, doc, xmlsig.Options{})
		r := xmlsig.Verify(nil, doc, opt)
		outcome, code := r.Verdict()
		switch {
		case f[2] == "valid" && f[16] == "-":
			positive++
			want := stricter[filepath.Base(f[0])]
			if strings.HasPrefix(f[0], "generated-jdk/comments-") {
				want = reason.XMLForbidden
			}
			if code != want && !(want == "" && trustProblem(code)) {
				t.Errorf("%s: %v %q, want %q: %s", f[0], outcome, code, want, outcomes(r))
			}
		case f[2] != "valid":
			negative++
			if outcome == reason.Passed && (strings.Contains(string(r.Covered), "999999999999") || r.Signers[0].Covers == "document") {
				t.Errorf("%s (%s): evil octets travel on", f[0], f[3])
			}
			opt.Profile = xmlsig.ProfileDocument
			if outcome, _ := verdict(string(doc), opt); outcome == reason.Passed {
				t.Errorf("%s (%s): accepted as document", f[0], f[3])
			}
		}
	}
	if positive < 100 || negative < 80 {
		t.Errorf("%d positives, %d negatives", positive, negative)
	}
	t.Logf("%d positives, %d negatives", positive, negative)
}
