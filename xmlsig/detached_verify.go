package xmlsig

import (
	"crypto/subtle"
	"strings"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// DetachedResult is what [VerifyDetached] found. Covered and coverage of a detached signature are its
// Files: the coverage check passes when every reference could be followed.
type DetachedResult struct {
	Result
	Files []CoveredFile // what each signature says of each file, in its order
}

// CoveredFile is one file a signature names.
type CoveredFile struct {
	URI     string
	Signer  int
	Outcome reason.Outcome // of the digest alone; inconclusive: the file could not be read
	Detail  string
}

// VerifyDetached checks the signatures of an XAdESSignatures document, the detached kind [SignDetached]
// makes, and the files they name. open gives a file's bytes; it is asked only for plain relative
// names. Everything else is as in [Verify], which refuses references that leave the document.
// Options.Profile and Coverage have no meaning here.
func VerifyDetached(signatures []byte, open func(uri string) ([]byte, error), opt Options) DetachedResult {
	w := &workspace{references: maxDetachedFiles + 1}
	opt.Profile, opt.Coverage = ProfileAny, false
	v := verifier{workspace: w, opt: opt}
	if v.opt.Trust == nil {
		v.opt.Trust = pki.NewStore()
	}
	tree, err := w.tree.Parse(signatures, opt.Limits)
	if err != nil {
		return DetachedResult{Result: v.stopped(reason.FromError(reason.CheckXML, 0, err, reason.XMLMalformed))}
	}
	v.doc = tree
	if v.target, err = detachedSignatures(tree); err != nil {
		return DetachedResult{Result: v.noSignature(err)}
	}
	v.budget = budgetBase + (budgetSpare+len(v.target.signatures))*len(signatures)
	var files []CoveredFile
	for i := range v.target.signatures {
		s := v.verifyDetached(i, open, &files)
		v.signers = append(v.signers, s)
	}
	return DetachedResult{Result: v.result(), Files: files}
}

// detachedSignatures are the children of the root, which holds nothing else.
func detachedSignatures(doc *xmltree.Document) (t target, err error) {
	if !doc.Root.Is(ASiCNamespace, "XAdESSignatures") {
		return t, reason.New(reason.SignatureMissing, "the root element is not XAdESSignatures")
	}
	for child := range doc.Root.EachChild() {
		if !child.Is(nsDSig, "Signature") {
			return t, reason.New(reason.SignatureMissing, "something else than a signature stands beside the signatures")
		}
		t.signatures = append(t.signatures, child)
	}
	switch n := len(t.signatures); {
	case n == 0:
		return t, reason.New(reason.SignatureMissing, "there is no signature")
	case n > maxSignatures:
		return t, reason.Newf(reason.TooLarge, "there are more than %d signatures", maxSignatures)
	}
	return t, nil
}

func (v *verifier) verifyDetached(i int, open func(string) ([]byte, error), files *[]CoveredFile) *signerState {
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
	s.followDetached()
	s.checkAlgorithms()
	s.checkSignature()
	s.checkFiles(open, files)
	s.checkCertificate()
	s.checkEndings()
	return s
}

// external tells whether a reference names a file.
func (f *followed) external() bool { return f.uri != "" && !strings.HasPrefix(f.uri, "#") }

// followDetached resolves the references: plain relative names without transforms are files, parts of
// the signature itself are followed as ever.
func (s *signerState) followDetached() {
	seen := map[string]bool{}
	for _, ref := range s.sig.refs {
		f := &followed{reference: ref}
		var err error
		switch {
		case seen[ref.uri]:
			err = reason.New(reason.XMLForbidden, "two references name the same file")
		case !f.external():
			if f, err = follow(s.v.doc, s.sig, ref, nil); err == nil && (f.apex == nil || !s.sig.elem.Contains(f.apex)) {
				err = reason.New(reason.CoveragePartial, "a reference names a part outside its signature")
			}
		case !isRelative(ref.uri):
			err = reason.New(reason.XMLForbidden, "a reference names no file of the container")
		case len(ref.transforms) > 0:
			err = reason.New(reason.AlgorithmForbidden, "a reference to a file has a transform")
		}
		seen[ref.uri] = true
		if err != nil {
			s.fail(err)
			continue
		}
		s.refs = append(s.refs, f)
	}
}

// checkFiles compares every digest, of files and of the signed properties; without signed properties
// nothing binds the certificate, which XAdES-BES wants.
func (s *signerState) checkFiles(open func(string) ([]byte, error), files *[]CoveredFile) {
	if s.failed(reason.CheckAlgorithm) {
		return
	}
	properties := false
	for _, f := range s.refs {
		switch {
		case f.digest == nil:
			return
		case f.external():
			*files = append(*files, s.checkFile(f, open))
		default:
			properties = properties || isXAdES(f.typ)
			if err := s.checkInside(f); err != nil {
				s.fail(err)
				return
			}
		}
	}
	if !properties {
		s.fail(malformed("the signature has no signed properties"))
	}
	if len(s.refs) == len(s.sig.refs) {
		s.Covers = "files"
		s.pass(reason.CheckCoverage, s.Covers)
	}
	if !s.failed(reason.CheckDigest) && s.outcomeOfFiles(*files) {
		s.pass(reason.CheckDigest, "")
	}
}

// outcomeOfFiles tells whether every file of this signer could be read.
func (s *signerState) outcomeOfFiles(files []CoveredFile) bool {
	for _, f := range files {
		if f.Signer == s.Index && f.Outcome != reason.Passed {
			return false
		}
	}
	return true
}

func (s *signerState) checkFile(f *followed, open func(string) ([]byte, error)) CoveredFile {
	file := CoveredFile{URI: strings.Clone(f.uri), Signer: s.Index}
	octets, err := open(file.URI)
	if err != nil {
		file.Detail = "the file cannot be read"
		s.set(reason.Unknown(reason.CheckDigest, s.Index, "", "a file the signature names cannot be read"))
		return file
	}
	if !f.matches(s.v.digestOf(f.digest.new(), octets)) {
		file.Outcome, file.Detail = reason.Failed, "the file is not what was signed"
		s.fail(reason.New(reason.DigestMismatch, "a file is not what was signed: its digest differs"))
		return file
	}
	file.Outcome = reason.Passed
	return file
}

// checkInside compares the digest of a part of the signature itself.
func (s *signerState) checkInside(f *followed) error {
	v := s.v
	var err error
	if v.spare, err = v.canonical(v.spare[:0], f.apex, f.form, f.without); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(f.reference.digest, v.digestOf(f.digest.new(), v.spare)) != 1 {
		return reason.New(reason.DigestMismatch, "the signed properties are not what was signed: a digest differs")
	}
	if !isXAdES(f.typ) {
		return nil
	}
	return s.checkSignedProperties(f)
}
