package evidence

import (
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

var errMissing = errors.New("not in the container")

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// seal checks the gateway's own signature, that it names every file and no other, and whose it is.
func (v *verifier) seal() {
	signatures, ok := v.files[nameSignatures]
	if !ok {
		v.rep.fail(CheckSeal, nameSignatures, reason.SignatureMissing, "is missing: nobody sealed this container")
		return
	}
	at, plain := signingTime(signatures)
	if !plain {
		v.rep.fail(CheckSeal, nameSignatures, reason.SignatureMalformed, "is not one seal with one set of signed properties: a part of it is nobody's")
	}
	trust := v.opt.Trust
	r := xmlsig.VerifyDetached(signatures, v.open, xmlsig.Options{At: at, Trust: trust, Purpose: generic()})
	files := v.covered(r)
	for _, c := range r.Checks {
		switch {
		case c.Outcome == reason.Passed, isCertificateCheck(c.Name):
		case c.Name == reason.CheckDigest && !files: // named one by one
		case c.Outcome == reason.Failed:
			v.rep.fail(CheckSeal, nameSignatures, c.Code, "%s", c.Detail)
			return
		}
	}
	if v.rep.failed(CheckSeal) {
		return
	}
	if len(r.Signers) == 0 || r.Signers[0].Certificate == nil {
		v.rep.fail(CheckSeal, nameSignatures, reason.SignatureMissing, "the seal names no certificate")
		return
	}
	v.sealer(r, at)
}

// sealer judges whose seal it is.
func (v *verifier) sealer(r xmlsig.DetachedResult, at time.Time) {
	cert := r.Signers[0].Certificate
	own := hexOf(cert.SHA256)
	v.rep.Seal = &Seal{SHA256: own, Subject: cert.Subject.CommonName, At: at}
	outcome, _ := r.Verdict()
	switch {
	case v.opt.Seal != nil && v.opt.Seal.SHA256 != cert.SHA256:
		v.rep.fail(CheckSeal, nameSignatures, reason.ChainUntrusted, "sealed by another key than the one given: its certificate has SHA-256 %s", own)
	case v.opt.Seal != nil && cert.CheckValidity(at) != nil:
		v.rep.fail(CheckSeal, nameSignatures, reason.CertificateExpired, "sealed outside the validity of its certificate")
	case v.opt.Seal != nil:
		v.rep.pass(CheckSeal, nameSignatures, "the seal of the given certificate, made %s", at.UTC().Format(time.RFC3339))
	case r.Signers[0].Chain != nil && outcome == reason.Passed: // any citizen's key does that: only the one who verifies knows the gateway's
		v.rep.unknown(CheckSeal, nameSignatures, reason.ChainUntrusted,
			"the seal holds and its certificate leads to a given anchor, but whether it is the gateway's nobody here says; compare its SHA-256 with the gateway's: %s", own)
	default:
		v.rep.unknown(CheckSeal, nameSignatures, reason.ChainUntrusted,
			"the seal holds, but nobody here vouches for its key; compare the SHA-256 of its certificate with the gateway's: %s", own)
	}
}

// covered names every file whose bytes are not the sealed ones, and every one that should not be
// there, or should. It tells whether every digest of a file holds: then one that does not is the seal's own.
func (v *verifier) covered(r xmlsig.DetachedResult) (digests bool) {
	sealed, good := map[string]bool{}, true
	digests = true
	for _, f := range r.Files {
		if f.Signer != 1 {
			continue
		}
		sealed[f.URI] = true
		_, there := v.files[f.URI]
		switch {
		case !there:
			v.rep.fail(CheckFiles, f.URI, reason.DigestMismatch, "is named by the seal and missing")
			good, digests = false, false
		case f.Outcome == reason.Failed:
			v.rep.fail(CheckFiles, f.URI, reason.DigestMismatch, "has been changed since it was sealed")
			good, digests = false, false
		}
	}
	for _, name := range v.names {
		if payload(name) && !sealed[name] {
			v.rep.fail(CheckFiles, name, reason.CoveragePartial, "is in the container and not under the seal")
			good = false
		}
	}
	if got, ok := v.files[nameManifest]; !ok || !slices.Equal(got, manifest(sortedKeys(sealed))) {
		v.rep.fail(CheckFiles, nameManifest, reason.DigestMismatch, "is not the list of the sealed files")
		good = false
	}
	if good && len(sealed) > 0 {
		v.rep.pass(CheckFiles, "", "%d files are what was sealed", len(sealed))
	}
	return digests
}

func (v *verifier) open(uri string) ([]byte, error) {
	if body, ok := v.files[uri]; ok {
		return body, nil
	}
	return nil, errMissing
}

func isCertificateCheck(name string) bool {
	return name == reason.CheckChain || name == reason.CheckValidity || name == reason.CheckPurpose
}

// generic: the seal is a system's key, whoever issued it.
func generic() *pki.Purpose {
	p := pki.PurposeGeneric
	return &p
}

// signingTime reads when the seal says it was made; the zero moment if it does not say. Only the signed
// properties are under the seal, and they are found by name: so there must be no other part that could
// be taken for them, and no second signature. plain tells that it is so.
func signingTime(signatures []byte) (at time.Time, plain bool) {
	doc, err := xmltree.Parse(signatures, xmltree.Limits{})
	if err != nil {
		return time.Time{}, true // said elsewhere
	}
	sig := only(doc.Root.Children(), "Signature")
	if sig == nil {
		return time.Time{}, false
	}
	var objects []*xmltree.Element
	for part := range sig.EachChild() {
		if part.Local() == "Object" {
			objects = append(objects, part)
		}
	}
	object := only(objects, "Object")
	if object == nil {
		return time.Time{}, false
	}
	qualifying := only(object.Children(), "QualifyingProperties")
	if qualifying == nil {
		return time.Time{}, false
	}
	signed := only(qualifying.Children(), "SignedProperties")
	at, _ = time.Parse(time.RFC3339, signed.Find("SignedSignatureProperties/SigningTime").Text())
	return at, signed != nil
}

// only is the one element of a list if it has that name, else nil.
func only(list []*xmltree.Element, local string) *xmltree.Element {
	if len(list) != 1 || list[0].Local() != local {
		return nil
	}
	return list[0]
}
