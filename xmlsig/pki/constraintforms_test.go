package pki_test

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// general writes a GeneralName that is a string or octets.
func general(tag uint8, value string) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
	}
}

const (
	mailbox  = 1
	dns      = 2
	resource = 6
	machine  = 7
)

// TestNameConstraintForms holds one alternative name against one subtree (RFC 5280 §4.2.1.10).
func TestNameConstraintForms(t *testing.T) {
	const in, out, unusable = 1, 2, 3
	tests := []struct {
		tag        uint8
		base, name string
		want       int
	}{
		{dns, "akimat.kz", "akimat.kz", in},
		{dns, "akimat.kz", "a.b.AKIMAT.kz", in},
		{dns, "akimat.kz", "notakimat.kz", out},
		{dns, ".akimat.kz", "akimat.kz", out},
		{dns, ".akimat.kz", "a.akimat.kz", in},
		{dns, "", "akimat.kz", in},
		{dns, "akimat.kz", "кз", unusable},
		{mailbox, "akimat.kz", "a@akimat.kz", in},
		{mailbox, "akimat.kz", "a@AKIMAT.KZ", in},
		{mailbox, "akimat.kz", "a@b.akimat.kz", out},
		{mailbox, ".akimat.kz", "a@b.akimat.kz", in},
		{mailbox, ".akimat.kz", "a@akimat.kz", out},
		{mailbox, "a@akimat.kz", "a@Akimat.kz", in},
		{mailbox, "a@akimat.kz", "A@akimat.kz", out},
		{mailbox, "akimat.kz", "akimat.kz", unusable},
		{resource, "akimat.kz", "https://akimat.kz:8443/x", in},
		{resource, "akimat.kz", "https://b.akimat.kz/", out},
		{resource, ".akimat.kz", "https://b.akimat.kz/", in},
		{resource, "akimat.kz", "https://akimat.kz@evil.kz/", out},
		{resource, "akimat.kz", "urn:oid:1.2.3", unusable},
		{resource, "akimat.kz", "https://10.0.0.1/", unusable},
		{resource, "akimat.kz", "https://[2001:db8::1]/", unusable},
		{machine, "\x0a\x00\x00\x00\xff\x00\x00\x00", "\x0a\x01\x02\x03", in},
		{machine, "\x0a\x00\x00\x00\xff\x00\x00\x00", "\x0b\x01\x02\x03", out},
		{machine, "\x0a\x00\x00\x00\xff\x00\x00\x00", "\x0a", unusable},
		{machine, "\x0a\x00\x00\x00\xff\x00\x00\x00", "\x0a" + string(make([]byte, 15)), out},
	}
	ca := authority(t, testpki.ECDSA)
	for _, tt := range tests {
		subtree := []func(*cryptobyte.Builder){general(tt.tag, tt.base)}
		for permitted, want := range map[bool]bool{true: tt.want == in, false: tt.want == out} {
			extensions := constraints(subtree, nil)
			if !permitted {
				extensions = constraints(nil, subtree)
			}
			err := constrained(t, ca, extensions, general(tt.tag, tt.name))
			if (err == nil) != want {
				t.Errorf("form %d, base %q, name %q, permitted %v: %v", tt.tag, tt.base, tt.name, permitted, err)
			}
		}
	}
}

// constrained judges a leaf with the alternative names below an authority with the constraints.
func constrained(t *testing.T, ca *testpki.Authority, extensions []testpki.Extension, names ...func(*cryptobyte.Builder)) error {
	t.Helper()
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.Extra = extensions }})
	var alt cryptobyte.Builder
	alt.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, n := range names {
			n(b)
		}
	})
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
		c.Extra = []testpki.Extension{{OID: "2.5.29.17", Value: alt.BytesOrPanic()}}
		c.SignedBy(sub)
	}})
	_, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{sub.Certificate}, now)
	return err
}

// TestNameConstraintBases: what is no base of its form is a constraint nobody can enforce.
func TestNameConstraintBases(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	for name, base := range map[string]func(*cryptobyte.Builder){
		"mask with a hole": general(machine, "\x0a\x00\x00\x00\xff\x00\xff\x00"),
		"address of 5":     general(machine, "\x0a\x00\x00\x00\xff"),
		"letters":          general(dns, "акимат.kz"),
		"other form":       registered,
	} {
		if err := constrained(t, ca, constraints([]func(*cryptobyte.Builder){base}, nil), general(dns, "akimat.kz")); err == nil {
			t.Errorf("%s: enforced", name)
		}
	}
}

// TestNameConstraintsOnMailboxInSubject: old certificates carry it in the subject (RFC 5280 §4.2.1.10).
func TestNameConstraintsOnMailboxInSubject(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	for host, want := range map[string]reason.Code{"akimat.kz": "", "other.kz": reason.ChainInvalid} {
		sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) {
			c.Extra = constraints([]func(*cryptobyte.Builder){general(mailbox, host)}, nil)
		}})
		leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
			c.SetSubject("1.2.840.113549.1.9.1", "a@akimat.kz")
			c.SignedBy(sub)
		}})
		_, err := trusting(ca).Chain(leaf.Certificate, []*pki.Certificate{sub.Certificate}, now)
		wantCode(t, err, want)
	}
}

// TestNameConstraintsAreBounded: thousands of names under thousands of subtrees end the search instead of stretching it.
func TestNameConstraintsAreBounded(t *testing.T) {
	var subtrees, names []func(*cryptobyte.Builder)
	for range 1000 {
		subtrees, names = append(subtrees, general(dns, "x.kz")), append(names, general(dns, "y.x.kz"))
	}
	err := constrained(t, authority(t, testpki.ECDSA), constraints(subtrees, nil), names...)
	wantCode(t, err, reason.ChainInvalid)
	if err := constrained(t, authority(t, testpki.ECDSA), constraints(subtrees[:10], nil), names[:100]...); err != nil {
		t.Error(err)
	}
}
