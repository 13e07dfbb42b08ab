package xmlsig_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

const people = `<?form v1?><application><person>a</person><person Id="p2">b<note/></person><office Id="o"/></application>`

// mapped verifies with a map, and writes it down without the octets of references that hold.
func mapped(t *testing.T, doc string, opt xmlsig.Options) (lines []string, r xmlsig.Result) {
	t.Helper()
	opt.Coverage = true
	r = xmlsig.Verify(nil, []byte(doc), opt)
	for _, s := range r.Signers {
		for _, c := range s.Coverage {
			if c.Octets == 0 {
				lines = append(lines, "not digested:")
			}
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %q %s %s main=%v without %v %s", s.Index, c.URI, c.Path, c.ID, c.Main, c.Without, c.Type)))
		}
	}
	for _, u := range r.Uncovered {
		lines = append(lines, fmt.Sprintf("uncovered %s around=%v", u.Path, u.Around))
	}
	return lines, r
}

func TestCoverageMap(t *testing.T) {
	p := authority(t, testpki.RSA)
	one := sign(t, people, p.person, xmlsig.SignOptions{})
	two := sign(t, one, p.head, xmlsig.SignOptions{})
	part := sign(t, people, p.person, xmlsig.SignOptions{ID: "p2"})
	tests := []struct {
		name, doc string
		profile   xmlsig.Profile
		want      []string
	}{
		{"whole", one, xmlsig.ProfileDocument, []string{`1 "" document  main=true without [1]`}},
		{"two signers", two, xmlsig.ProfileDocument, []string{`1 "" document  main=true without [1 2]`, `2 "" document  main=true without [2]`}},
		{"part", part, xmlsig.ProfileAny, []string{
			`1 "#p2" /application/person[2] p2 main=true without []`,
			"uncovered outside the root element around=false", "uncovered /application around=true",
			"uncovered /application/person[1] around=false", "uncovered /application/office around=false",
		}},
		{"part as document", part, xmlsig.ProfileDocument, []string{
			`1 "#p2" /application/person[2] p2 main=false without []`,
			"uncovered outside the root element around=false", "uncovered /application around=true",
			"uncovered /application/person[1] around=false", "uncovered /application/office around=false",
		}},
		{"two parts", sign(t, part, p.head, xmlsig.SignOptions{ID: "o"}), xmlsig.ProfileAny, []string{
			`1 "#p2" /application/person[2] p2 main=true without []`, `2 "#o" /application/office o main=true without []`,
			"uncovered outside the root element around=false", "uncovered /application around=true", "uncovered /application/person[1] around=false",
		}},
		{"SignedProperties", xades(t, p, p.person.Certificate.Raw, nil), xmlsig.ProfileDocument, []string{
			`1 "" document  main=true without [1]`,
			`1 "#props" /form/ds:Signature/ds:Object/xs:QualifyingProperties/xs:SignedProperties props main=false without [] http://uri.etsi.org/01903#SignedProperties`,
		}},
		{"body", signWSS(t, envelope, p.head), xmlsig.ProfileWSS, nil},
		{"altered", strings.Replace(one, ">a<", ">A<", 1), xmlsig.ProfileDocument, []string{
			`1 "" document  main=true without [1]`, "uncovered outside the root element around=false", "uncovered /application around=false",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := p.options()
			opt.Profile = tt.profile
			got, r := mapped(t, tt.doc, opt)
			if tt.want != nil {
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff, outcomes(r))
				}
			}
			if len(r.Covered) > 0 && r.Signers[0].Coverage[0].Octets != len(r.Covered) {
				t.Errorf("%d octets, %d travel on", r.Signers[0].Coverage[0].Octets, len(r.Covered))
			}
			opt.Coverage = false
			if plain := xmlsig.Verify(nil, []byte(tt.doc), opt); outcomes(plain) != outcomes(r) || plain.Signers[0].Coverage != nil || plain.Uncovered != nil {
				t.Error("the map is made unasked, or changes the verdict")
			}
		})
	}
}

// TestCoverageOfBody: what stands beside the Body is named.
func TestCoverageOfBody(t *testing.T) {
	p := authority(t, testpki.RSA)
	opt := p.options()
	opt.Profile = xmlsig.ProfileWSS
	_, r := mapped(t, signWSS(t, envelope, p.head), opt)
	c := r.Signers[0].Coverage[0]
	if !strings.HasSuffix(c.Path, ":Envelope/"+strings.SplitAfter(c.Path, "/")[2]) || !strings.HasSuffix(c.Path, ":Body") || !c.Main || "#"+c.ID != c.URI {
		t.Errorf("%+v", c)
	}
	if len(r.Uncovered) != 2 || !r.Uncovered[0].Around || !strings.HasSuffix(r.Uncovered[1].Path, ":Header") {
		t.Errorf("%+v", r.Uncovered)
	}
}

// TestCoverageIsBounded: a hostile document costs little more with its map than without.
func TestCoverageIsBounded(t *testing.T) {
	p := authority(t, testpki.RSA)
	doc := sign(t, "<a>"+strings.Repeat("<b/>", 100_000)+`<c Id="c"/></a>`, p.person, xmlsig.SignOptions{ID: "c"})
	opt := p.options()
	opt.Profile = xmlsig.ProfileAny
	_, r := mapped(t, doc, opt)
	if n := len(r.Uncovered); n != 64 {
		t.Errorf("%d parts are named", n)
	}
	if last := r.Uncovered[63].Path; last != "/a/b[?]" {
		t.Errorf("siblings are counted without end: %s", last)
	}
}
