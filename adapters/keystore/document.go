package keystore

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// errNotRSA: goxmldsig writes ECDSA signatures in DER, not as r‖s (its issue 163), and knows no GOST.
var errNotRSA = errors.New("keystore: only RSA documents are signed through goxmldsig; use xmlsig.Sign")

// SignDocument signs a whole document with an RSA key through goxmldsig: enveloped, last child of the
// root, inclusive C14N 1.0, SHA-256, on one line. The strict gate comes first, because etree reads
// leniently what no verifier of ours would take.
func (id Identity) SignDocument(doc []byte) ([]byte, error) {
	if _, ok := id.Key.Public().(*rsa.PublicKey); !ok {
		return nil, errNotRSA
	}
	if _, err := xmltree.Parse(doc, xmltree.DefaultLimits()); err != nil {
		return nil, err
	}
	tree := etree.NewDocument()
	if err := tree.ReadFromBytes(doc); err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	ctx, err := dsig.NewSigningContext(id.Key, [][]byte{id.Certificate.Raw})
	if err != nil {
		return nil, err
	}
	ctx.Hash, ctx.IdAttribute = crypto.SHA256, ""
	ctx.Canonicalizer = dsig.MakeC14N10RecCanonicalizer()
	signed, err := ctx.SignEnveloped(tree.Root())
	if err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	tree.SetRoot(signed)
	tree.WriteSettings.CanonicalText, tree.WriteSettings.CanonicalAttrVal = true, true
	out, err := tree.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("keystore: %w", err)
	}
	if err := id.check(out); err != nil {
		return nil, err
	}
	return out, nil
}

// check lets nothing out that our own verifier refuses, such as a document with a comment inside a text.
// Earlier signatures are their makers' business.
func (id Identity) check(signed []byte) error {
	result := xmlsig.Verify(nil, signed, xmlsig.Options{Key: id.Key.Public()})
	for _, c := range result.Checks {
		if c.Outcome == reason.Failed && (c.Signer == 0 || c.Signer == len(result.Signers)) {
			return reason.New(c.Code, "a signature here would not verify: "+c.Detail)
		}
	}
	return nil
}
