package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// lookAtValues recomputes the values of each signature in the ways signers get them wrong.
func (d *diagnosis) lookAtValues() {
	t, err := find(d.tree, d.opt.Profile)
	if err != nil || len(t.signatures) != len(d.result.Signers) {
		return
	}
	for i, elem := range t.signatures {
		v := newValueSearch(d, elem, i+1)
		if v == nil {
			continue
		}
		uri, _ := v.info.Child("SignatureMethod").Attr("", "Algorithm")
		v.lookAtAlgorithm(uri)
		if v.method, err = findSignatureMethod(uri, true); err == nil && v.key != nil {
			v.lookAtSignature()
			v.lookAtDigests(t.signatures[i+1:])
		}
	}
}

// valueSearch looks at one signature. It reads only as much of it as it needs: what is wrong
// with its grammar, the verifier has said.
type valueSearch struct {
	*diagnosis
	elem, info *xmltree.Element
	form       canonicalForm // of SignedInfo
	value      []byte
	signer     int
	key        crypto.PublicKey
	method     *signatureMethod
}

// canonicalForm is a canonicalisation as a signature names it.
type canonicalForm struct {
	method   c14n.Method
	prefixes []string
}

func newValueSearch(d *diagnosis, elem *xmltree.Element, signer int) *valueSearch {
	v := &valueSearch{diagnosis: d, elem: elem, info: elem.Child("SignedInfo"), signer: signer, key: d.opt.Key}
	if c := d.result.Signers[signer-1].Certificate; c != nil && v.key == nil {
		v.key = c.PublicKey
	}
	var ok bool
	if v.form, ok = formOf(v.info.Child("CanonicalizationMethod")); !ok || v.key == nil {
		return nil
	}
	v.value, _ = base64.StdEncoding.DecodeString(withoutSpace(elem.Child("SignatureValue").Text()))
	return v
}

func formOf(elem *xmltree.Element) (f canonicalForm, ok bool) {
	uri, _ := elem.Attr("", "Algorithm")
	list, _ := elem.Child("InclusiveNamespaces").Attr("", "PrefixList")
	f.prefixes = strings.Fields(list)
	f.prefixes = f.prefixes[:min(len(f.prefixes), maxPrefixes)]
	f.method, ok = c14n.ByURI(uri)
	return f, ok
}

// lookAtAlgorithm compares the named algorithm with the key.
func (v *valueSearch) lookAtAlgorithm(uri string) {
	if !v.has(reason.CheckAlgorithm) {
		return
	}
	own, _ := findSignatureMethod(defaultMethod(v.key), false)
	method, err := findSignatureMethod(uri, true)
	switch {
	case err != nil:
		for i := range signatureMethods {
			if known := signatureMethods[i].uri; strings.EqualFold(strings.Trim(uri, " \t\r\n#/"), known) {
				v.add(CauseMisspelt, "the algorithm is "+known)
			}
		}
	case own != nil && !method.fits(v.key):
		words := fmt.Sprintf("SignatureMethod says %s, the key is one for %s", method.name, own.name)
		if sum, ok := v.sum(own, v.form.method); ok && own.verify(own, v.key, sum, v.value) {
			words += ", and the value was made with that"
		}
		v.add(CauseAlgorithmOfKey, words)
	case method.family == familySHA1 && !v.opt.AllowSHA1:
		v.add(CauseSHA1, "SignatureMethod is "+method.name)
	}
}

// has tells whether a check of this signer failed.
func (v *valueSearch) has(check string) bool {
	return slices.ContainsFunc(v.result.Checks, func(c reason.Check) bool {
		return c.Name == check && c.Signer == v.signer && c.Outcome == reason.Failed
	})
}

// sum is the hash of the canonical SignedInfo.
func (v *valueSearch) sum(m *signatureMethod, method c14n.Method) ([]byte, bool) {
	if !v.afford(v.tree.Size()) {
		return nil, false
	}
	octets, err := c14n.Append(nil, v.tree, v.info, method, c14n.Options{Prefixes: v.form.prefixes})
	if err != nil {
		return nil, false
	}
	h := m.new()
	h.Write(octets)
	return h.Sum(nil), true
}

// allMethods are the canonicalisations that are tried.
var allMethods = [...]c14n.Method{c14n.C14N10, c14n.Exclusive, c14n.C14N11, c14n.C14N10Comments, c14n.ExclusiveComments, c14n.C14N11Comments}

// lookAtSignature tries other forms of the value, other keys and other canonicalisations.
func (v *valueSearch) lookAtSignature() {
	if !v.open[symptom{reason.CheckSignature, v.signer}] || !v.method.fits(v.key) {
		return
	}
	sum, ok := v.sum(v.method, v.form.method)
	if !ok {
		return
	}
	done := func(cause Cause, evidence string) {
		delete(v.open, symptom{reason.CheckSignature, v.signer})
		v.add(cause, evidence)
	}
	for _, f := range valueForms(v.key, v.value) {
		if v.method.verify(v.method, v.key, sum, f.value) {
			done(CauseValueForm, "the value fits "+f.words)
			return
		}
	}
	for i, c := range v.certificates() {
		if c.PublicKey != nil && v.method.fits(c.PublicKey) && v.method.verify(v.method, c.VerifyingKey(), sum, v.value) {
			done(CauseOtherCertificate, fmt.Sprintf("the value fits certificate %d of those in the document and at hand", i+1))
			return
		}
	}
	for _, m := range allMethods {
		if m == v.form.method {
			continue
		}
		if sum, ok := v.sum(v.method, m); ok && v.method.verify(v.method, v.key, sum, v.value) {
			done(otherMethod(v.form.method, m), fmt.Sprintf("the signature value fits SignedInfo in %s, not in %s as it says", m.URI(), v.form.method.URI()))
			return
		}
	}
}

// otherMethod is the cause when another canonicalisation fits than the named one.
func otherMethod(named, fits c14n.Method) Cause {
	if fits.KeepsComments() && fits.WithoutComments() == named.WithoutComments() {
		return CauseCommentsDigested
	}
	return CauseCanonicalisation
}

// form is a signature value in another form.
type form struct {
	words string
	value []byte
}

func valueForms(key crypto.PublicKey, value []byte) []form {
	if len(value)%2 != 0 && len(value) == 0 {
		return nil
	}
	half := len(value) / 2
	swapped := slices.Concat(value[half:], value[:half])
	switch k := key.(type) {
	case *gost.PublicKey:
		mirror := func(b []byte) []byte { b = slices.Clone(b); slices.Reverse(b); return b }
		return []form{
			{"once its two numbers are exchanged", swapped},
			{"once all its octets are reversed", mirror(value)},
			{"once the octets of each number are reversed", slices.Concat(mirror(value[:half]), mirror(value[half:]))},
		}
	case *ecdsa.PublicKey:
		if b, err := plainECDSA(value, curveBytes(k)); err == nil {
			return []form{{"once it is taken out of ASN.1", b}}
		}
		return []form{{"once its two numbers are exchanged", swapped}}
	}
	return nil
}

// certificates are those of KeyInfo and of the caller.
func (v *valueSearch) certificates() (out []*pki.Certificate) {
	for _, data := range v.elem.Child("KeyInfo").Children() {
		for _, elem := range data.Children() {
			if !elem.Is(nsDSig, "X509Certificate") || len(out) >= maxKeyCertificates {
				continue
			}
			der, _ := base64.StdEncoding.DecodeString(withoutSpace(elem.Text()))
			if c, err := pki.Parse(der); err == nil {
				out = append(out, c)
			}
		}
	}
	return append(out, v.opt.Candidates[:min(len(v.opt.Candidates), maxKeyCertificates)]...)
}

// lookAtDigests tries other canonicalisations for the references.
func (v *valueSearch) lookAtDigests(later []*xmltree.Element) {
	if !v.open[symptom{reason.CheckDigest, v.signer}] {
		return
	}
	refs := v.info.Children()
	for _, ref := range refs[min(2, len(refs)):] {
		uri, _ := ref.Attr("", "URI")
		apex, err := v.tree.ByID(strings.TrimPrefix(uri, "#"))
		if uri != "" && (apex == nil || err != nil) {
			continue
		}
		digestURI, _ := ref.Child("DigestMethod").Attr("", "Algorithm")
		digest, err := findDigestMethod(digestURI, v.method, true)
		if err != nil {
			continue
		}
		want, _ := base64.StdEncoding.DecodeString(withoutSpace(ref.Child("DigestValue").Text()))
		v.lookAtDigest(ref, apex, later, func(octets []byte) bool {
			h := digest.new()
			h.Write(octets)
			return bytes.Equal(h.Sum(nil), want)
		})
	}
}

// lookAtDigest tries one reference.
func (v *valueSearch) lookAtDigest(ref, apex *xmltree.Element, later []*xmltree.Element, fits func([]byte) bool) {
	var named canonicalForm
	without := later
	for _, t := range ref.Child("Transforms").Children() {
		if uri, _ := t.Attr("", "Algorithm"); uri == algEnveloped {
			without = append([]*xmltree.Element{v.elem}, later...)
		} else if f, ok := formOf(t); ok {
			named = f
		}
	}
	without = slices.DeleteFunc(slices.Clone(without), func(e *xmltree.Element) bool { return apex != nil && (!apex.Contains(e) || e == apex) })
	var found Cause
	var words string
	for _, m := range allMethods {
		if !v.afford(v.tree.Size()) {
			return
		}
		octets, err := c14n.Append(nil, v.tree, apex, m, c14n.Options{Without: without, Prefixes: named.prefixes})
		switch {
		case err != nil || !fits(octets):
		case m == named.method.WithoutComments():
			return // this reference holds
		case found == "":
			found = otherMethod(named.method, m)
			uri, _ := ref.Attr("", "URI")
			words = fmt.Sprintf("the digest of %q fits the content in %s", shorten(uri), m.URI())
		}
	}
	if found != "" {
		delete(v.open, symptom{reason.CheckDigest, v.signer})
		v.add(found, words)
	}
}
