package xmlsig_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// TestResultKeepsNothingOfTheDocument: a result is the same after the document and the memory it
// was verified in have been used for something else.
func TestResultKeepsNothingOfTheDocument(t *testing.T) {
	p := authority(t, testpki.ECDSA)
	noise := []byte(sign(t, rows(20<<10), p.head, xmlsig.SignOptions{}))
	docs := seeds(t, p)
	docs["<a/>"] = xmlsig.ProfileDocument
	docs["<a>"] = xmlsig.ProfileDocument
	docs[sign(t, `<a xmlns="urn:kz"><b Id="id-1" x="&quot;&#65;"/>&lt;</a>`, p.person, xmlsig.SignOptions{ID: "id-1"})] = xmlsig.ProfileAny
	show := func(r *xmlsig.Result) string {
		s := fmt.Sprintf("%q %+v", r.Covered, r.Checks)
		for _, one := range r.Signers {
			s += fmt.Sprintf(" %q %q %x %+v", one.Algorithm, one.Covers, one.Certificate.SHA256, one.Certificate.Subject)
		}
		return s
	}
	for text, profile := range docs {
		for range 3 { // sooner or later the same workspace comes back
			doc, opt := []byte(text), p.options()
			opt.Profile = profile
			r := xmlsig.Verify(nil, doc, opt)
			before := show(&r)
			for i := range doc {
				doc[i] = '#'
			}
			for range 4 {
				xmlsig.Verify(nil, noise, opt)
			}
			if after := show(&r); before != after {
				t.Fatalf("the result changed:\nfrom %s\nto   %s", before, after)
			}
		}
	}
}

// TestVerifyIntoTheDocument: canonical octets written over the document they come from would be
// verified while they change.
func TestVerifyIntoTheDocument(t *testing.T) {
	p := authority(t, testpki.ECDSA)
	text := sign(t, `<a   xmlns="urn:kz"   z='1' b='2'><c/>`+rows(4<<10)+`</a>`, p.person, xmlsig.SignOptions{})
	want := xmlsig.Verify(nil, []byte(text), p.options())
	for from := 0; from < 600; from += 7 {
		buf := make([]byte, 600+2*len(text))
		doc := buf[300 : 300+len(text)]
		copy(doc, text)
		r := xmlsig.Verify(buf[from:from], doc, p.options())
		if outcome, code := r.Verdict(); outcome != reason.Passed || !bytes.Equal(r.Covered, want.Covered) {
			t.Fatalf("dst at %d: %v %s", from, outcome, code)
		}
	}
}

// TestVerifySideBySide lets many goroutines share one store.
func TestVerifySideBySide(t *testing.T) {
	p := authority(t, testpki.GOST2004)
	docs := []string{
		sign(t, victim, p.person, xmlsig.SignOptions{}), sign(t, victim, p.head, xmlsig.SignOptions{C14N: new(c14n.Exclusive)}),
		sign(t, rows(9<<10), p.head, xmlsig.SignOptions{}),
	}
	trust := p.trust()
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 30 {
				doc := []byte(docs[(g+i)%len(docs)])
				if g == 0 && i%10 == 9 {
					trust.AddAnchor(p.ca.Issuing, pki.PurposeNational)
				}
				r := xmlsig.Verify(nil, doc, xmlsig.Options{At: now, Trust: trust})
				if outcome, code := r.Verdict(); outcome != reason.Passed {
					t.Errorf("%v %s", outcome, code)
				}
				doc[len(doc)/3] ^= 1
				r = xmlsig.Verify(nil, doc, xmlsig.Options{At: now, Trust: trust})
				if outcome, _ := r.Verdict(); outcome == reason.Passed {
					t.Error("a changed document passed")
				}
			}
		})
	}
	all.Wait()
}

// TestAllocationsAreFlat holds the goals of a verification with a remembered certificate.
func TestAllocationsAreFlat(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector drops pooled memory on purpose")
	}
	p := authority(t, testpki.RSA)
	for _, size := range formSizes {
		doc := []byte(sign(t, form(size.size), p.person, xmlsig.SignOptions{}))
		opt := p.options()
		buf := xmlsig.Verify(nil, doc, opt).Covered
		const most = 40
		if n := testing.AllocsPerRun(20, func() { buf = xmlsig.Verify(buf[:0], doc, opt).Covered }); n > most {
			t.Errorf("%s: %v allocations, at most %d wanted", size.name, n, most)
		}
	}
}
