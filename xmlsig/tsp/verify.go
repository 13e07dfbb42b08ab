package tsp

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"slices"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// Names of the checks that only time stamps have; the others are reason's.
const (
	CheckImprint     = "imprint"
	CheckNonce       = "nonce"
	CheckPolicy      = "policy"
	CheckCertificate = "signing_certificate"
	CheckTime        = "time"
)

// Options say what a token has to be. What is not given is not checked, and says
// so; without a Store, and without Data or Imprint, no token passes.
type Options struct {
	Store      *pki.Store         // anchors of the TSA
	Candidates []*pki.Certificate // beside those in the token

	Data    []byte // what was stamped; digested as the token says
	Imprint []byte // or the digest itself, made by Hash

	Hash      string   // the algorithm the imprint must have; "": any of the list
	Nonce     *big.Int // what was sent; nil: nothing
	Policies  []string // what was asked for or is allowed; empty: any
	AllowSHA1 bool     // imprints of old tokens

	From, To time.Time     // genTime lies between them, give or take Skew; zero: no bound
	Skew     time.Duration // how far clocks may differ
}

// Result is what was found, check by check.
type Result struct {
	Checks      []reason.Check
	Certificate *pki.Certificate // the TSA's; nil when it was not found
	Chain       pki.Chain        // nil when it was not built
}

// Passed reports whether every check passed or did not apply.
func (r Result) Passed() bool {
	outcome, _ := reason.Verdict(r.Checks)
	return outcome == reason.Passed
}

// Check gives the check of that name, the zero Check when there is none.
func (r Result) Check(name string) reason.Check {
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	return reason.Check{}
}

// Verify checks the token: what it stamps, whose answer it is, its signature and
// the TSA's certificate at the moment of the stamp (RFC 3161 §2.3, §2.4.2). The
// TSA's revocation status is not asked for: Result names its certificate.
func (t *Token) Verify(opt Options) Result {
	var r Result
	cert := t.findSigner(opt.Candidates)
	r.Certificate = cert
	r.add(CheckImprint, t.checkImprint(opt))
	r.add(CheckNonce, t.checkNonce(opt.Nonce))
	r.add(CheckPolicy, t.checkPolicy(opt.Policies))
	r.add(CheckTime, t.checkTime(opt))
	if cert == nil {
		r.Checks = append(r.Checks, reason.Fail(reason.CheckSignature, 0, reason.ChainUntrusted, "the TSA's certificate is neither in the token nor at hand"))
		return r
	}
	r.add(reason.CheckSignature, t.checkSignature(cert))
	r.add(CheckCertificate, t.checkSigningCertificate(cert))
	r.add(reason.CheckPurpose, checkPurpose(cert))
	r.add(reason.CheckValidity, verdict{err: cert.CheckValidity(t.GenTime)})
	r.add(reason.CheckChain, t.buildChain(&r, opt))
	return r
}

// verdict is an outcome before it has a name: failed with err, or skipped, or
// inconclusive, or passed.
type verdict struct {
	err     error
	skip    string
	unknown string
}

func (r *Result) add(name string, v verdict) {
	c := reason.Pass(name, 0, "")
	switch {
	case v.err != nil:
		c = reason.FromError(name, 0, v.err, reason.SignatureMalformed)
	case v.skip != "":
		c = reason.Skip(name, 0, v.skip)
	case v.unknown != "":
		c = reason.Unknown(name, 0, "", v.unknown)
	}
	r.Checks = append(r.Checks, c)
}

func failed(code reason.Code, detail string) verdict { return verdict{err: reason.New(code, detail)} }

// findSigner looks for the certificate the signer names; of several the one the
// signed identifier means.
func (t *Token) findSigner(candidates []*pki.Certificate) (found *pki.Certificate) {
	for _, c := range slices.Concat(t.Certificates, candidates) {
		if !t.signer.is(c) {
			continue
		}
		if t.checkSigningCertificate(c).err == nil {
			return c
		}
		if found == nil {
			found = c
		}
	}
	return found
}

func (t *Token) checkImprint(opt Options) verdict {
	want := opt.Imprint
	if opt.Hash != "" && opt.Hash != t.HashAlgorithm {
		return failed(reason.DigestMismatch, "the imprint was made by "+t.HashAlgorithm)
	}
	empty, err := digest(t.HashAlgorithm, nil, opt.AllowSHA1)
	switch {
	case err != nil:
		return verdict{err: err}
	case len(t.Imprint) != len(empty):
		return failed(reason.SignatureMalformed, "the imprint has not the length of its hash")
	case opt.Data == nil && want == nil:
		return verdict{unknown: "nobody said what was stamped"}
	case opt.Data != nil:
		want, _ = digest(t.HashAlgorithm, opt.Data, opt.AllowSHA1)
	}
	if !bytes.Equal(want, t.Imprint) {
		return failed(reason.DigestMismatch, "the token stamps something else")
	}
	return verdict{}
}

func (t *Token) checkNonce(sent *big.Int) verdict {
	switch {
	case sent == nil:
		return verdict{skip: "none was sent"}
	case t.Nonce == nil || t.Nonce.Cmp(sent) != 0:
		return failed(reason.DigestMismatch, "the nonce did not come back: the token answers another request")
	}
	return verdict{}
}

func (t *Token) checkPolicy(allowed []string) verdict {
	switch {
	case t.unknownCritical != "":
		return failed(reason.PurposeWrong, "a critical extension that is not understood: "+t.unknownCritical)
	case len(allowed) == 0:
		return verdict{skip: "any policy is taken; this one is " + t.Policy}
	case !slices.Contains(allowed, t.Policy):
		return failed(reason.PurposeWrong, "stamped under policy "+t.Policy)
	}
	return verdict{}
}

// checkTime: the TSA may be wrong by as much as it says, the clocks by the skew.
func (t *Token) checkTime(opt Options) verdict {
	room := opt.Skew + t.Accuracy
	switch {
	case opt.From.IsZero() && opt.To.IsZero():
		return verdict{skip: "no window was given"}
	case !opt.From.IsZero() && t.GenTime.Before(opt.From.Add(-room)):
		return failed(reason.SignatureInvalid, "stamped before the window, at "+t.GenTime.Format(time.RFC3339))
	case !opt.To.IsZero() && t.GenTime.After(opt.To.Add(room)):
		return failed(reason.SignatureInvalid, "stamped after the window, at "+t.GenTime.Format(time.RFC3339))
	}
	return verdict{}
}

// checkSignature: content type, digest of the content, then the signature over
// the attributes (RFC 5652 §5.6).
func (t *Token) checkSignature(cert *pki.Certificate) verdict {
	sig := &t.signer
	if sig.contentType != oidTSTInfo {
		return failed(reason.SignatureMalformed, "the signed content type is not that of a time stamp")
	}
	sum, err := Digest(sig.digest.OID, t.info)
	if err != nil {
		return verdict{err: err}
	}
	if !bytes.Equal(sum, sig.messageDigest) {
		return failed(reason.DigestMismatch, "the signed digest is not that of the token's content")
	}
	algorithm, err := sig.settle()
	if err == nil {
		err = pki.VerifyAlgorithm(cert.VerifyingKey(), algorithm, sig.signed, sig.signature)
	}
	return verdict{err: err}
}

// settle says which algorithm signed. The identifier may be that of the key;
// whether it is the certificate's kind of key is pki.VerifyAlgorithm's question.
func (sig *signer) settle() (der.Algorithm, error) {
	if byHash, ok := keyAlgorithms[sig.algorithm.OID]; ok {
		if oid := byHash[sig.digest.OID]; oid != "" {
			return der.Algorithm{OID: oid}, nil
		}
		return der.Algorithm{}, reason.Newf(reason.AlgorithmForbidden, "a key of %s with hash algorithm %s", sig.algorithm.OID, sig.digest.OID)
	}
	if h := signatureHashes[sig.algorithm.OID]; h != "" && h != sig.digest.OID {
		return der.Algorithm{}, reason.New(reason.AlgorithmForbidden, "content and signature have different hash algorithms")
	}
	return sig.algorithm, nil
}

// checkSigningCertificate holds the certificate against the signed identifiers,
// of which there must be one (RFC 3161 §2.4.2), and against the name in TSTInfo.
func (t *Token) checkSigningCertificate(cert *pki.Certificate) verdict {
	if len(t.signer.certIDs) == 0 {
		return failed(reason.SignatureMalformed, "the signed attributes name no certificate")
	}
	for _, id := range t.signer.certIDs {
		if !id.of(cert) {
			return failed(reason.SignatureInvalid, "the signed attributes name another certificate")
		}
	}
	if t.TSA != nil && !bytes.Equal(t.TSA, cert.RawSubject) {
		return failed(reason.SignatureInvalid, "the token names another TSA than the certificate")
	}
	return verdict{}
}

const ekuTimeStamping = "1.3.6.1.5.5.7.3.8" // RFC 3161 §2.3

// checkPurpose: timeStamping is critical and alone (RFC 3161 §2.3). The national
// TSA's certificates of 2021 and 2025 are so.
func checkPurpose(cert *pki.Certificate) verdict {
	const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case !cert.HasEKU(ekuTimeStamping):
		return failed(reason.PurposeWrong, "the certificate is not for time stamping")
	case len(cert.EKU) > 1 || !cert.EKUCritical:
		return failed(reason.PurposeWrong, "time stamping is not the certificate's only, critical purpose")
	case cert.HasKeyUsage && cert.KeyUsage&signs == 0:
		return failed(reason.PurposeWrong, "the TSA's key may not sign")
	}
	return verdict{}
}

func (t *Token) buildChain(r *Result, opt Options) (v verdict) {
	if opt.Store == nil {
		return verdict{unknown: "no anchors were given"}
	}
	r.Chain, v.err = opt.Store.Chain(r.Certificate, slices.Concat(t.Certificates, opt.Candidates), t.GenTime)
	return v
}
