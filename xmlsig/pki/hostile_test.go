package pki_test

import (
	"bytes"
	"fmt"
	"math/big"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

func hostileDER(f func(b *cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	f(&b)
	return b.BytesOrPanic()
}

// TestHostileCertificateIsParsedInTime: certificates are parsed before anything of them is believed, up to 16 in each
// of 16 signatures. One of the largest size let in must not take longer than a signature takes to verify.
func TestHostileCertificateIsParsedInTime(t *testing.T) {
	const limit = 25 * time.Millisecond
	points := func(words int) []byte {
		var uris strings.Builder
		for i := range words {
			fmt.Fprintf(&uris, "%c%c%c ", 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
		}
		return hostileDER(func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
						b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
							b.AddASN1(asn1.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(uris.String())) })
						})
					})
				})
			})
		})
	}
	longOID := func(octets int) []byte { // one arc of 7·octets bits
		return append(append([]byte{0x2a}, bytes.Repeat([]byte{0xff}, octets-2)...), 0x7f)
	}
	eku := func(octets int) []byte {
		return hostileDER(func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(longOID(octets)) })
			})
		})
	}
	access := func(n int) []byte {
		return hostileDER(func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for i := range n {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1}) })
						b.AddASN1(asn1.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(fmt.Appendf(nil, "%d", i)) })
					})
				}
			})
		})
	}
	ca := authority(t, testpki.ECDSA)
	for _, tt := range []struct {
		name string
		ext  testpki.Extension
	}{
		{"16 000 addresses of lists", testpki.Extension{OID: "2.5.29.31", Value: points(16000)}},
		{"an object identifier of 60 KB", testpki.Extension{OID: "2.5.29.37", Value: eku(60000)}},
		{"3 000 responders", testpki.Extension{OID: "1.3.6.1.5.5.7.1.1", Value: access(3000)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			der, _, err := ca.IssueDER(testpki.Profile{Mutate: func(c *testpki.Template) {
				c.EKU, c.CRLURLs, c.OCSPURLs, c.IssuerURLs, c.DeltaURLs = nil, nil, nil, nil, nil
				c.Extra = []testpki.Extension{tt.ext}
			}})
			if err != nil {
				t.Fatal(err)
			}
			took := hostileBusy(t, func() { _, err = pki.Parse(der) })
			t.Logf("%d bytes in %v (%v)", len(der), took, err)
			if took > limit {
				t.Errorf("a certificate of %d KB that nobody vouches for is parsed in %v, more than %v", len(der)>>10, took, limit)
			}
		})
	}
}

// TestHostileSubjects: none of these says whose number it is, or it says what it seems to say.
func TestHostileSubjects(t *testing.T) {
	at := func(oid, value string) testpki.Attribute { return testpki.Attribute{OID: oid, Value: value} }
	const iin, bin = "000230500003", "001340000002"
	for _, tt := range []struct {
		name     string
		subject  []testpki.Attribute
		iin, bin string
	}{
		{"trailing space", []testpki.Attribute{at(testpki.SerialNumber, "IIN"+iin+" ")}, "", ""},
		{"leading space", []testpki.Attribute{at(testpki.SerialNumber, " IIN"+iin)}, "", ""},
		{"space within", []testpki.Attribute{at(testpki.SerialNumber, "IIN "+iin)}, "", ""},
		{"small letters", []testpki.Attribute{at(testpki.SerialNumber, "iin"+iin)}, "", ""},
		{"no prefix", []testpki.Attribute{at(testpki.SerialNumber, iin)}, "", ""},
		{"thirteen digits", []testpki.Attribute{at(testpki.SerialNumber, "IIN"+iin+"0")}, "", ""},
		{"prefix twice", []testpki.Attribute{at(testpki.SerialNumber, "IINIIN"+iin)}, "", ""},
		{"Arabic digits", []testpki.Attribute{at(testpki.Unit, "BIN٠٠١٣٤٠٠٠٠٠٠٢")}, "", ""},
		{"full-width digits", []testpki.Attribute{at(testpki.Unit, "BIN００１３４０００００００２")}, "", ""},
		{"Cyrillic В", []testpki.Attribute{at(testpki.Unit, "ВIN"+bin)}, "", ""},
		{"zero width", []testpki.Attribute{at(testpki.Unit, "BIN\u200b"+bin)}, "", ""},
		{"tab behind", []testpki.Attribute{at(testpki.Unit, "BIN"+bin+"\t")}, "", ""},
		{"IIN in the unit", []testpki.Attribute{at(testpki.Unit, "IIN"+iin)}, "", ""},
		{"IIN in the common name", []testpki.Attribute{at(testpki.CommonName, "IIN"+iin)}, "", ""},
		{"IIN in UID", []testpki.Attribute{at(testpki.UserID, "IIN"+iin)}, "", ""},
		{"BIN in the organisation", []testpki.Attribute{at(testpki.Organization, "BIN"+bin)}, "", ""},
		{"broken IIN beside a good one", []testpki.Attribute{at(testpki.SerialNumber, "IIN000230500405 "), at(testpki.SerialNumber, "IIN"+iin)}, iin, ""},
		{"two units, one of them a department", []testpki.Attribute{at(testpki.Unit, "Бөлім"), at(testpki.Unit, "BIN"+bin)}, "", bin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{Mutate: func(c *testpki.Template) { c.Subject = tt.subject }}).Certificate
			if c.Subject.IIN != tt.iin || c.Subject.BIN != tt.bin {
				t.Errorf("IIN %q BIN %q, want %q %q", c.Subject.IIN, c.Subject.BIN, tt.iin, tt.bin)
			}
		})
	}
}

// TestHostileChains: authorities that collude in name, key identifier or length.
func TestHostileChains(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	stranger, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: random("hostile"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	issuingName := []testpki.Attribute{{OID: testpki.CommonName, Value: ca.Issuing.Subject.CommonName}, {OID: testpki.Country, Value: "KZ"}}
	sub := func(from *testpki.Authority, mutate func(*testpki.Template)) testpki.Identity {
		return issue(t, from, testpki.Profile{Kind: testpki.SubAuthority, Mutate: mutate})
	}
	person := func(by testpki.Identity) *pki.Certificate {
		return issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(by) }}).Certificate
	}
	// An authority of a stranger with the name of ours, its certificates with the key identifier of ours.
	impostor := sub(stranger, func(c *testpki.Template) { c.Subject = issuingName })
	// A person's certificate used as an authority.
	citizen := issue(t, ca, testpki.Profile{Kind: testpki.Person})
	// An authority whose basicConstraints ask for no more authorities below it.
	short := sub(ca, func(c *testpki.Template) { c.MaxPathLen = 0 })
	below := sub(ca, func(c *testpki.Template) { c.SignedBy(short); c.SetSubject(testpki.CommonName, "ТӨМЕНГІ TEST") })
	// The same, hiding behind a self-issued certificate (which does not count), then a further authority.
	selfIssued := sub(ca, func(c *testpki.Template) {
		c.SignedBy(short)
		c.SetSubject(testpki.CommonName, short.Certificate.Subject.CommonName)
	})
	deeper := sub(ca, func(c *testpki.Template) {
		c.SignedBy(selfIssued)
		c.SetSubject(testpki.CommonName, "ТӨМЕНГІ TEST")
	})
	// An authority that says CA:TRUE but whose key usage is a person's.
	unusable := sub(ca, func(c *testpki.Template) { c.KeyUsage = 3 })
	for _, tt := range []struct {
		name       string
		leaf       *pki.Certificate
		candidates []*pki.Certificate
		want       reason.Code
	}{
		{"impostor of the same name", person(impostor), []*pki.Certificate{impostor.Certificate, stranger.Issuing, stranger.Root}, reason.ChainUntrusted},
		{"impostor with our key identifier", issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
			c.SignedBy(impostor)
			c.AuthorityKeyID = ca.Issuing.SubjectKeyID
		}}).Certificate, []*pki.Certificate{impostor.Certificate}, reason.ChainUntrusted},
		{"stranger's root as a candidate", person(stranger.IssuingIdentity()), []*pki.Certificate{stranger.Issuing, stranger.Root}, reason.ChainUntrusted},
		{"a citizen issues", person(citizen), []*pki.Certificate{citizen.Certificate}, reason.ChainInvalid},
		{"below path length 0", person(below), []*pki.Certificate{short.Certificate, below.Certificate}, reason.ChainInvalid},
		{"below path length 0, self-issued between", person(deeper), []*pki.Certificate{short.Certificate, selfIssued.Certificate, deeper.Certificate}, reason.ChainInvalid},
		{"key usage without keyCertSign", person(unusable), []*pki.Certificate{unusable.Certificate}, reason.ChainInvalid},
		{"its own candidate", citizen.Certificate, []*pki.Certificate{citizen.Certificate}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := trusting(ca).Chain(tt.leaf, tt.candidates, now)
			wantCode(t, err, tt.want)
		})
	}
}

// TestHostileCandidatesAreTriedInTime: 15 authorities of one name and without key identifiers, each of which could
// have issued all others.
func TestHostileCandidatesAreTriedInTime(t *testing.T) {
	ca := authority(t, testpki.GOST512)
	name := []testpki.Attribute{{OID: testpki.CommonName, Value: "X TEST"}}
	twin := func(by *testpki.Identity, serial int64) testpki.Identity {
		return issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
			c.Subject, c.Issuer, c.Serial, c.SubjectKey, c.AuthorityID = name, by, big.NewInt(serial), false, false
		}})
	}
	first := twin(nil, 1)
	var candidates []*pki.Certificate
	last := first
	for i := range 14 {
		last = twin(&last, int64(i)+2)
		candidates = append(candidates, last.Certificate)
	}
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(last); c.AuthorityID = false }}).Certificate
	store := trusting(ca)
	var err error
	took := hostileBusy(t, func() { _, err = store.Chain(leaf, candidates, now) })
	wantCode(t, err, reason.ChainUntrusted)
	t.Log(took)
	if took > 500*time.Millisecond {
		t.Errorf("one search of a chain took %v", took)
	}
}

// hostileBusy is the processor time fn takes: other work of the machine does not count.
func hostileBusy(t *testing.T, fn func()) time.Duration {
	t.Helper()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				t.Skip("time says nothing under the race detector")
			}
		}
	}
	if testing.Short() {
		t.Skip("takes seconds of work while the weakness is there")
	}
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	runtime.GC()
	start := spent()
	fn()
	return (spent() - start).Round(time.Millisecond)
}
