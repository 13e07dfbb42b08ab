package xmlsig_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// answers is a source that says the same about every certificate of a serial number.
type answers map[string]revocation.State

func (a answers) Status(_ context.Context, cert, _ *pki.Certificate, _ time.Time) revocation.Status {
	return revocation.Status{State: a[cert.Serial.String()], RevokedAt: now, Source: revocation.SourceOCSP}
}

func TestCheckRevocation(t *testing.T) {
	p := authority(t, testpki.GOST512)
	leaf, ca := p.person.Certificate.Serial.String(), p.ca.Issuing.Serial.String()
	const good, revoked, held, unknown = revocation.Good, revocation.Revoked, revocation.OnHold, revocation.Unknown
	tests := []struct {
		name     string
		leaf, ca revocation.State
		mode     xmlsig.Mode
		want     reason.Outcome
		code     reason.Code
	}{
		{"good", good, good, xmlsig.ModeRequire, reason.Passed, ""},
		{"leaf revoked", revoked, good, xmlsig.ModeRequire, reason.Failed, reason.CertificateRevoked},
		{"authority revoked", good, revoked, xmlsig.ModeRequire, reason.Failed, reason.CertificateRevoked},
		{"leaf unknown, authority revoked", unknown, revoked, xmlsig.ModeRequire, reason.Failed, reason.CertificateRevoked},
		{"on hold is revoked for the national CA", held, good, xmlsig.ModeRequire, reason.Failed, reason.CertificateRevoked},
		{"leaf unknown", unknown, good, xmlsig.ModeRequire, reason.Inconclusive, reason.RevocationUnknown},
		{"authority unknown", good, unknown, xmlsig.ModeRequire, reason.Inconclusive, reason.RevocationUnknown},
		{"unknown, if available", unknown, unknown, xmlsig.ModeIfAvailable, reason.Passed, ""},
		{"revoked, if available", revoked, unknown, xmlsig.ModeIfAvailable, reason.Failed, reason.CertificateRevoked},
		{"revoked, off", revoked, revoked, xmlsig.ModeOff, reason.NotApplicable, ""},
	}
	signed := sign(t, victim, p.person, xmlsig.SignOptions{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := xmlsig.Verify(nil, []byte(signed), p.options())
			r.CheckRevocation(context.Background(), answers{leaf: tt.leaf, ca: tt.ca}, now, tt.mode)
			last := r.Checks[len(r.Checks)-1]
			if last.Name != reason.CheckRevocation || last.Outcome != tt.want || last.Code != tt.code || last.Signer != 1 {
				t.Errorf("got %+v", last)
			}
			if asked := len(r.Revocation()); tt.mode == xmlsig.ModeOff && asked != 0 || tt.want == reason.Passed && asked != 2 {
				t.Errorf("%d questions", asked)
			}
		})
	}
	t.Run("on hold is a suspension elsewhere", func(t *testing.T) {
		opt, generic := p.options(), pki.PurposeGeneric
		opt.Purpose = &generic
		r := xmlsig.Verify(nil, []byte(signed), opt)
		r.CheckRevocation(context.Background(), answers{leaf: held, ca: good}, now, xmlsig.ModeRequire)
		if outcome, code := r.Verdict(); outcome != reason.Failed || code != reason.CertificateOnHold {
			t.Errorf("got %v %s", outcome, code)
		}
	})
	t.Run("no source", func(t *testing.T) {
		r := xmlsig.Verify(nil, []byte(signed), p.options())
		r.CheckRevocation(context.Background(), nil, now, xmlsig.ModeRequire)
		if outcome, code := r.Verdict(); outcome != reason.Inconclusive || code != reason.RevocationUnknown {
			t.Errorf("got %v %s", outcome, code)
		}
	})
	t.Run("nothing is asked about a forged document", func(t *testing.T) {
		r := xmlsig.Verify(nil, []byte(strings.Replace(signed, "100", "999", 1)), p.options())
		r.CheckRevocation(context.Background(), answers{leaf: revoked}, now, xmlsig.ModeRequire)
		if outcome, code := r.Verdict(); outcome != reason.Failed || code != reason.DigestMismatch || len(r.Revocation()) != 0 {
			t.Errorf("got %v %s, %d asked", outcome, code, len(r.Revocation()))
		}
	})
	t.Run("nothing is asked about an untrusted chain", func(t *testing.T) {
		r := xmlsig.Verify(nil, []byte(signed), xmlsig.Options{At: now})
		r.CheckRevocation(context.Background(), answers{}, now, xmlsig.ModeRequire)
		if outcome, code := r.Verdict(); outcome != reason.Failed || code != reason.ChainUntrusted || len(r.Revocation()) != 0 {
			t.Errorf("got %v %s, %d asked", outcome, code, len(r.Revocation()))
		}
	})
}

func TestCheckIdentity(t *testing.T) {
	p := authority(t, testpki.GOST512)
	person := sign(t, victim, p.person, xmlsig.SignOptions{})
	head := sign(t, victim, p.head, xmlsig.SignOptions{})
	tests := []struct {
		name, doc, iin, bin string
		code                reason.Code
		checks              int
	}{
		{"nothing asked", person, "", "", "", 0},
		{"IIN fits", person, testIIN, "", "", 1},
		{"IIN differs", person, "800101300004", "", reason.IINMismatch, 1},
		{"no BIN in the certificate", person, testIIN, testBIN, reason.IdentityMissing, 2},
		{"both fit", head, "800101300004", testBIN, "", 2},
		{"BIN differs", head, "800101300004", "161140016747", reason.BINMismatch, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := xmlsig.Verify(nil, []byte(tt.doc), p.options())
			before := len(r.Checks)
			r.CheckIdentity(tt.iin, tt.bin)
			if _, code := r.Verdict(); code != tt.code || len(r.Checks)-before != tt.checks {
				t.Errorf("got %s", outcomes(r))
			}
		})
	}
	r := xmlsig.Verify(nil, []byte(victim), p.options())
	r.CheckIdentity(testIIN, "")
	if _, code := r.Verdict(); code != reason.SignatureMissing {
		t.Errorf("unsigned: %s", outcomes(r))
	}
}

func TestBareKey(t *testing.T) {
	for _, alg := range algorithms {
		p := authority(t, alg)
		signed := sign(t, victim, testpki.Identity{Key: p.person.Key}, xmlsig.SignOptions{})
		r := xmlsig.Verify(nil, []byte(signed), xmlsig.Options{Key: p.person.Key.Public()})
		if got, want := outcomes(r), "passed  "+mathPassed+" chaino validityo purposeo"; got != want {
			t.Errorf("%s: %s", alg, got)
		}
		r.CheckRevocation(context.Background(), nil, now, xmlsig.ModeRequire)
		if v, _ := r.Verdict(); v != reason.Passed {
			t.Errorf("%s: revocation applies to a bare key: %s", alg, outcomes(r))
		}
		if _, code := verdict(signed, xmlsig.Options{Key: p.head.Key.Public()}); code != reason.SignatureInvalid {
			t.Errorf("%s: another key of the kind: %s", alg, code)
		}
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip(err)
	}
	signed := sign(t, victim, authority(t, testpki.RSA).person, xmlsig.SignOptions{})
	if _, code := verdict(signed, xmlsig.Options{Key: &weak.PublicKey}); code != reason.KeyWeak {
		t.Errorf("weak key: %s", code)
	}
}

func TestCertificateChecks(t *testing.T) {
	p := authority(t, testpki.GOST512)
	national, generic := pki.PurposeNational, pki.PurposeGeneric
	auth, err := p.ca.Issue(testpki.Profile{Kind: testpki.Authentication, IIN: testIIN})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		id   testpki.Identity
		at   time.Time
		with *pki.Purpose
		want string
	}{
		{"good", p.person, now, nil, "passed  … chain+ validity+ purpose+"},
		{"expired", p.person, now.AddDate(2, 0, 0), nil, "failed certificate_expired … chain+ validity- purpose+"},
		{"not yet valid", p.person, now.AddDate(-5, 0, 0), nil, "failed certificate_not_yet_valid … chain+ validity- purpose+"},
		{"authentication", auth, now, &national, "failed purpose_wrong … chain+ validity+ purpose-"},
		{"authentication, generic", auth, now, &generic, "passed  … chain+ validity+ purpose+"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := p.options()
			opt.At, opt.Purpose = tt.at, tt.with
			r := xmlsig.Verify(nil, []byte(sign(t, victim, tt.id, xmlsig.SignOptions{})), opt)
			if got := outcomes(r); got != strings.Replace(tt.want, "…", mathPassed, 1) {
				t.Errorf("got %s\n%+v", got, r.Checks)
			}
			if string(r.Covered) != victim {
				t.Errorf("covered octets depend on the certificate: %q", r.Covered)
			}
		})
	}
}

// TestParallel shares options and trust between goroutines, as a server does.
func TestParallel(t *testing.T) {
	p := authority(t, testpki.ECDSA)
	signed, opt := []byte(sign(t, application, p.person, xmlsig.SignOptions{})), p.options()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			var buf []byte
			for range 20 {
				r := xmlsig.Verify(buf[:0], signed, opt)
				if buf = r.Covered; string(buf) != applicationCovered {
					t.Error(outcomes(r))
				}
			}
		})
	}
	group.Wait()
}

// TestSHA1 is refused unless asked for, as signature and as digest, under both names.
func TestSHA1(t *testing.T) {
	p := authority(t, testpki.RSA)
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	for _, ns := range []string{"http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/04/xmldsig-more#"} {
		sum := sha1.Sum([]byte(victim))
		doc := strings.Replace(signed, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", ns+"rsa-sha1", 1)
		doc = strings.Replace(doc, "http://www.w3.org/2001/04/xmlenc#sha256", ns+"sha1", 1)
		doc = regexp.MustCompile(`<ds:DigestValue>[^<]*`).ReplaceAllString(doc, "<ds:DigestValue>"+base64.StdEncoding.EncodeToString(sum[:]))
		doc = fill(t, doc, p.person.Key, crypto.SHA1)
		opt := p.options()
		if _, code := verdict(doc, opt); code != reason.AlgorithmForbidden {
			t.Errorf("%s: %s", ns, code)
		}
		opt.AllowSHA1 = true
		if outcome, code := verdict(doc, opt); outcome != reason.Passed {
			t.Errorf("%s allowed: %v %s", ns, outcome, code)
		}
	}
}

// fill signs SignedInfo of doc with a standard key and hash.
func fill(t *testing.T, doc string, key crypto.Signer, hash crypto.Hash) string {
	t.Helper()
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	octets, err := c14n.Append(nil, tree, tree.Root.Find("Signature/SignedInfo"), c14n.C14N10, c14n.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := hash.New()
	h.Write(octets)
	value, err := key.Sign(rand.Reader, h.Sum(nil), hash)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`<ds:SignatureValue>[^<]*`).ReplaceAllString(doc, "<ds:SignatureValue>"+base64.StdEncoding.EncodeToString(value))
}

// TestECDSAForms accepts r‖s of the curve's size and nothing else.
func TestECDSAForms(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := xmlsig.Sign([]byte(victim), xmlsig.Key{Signer: key}, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
		if curve == elliptic.P224() {
			if err == nil {
				t.Error("P-224 signs")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		opt := xmlsig.Options{Key: key.Public()}
		if outcome, code := verdict(string(signed), opt); outcome != reason.Passed {
			t.Errorf("%s: %v %s", curve.Params().Name, outcome, code)
		}
		if _, code := verdict(fill(t, string(signed), key, crypto.SHA256), opt); code != reason.SignatureInvalid {
			t.Errorf("%s: ASN.1 form: %s", curve.Params().Name, code)
		}
		zero := base64.StdEncoding.EncodeToString(make([]byte, 2*((curve.Params().BitSize+7)/8)))
		null := regexp.MustCompile(`<ds:SignatureValue>[^<]*`).ReplaceAllString(string(signed), "<ds:SignatureValue>"+zero)
		if _, code := verdict(null, opt); code != reason.SignatureInvalid {
			t.Errorf("%s: r = s = 0: %s", curve.Params().Name, code)
		}
	}
}

// xades adds signed properties with a SigningCertificate to a signed document and signs again.
func xades(t *testing.T, p *party, cert []byte, change func(string) string) string {
	t.Helper()
	signed := sign(t, victim, p.person, xmlsig.SignOptions{Style: xmlsig.StyleCompact})
	sum := sha256.Sum256(cert)
	props := `<xs:SignedProperties xmlns:xs="http://uri.etsi.org/01903/v1.3.2#" Id="props"><xs:SignedSignatureProperties><xs:SigningTime>2026-10-15T12:00:00Z</xs:SigningTime>` +
		`<xs:SigningCertificate><xs:Cert><xs:CertDigest><ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>` +
		`<ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` + base64.StdEncoding.EncodeToString(sum[:]) + `</ds:DigestValue></xs:CertDigest></xs:Cert></xs:SigningCertificate>` +
		`</xs:SignedSignatureProperties></xs:SignedProperties>`
	object := `<ds:Object><xs:QualifyingProperties xmlns:xs="http://uri.etsi.org/01903/v1.3.2#">` + props + `</xs:QualifyingProperties></ds:Object></ds:Signature>`
	doc := strings.Replace(signed, "</ds:Signature>", object, 1)
	tree, err := xmltree.Parse([]byte(doc), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	elem, _ := tree.ByID("props")
	octets, _ := c14n.Append(nil, tree, elem, c14n.Exclusive, c14n.Options{})
	digest := sha256.Sum256(octets)
	ref := `<ds:Reference URI="#props" Type="http://uri.etsi.org/01903#SignedProperties"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>` +
		`<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>` + base64.StdEncoding.EncodeToString(digest[:]) + `</ds:DigestValue></ds:Reference></ds:SignedInfo>`
	doc = strings.Replace(doc, "</ds:SignedInfo>", ref, 1)
	if change != nil {
		doc = change(doc)
	}
	return fill(t, doc, p.person.Key, crypto.SHA256)
}

func TestXAdES(t *testing.T) {
	p := authority(t, testpki.RSA)
	own := p.person.Certificate.Raw
	tests := []struct {
		name   string
		cert   []byte
		change func(string) string
		code   reason.Code
	}{
		{"signed properties", own, nil, ""},
		{"signing time changed", own, swap("2026-10-15T12:00:00Z<", "2020-10-15T12:00:00Z<"), reason.DigestMismatch},
		{"another signing certificate", p.head.Certificate.Raw, nil, reason.DigestMismatch},
		{"the type names something else", own, swap(`URI="#props"`, `URI="#f1"`), reason.DigestMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := xmlsig.Verify(nil, []byte(xades(t, p, tt.cert, tt.change)), p.options())
			outcome, code := r.Verdict()
			if code != tt.code || (code == "") != (outcome == reason.Passed) {
				t.Errorf("got %s\n%+v", outcomes(r), r.Checks)
			}
			if code == "" && string(r.Covered) != victim {
				t.Errorf("covered %s", r.Covered)
			}
		})
	}
}
