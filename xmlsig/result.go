package xmlsig

import (
	"crypto"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/xmltree"
)

// Profile says which signatures count and what they must cover.
type Profile uint8

const (
	// ProfileDocument wants the whole root element covered by every signature that is a
	// child of the root or, if there is none, by every signature anywhere.
	ProfileDocument Profile = iota
	// ProfileWSS wants the soap:Body covered by every signature under wsse:Security in
	// soap:Header; signatures inside the Body are content.
	ProfileWSS
	// ProfileAny takes every signature and any element of the document as covered.
	ProfileAny
)

// Options of [Verify]. Without Trust and Key nothing passes.
type Options struct {
	Profile    Profile
	Purpose    *pki.Purpose       // nil: the one the chain's anchor was added with
	At         time.Time          // the moment chain and validity are judged at
	Trust      *pki.Store         // anchors and intermediates
	Candidates []*pki.Certificate // untrusted: signers named only by serial number, intermediates
	Key        crypto.PublicKey   // verify with this key alone; certificate checks do not apply
	AllowSHA1  bool               // let RSA-SHA1 in, and SHA-1 digests with it
	Coverage   bool               // fill Signer.Coverage and Result.Uncovered
	Ended      []Ending           // algorithms that do not count any longer
	Limits     xmltree.Limits     // zero fields mean the defaults
}

// Result is what [Verify] found.
type Result struct {
	// Covered is dst followed by the canonical octets digested for the first signer: the
	// document without its signatures, or the SOAP Body. It is empty unless xml, signature,
	// digest, coverage and algorithm passed for every signer.
	Covered []byte
	// Checks are grouped by name in the order of DESIGN §6, within a name by signer.
	Checks       []reason.Check
	Signers      []Signer // in document order
	CommentsSeen int
	// Uncovered lists what no good signature covers, with Options.Coverage; not more than 64 parts.
	// Signatures themselves are not in it, nor comments.
	Uncovered []Uncovered

	statuses []revocation.Status
	bareKey  bool
}

// Signer is one signature and who made it.
type Signer struct {
	Index       int              // counts from 1 in document order, as Check.Signer does
	Certificate *pki.Certificate // nil with a bare key, or if none was found
	Chain       pki.Chain        // nil unless the chain check passed
	Purpose     pki.Purpose      // the profile the certificate was judged by
	Algorithm   string           // "gost3410-2015-512", "rsa-sha256" …; "" if unknown
	Covers      string           // "document", "body", "#id"; "" if unknown
	Coverage    []Covered        // one for each reference, with Options.Coverage
}

// Verdict sums up all checks; the code is the first failing reason.
func (r *Result) Verdict() (reason.Outcome, reason.Code) { return reason.Verdict(r.Checks) }

// SignerVerdict sums up the checks of one signer (i counts from 0, as in Signers) together with
// those of the document as a whole.
func (r *Result) SignerVerdict(i int) (reason.Outcome, reason.Code) {
	var own []reason.Check
	for _, c := range r.Checks {
		if c.Signer == 0 || c.Signer == i+1 {
			own = append(own, c)
		}
	}
	return reason.Verdict(own)
}
