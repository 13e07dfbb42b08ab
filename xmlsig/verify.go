package xmlsig

import (
	"slices"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// signerChecks are the checks of one signer that Verify makes, in the order they are shown.
var signerChecks = [...]string{
	reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm,
	reason.CheckChain, reason.CheckValidity, reason.CheckPurpose,
}

// Budget of canonical octets over all references of a document: the document once for every
// signature, as much again three times for parts signed by themselves, and a base for small ones.
const (
	budgetSpare = 3
	budgetBase  = 8 << 20
)

// maxBase is the octets of xml:base around a signature or a part that is signed. Nobody nests long ones.
const maxBase = 8 << 10

// Verify parses doc through the strict gate and checks its signatures. It never fails as a
// whole: what went wrong is in the checks. doc is not kept, and must not change before Verify
// returns; Result.Covered extends dst.
func Verify(dst, doc []byte, opt Options) Result {
	w := workspaces.Get().(*workspace)
	defer w.release()
	v := verifier{workspace: w, opt: opt, dst: dst, base: len(dst)}
	if v.opt.Trust == nil {
		v.opt.Trust = pki.NewStore()
	}
	doc = apart(dst, doc)
	tree, err := w.tree.Parse(doc, opt.Limits)
	if err != nil {
		return v.stopped(reason.FromError(reason.CheckXML, 0, err, reason.XMLMalformed))
	}
	v.doc = tree
	if v.target, err = find(tree, opt.Profile); err != nil {
		return v.noSignature(err)
	}
	v.budget = budgetBase + (budgetSpare+len(v.target.signatures))*len(doc)
	v.signers = make([]*signerState, len(v.target.signatures))
	for i := len(v.signers) - 1; i >= 0; i-- { // the last made is the last in the document
		v.signers[i] = v.verifySigner(i)
	}
	return v.result()
}

// verifier is the state of one document.
type verifier struct {
	*workspace
	opt     Options
	doc     *xmltree.Document
	target  target
	signers []*signerState
	dst     []byte
	base    int // length of dst as it came
	budget  int
	xml     error              // the first construct that is not let in
	areas   []*xmltree.Element // what signatures cover, and they themselves
}

// signerState is the state of one signature.
type signerState struct {
	Signer
	v      *verifier
	sig    *signature
	method *signatureMethod
	others []*pki.Certificate
	refs   []*followed
	main   *followed // the reference that covers what it must
	checks [len(signerChecks)]reason.Check
}

func (v *verifier) verifySigner(i int) *signerState {
	s := &signerState{v: v, Signer: Signer{Index: i + 1}}
	for k, name := range signerChecks {
		s.checks[k] = reason.Unknown(name, i+1, "", "not reached")
	}
	elem := v.target.signatures[i]
	v.areas = append(v.areas, elem)
	var err error
	if s.sig, err = v.readSignature(elem); err != nil {
		s.fail(err)
		return s
	}
	s.identify()
	s.follow(v.laterThan(i))
	s.checkAlgorithms()
	s.checkSignature()
	s.checkCoverage()
	s.checkDigests()
	s.checkCertificate()
	s.checkEndings()
	return s
}

// laterThan lists the signatures made after signature i: each later one covers the document
// with the earlier ones in it, so the earlier ones are verified with the later ones taken away
// (facts/national-pki.md §3.4). Under ProfileAny that holds among neighbours.
func (v *verifier) laterThan(i int) []*xmltree.Element {
	later := v.target.signatures[i+1:]
	switch v.opt.Profile {
	case ProfileDocument:
		return later
	case ProfileAny:
		parent := v.target.signatures[i].Parent()
		return slices.DeleteFunc(slices.Clone(later), func(e *xmltree.Element) bool { return e.Parent() != parent })
	}
	return nil
}

// identify finds the signer's certificate, unless a bare key was given.
func (s *signerState) identify() {
	if s.v.opt.Key != nil {
		return
	}
	leaf, others, err := s.v.signerOf(s.sig.keyInfo)
	if err != nil {
		s.fail(err)
		return
	}
	s.Certificate, s.others = leaf, others
}

// follow resolves the references; those that cannot be are failures of their own checks.
func (s *signerState) follow(later []*xmltree.Element) {
	for _, ref := range s.sig.refs {
		f, err := follow(s.v.doc, s.sig, ref, later)
		if err != nil {
			s.fail(err)
			continue
		}
		s.refs = append(s.refs, f)
		s.v.areas = append(s.v.areas, f.top(s.v.doc))
	}
}

// fail puts an error where its code belongs. Only the first of a check counts.
func (s *signerState) fail(err error) {
	c := reason.FromError(reason.CheckSignature, s.Index, err, reason.SignatureMalformed)
	switch c.Code {
	case reason.XMLForbidden, reason.XMLMalformed, reason.TooLarge:
		if s.v.xml == nil {
			s.v.xml = err
		}
		return
	case reason.DigestMismatch:
		c.Name = reason.CheckDigest
	case reason.CoveragePartial:
		c.Name = reason.CheckCoverage
	case reason.AlgorithmForbidden, reason.KeyWeak:
		c.Name = reason.CheckAlgorithm
	case reason.CertificateMalformed, reason.ChainUntrusted, reason.ChainInvalid:
		c.Name = reason.CheckChain
	}
	s.set(c)
}

// set records a check unless it has failed before.
func (s *signerState) set(c reason.Check) {
	k := slices.Index(signerChecks[:], c.Name)
	if s.checks[k].Outcome != reason.Failed {
		s.checks[k] = c
	}
}

func (s *signerState) pass(name, detail string) { s.set(reason.Pass(name, s.Index, detail)) }

func (s *signerState) passed(name string) bool { return s.outcome(name) == reason.Passed }

func (s *signerState) failed(name string) bool { return s.outcome(name) == reason.Failed }

func (s *signerState) outcome(name string) reason.Outcome {
	return s.checks[slices.Index(signerChecks[:], name)].Outcome
}
