package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// hierarchy is a random RSA or ECDSA hierarchy made by crypto/x509: a root, authorities, a leaf, and what is
// peculiar about it.
type hierarchy struct {
	certs  []*x509.Certificate // leaf first, root last
	traits []string
}

// traits a certificate of a hierarchy can have. What they break, if anything, the verifiers have to say.
var traits = []struct {
	name  string
	apply func(r *mathrand.Rand, c *x509.Certificate, leaf bool)
}{
	{"expired", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.NotAfter = now.Add(-time.Hour) }},
	{"not yet valid", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.NotBefore = now.Add(time.Hour) }},
	{"not a CA", func(_ *mathrand.Rand, c *x509.Certificate, leaf bool) { c.IsCA = false }},
	{"no basic constraints", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.IsCA, c.BasicConstraintsValid = false, false }},
	{"no keyCertSign", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.KeyUsage = x509.KeyUsageDigitalSignature }},
	{"no key usage", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.KeyUsage = 0 }},
	{"path length", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.MaxPathLen, c.MaxPathLenZero = r.IntN(3), true
		}
	}},
	{"unknown critical extension", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 398, 9, 9}, Critical: true, Value: []byte{5, 0}})
	}},
	{"unknown extension", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 398, 9, 8}, Value: []byte{5, 0}})
	}},
	{"domains permitted", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.PermittedDNSDomains, c.PermittedDNSDomainsCritical = []string{pick(r, "akimat.kz", "kz", "gov.kz")}, true
		}
	}},
	{"domains excluded", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.ExcludedDNSDomains, c.PermittedDNSDomainsCritical = []string{pick(r, "north.akimat.kz", "kz", "gov.kz")}, true
		}
	}},
	{"mailboxes permitted", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.PermittedEmailAddresses, c.PermittedDNSDomainsCritical = []string{pick(r, "akimat.kz", ".akimat.kz", "a@akimat.kz", "gov.kz")}, true
		}
	}},
	{"mailboxes excluded", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.ExcludedEmailAddresses, c.PermittedDNSDomainsCritical = []string{pick(r, "akimat.kz", "b@akimat.kz", "gov.kz")}, true
		}
	}},
	{"resources permitted", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			c.PermittedURIDomains, c.PermittedDNSDomainsCritical = []string{pick(r, "www.akimat.kz", ".akimat.kz", "gov.kz")}, true
		}
	}},
	{"addresses permitted", func(r *mathrand.Rand, c *x509.Certificate, leaf bool) {
		if !leaf {
			_, network, _ := net.ParseCIDR(pick(r, "10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"))
			c.PermittedIPRanges, c.PermittedDNSDomainsCritical = []*net.IPNet{network}, true
		}
	}},
	{"other authority key identifier", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) {
		value, _ := asn1.Marshal(struct {
			ID []byte `asn1:"tag:0"`
		}{[]byte{1, 2, 3}})
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 35}, Value: value})
	}},
	{"SHA-384", func(_ *mathrand.Rand, c *x509.Certificate, _ bool) { c.SignatureAlgorithm = x509.ECDSAWithSHA384 }},
	{"signature altered", nil},
	{"signed by a stranger", nil},
}

func pick(r *mathrand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// keyPool makes keys once; RSA keys are slow to make.
var keyPool = sync.OnceValue(func() (pool struct{ ec, rsa []crypto.Signer }) {
	for range 6 {
		k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		pool.ec = append(pool.ec, k)
	}
	for range 2 {
		k, _ := rsa.GenerateKey(rand.Reader, 2048)
		pool.rsa = append(pool.rsa, k)
	}
	return pool
})

// newHierarchy makes one with up to two traits.
func newHierarchy(t *testing.T, r *mathrand.Rand, id int) hierarchy {
	t.Helper()
	depth := 2 + r.IntN(4)
	keys := make([]crypto.Signer, depth)
	for i := range keys {
		if keys[i] = keyPool().ec[i]; i < 2 && r.IntN(8) == 0 {
			keys[i] = keyPool().rsa[i]
		}
	}
	h := hierarchy{certs: make([]*x509.Certificate, depth)}
	templates := make([]*x509.Certificate, depth)
	forged := map[int]string{}
	for i := range templates {
		templates[i] = plainTemplate(id, i)
	}
	for range r.IntN(3) {
		at, trait := r.IntN(depth), traits[r.IntN(len(traits))]
		h.traits = append(h.traits, fmt.Sprintf("%s@%d/%d", trait.name, at, depth))
		if trait.apply == nil {
			forged[at] = trait.name
		} else if !hasExtension(templates[at], trait.name) {
			trait.apply(r, templates[at], at == 0)
		}
	}
	for i := depth - 1; i >= 0; i-- {
		parent, signer := templates[i], keys[i]
		if i < depth-1 {
			parent, signer = h.certs[i+1], keys[i+1]
		}
		if forged[i] == "signed by a stranger" {
			signer = keyPool().ec[5]
		}
		if _, isRSA := signer.(*rsa.PrivateKey); isRSA {
			templates[i].SignatureAlgorithm = x509.SHA256WithRSA
		}
		h.certs[i] = create(t, templates[i], parent, keys[i], signer, forged[i] == "signature altered")
	}
	return h
}

func plainTemplate(id, i int) *x509.Certificate {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(int64(id)*100 + int64(i) + 1),
		Subject:      pkix.Name{Country: []string{"KZ"}, CommonName: fmt.Sprintf("case %d certificate %d", id, i)},
		NotBefore:    now.Add(-48 * time.Hour), NotAfter: now.Add(48 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, SubjectKeyId: []byte(fmt.Sprintf("%d/%d", id, i)),
	}
	if i > 0 {
		c.KeyUsage, c.IsCA, c.BasicConstraintsValid = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, true, true
		c.MaxPathLen = -1
	}
	if i == 0 {
		c.DNSNames, c.EmailAddresses = []string{"north.akimat.kz"}, []string{"a@akimat.kz"}
		c.URIs = []*url.URL{{Scheme: "https", Host: "www.akimat.kz", Path: "/x"}}
		c.IPAddresses = []net.IP{net.IPv4(10, 1, 2, 3).To4()}
	}
	return c
}

// hasExtension keeps one certificate from getting the same extension twice.
func hasExtension(c *x509.Certificate, trait string) bool {
	return len(c.ExtraExtensions) > 0 && (strings.Contains(trait, "extension") || strings.Contains(trait, "identifier"))
}

// create signs a certificate. crypto/x509 refuses to sign with a key that is not the parent's, so strangers get a
// parent with their key.
func create(t *testing.T, template, parent *x509.Certificate, key, signer crypto.Signer, alter bool) *x509.Certificate {
	t.Helper()
	issuer := *parent
	issuer.PublicKey = signer.Public()
	der, err := x509.CreateCertificate(rand.Reader, template, &issuer, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if alter {
		der = bytes.Clone(der)
		der[len(der)-1] ^= 1
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
