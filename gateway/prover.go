package gateway

import (
	"context"
	"slices"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/xmltree"
)

// Prover proves signed documents against the configured anchors.
type Prover struct {
	trust  *pki.Store
	status revocation.Source
	policy judgement
}

// NewProver makes a Prover. status answers whether a certificate was revoked; it goes out to the network.
func NewProver(trust *pki.Store, status revocation.Source) *Prover {
	return &Prover{trust: trust, status: status}
}

// proof is what is known of one document so far.
type proof struct {
	at          time.Time // the moment it was judged at
	result      xmlsig.Result
	documentSHA string
	coveredSHA  string // empty unless the signature holds
	extra       []reason.Check
	record      proofRecord // what a re-verification needs
	rule        string      // by which the status was asked for
	doubted     bool        // the clock is in doubt: nothing may be decided by it

	transport         []reason.Check // of the sender's certificates
	transportStatuses []revocation.Status
}

// prove runs every check that costs nothing: the gate, the signature, the chain, validity
// and purpose at the given moment. Nothing leaves the machine (DESIGN §3 rule 9).
func (p *Prover) prove(doc []byte, at time.Time) *proof {
	result := xmlsig.Verify(nil, doc, xmlsig.Options{At: at, Trust: p.trust, Ended: p.policy.ended})
	pr := &proof{at: at, result: result, documentSHA: SHA256Hex(doc), record: proofRecord{provedAt: at, policy: p.policy.document}}
	if len(result.Covered) > 0 {
		pr.coveredSHA = SHA256Hex(result.Covered)
	}
	return pr
}

// proveAt proves by a clock that may be behind. What fails only by the machine's date is judged at the
// floor instead; the proof is then not of the machine's time, and nothing is decided by it.
func (p *Prover) proveAt(doc []byte, clock Reading) *proof {
	pr := p.prove(doc, clock.At)
	if _, code := pr.verdict(); clock.Behind && ofTime(code) {
		if later := p.prove(doc, clock.Floor); later.passed() {
			return later
		}
	}
	return pr
}

// ofTime says that another moment could have given another answer.
func ofTime(code Code) bool {
	switch code {
	case reason.CertificateExpired, reason.CertificateNotYetValid, reason.ChainInvalid:
		return true
	}
	return false
}

func (pr *proof) passed() bool {
	outcome, _ := pr.verdict()
	return outcome == reason.Passed
}

// onlyOCSP says that every status came from an OCSP answer: each was fresh by the machine's clock and
// carried our nonce, so it also vouches for the time. A list, which may be old, does not.
func (pr *proof) onlyOCSP() bool {
	statuses := pr.result.Revocation()
	for _, st := range statuses {
		if st.Source != revocation.SourceOCSP {
			return false
		}
	}
	return len(statuses) > 0
}

// firstCertificate is the applicant's: he signs first.
func (pr *proof) firstCertificate() *pki.Certificate {
	if len(pr.result.Signers) == 0 {
		return nil
	}
	return pr.result.Signers[0].Certificate
}

// identity checks the certificate's IIN and BIN against the form's (condition 2 of the regulations).
func (pr *proof) identity(iin, bin string) { pr.result.CheckIdentity(iin, bin) }

// statusDeadline bounds all questions about one document: the state gateway waits 30 seconds for an
// answer (gateway-protocol.md §4), and parking is an answer.
const statusDeadline = 12 * time.Second

// revocation asks for the status of every certificate below the anchor, by the service's rule.
func (p *Prover) revocation(ctx context.Context, pr *proof, at time.Time, rule catalogue.Revocation) {
	ctx, cancel := context.WithTimeout(ctx, statusDeadline)
	defer cancel()
	pr.record.statusAt, pr.rule = at, rule.String()
	pr.result.CheckRevocation(ctx, p.sourceFor(rule), at, xmlsig.ModeRequire)
}

// sourceFor is the source as the rule wants it asked; a source that knows no rules is used as it is.
func (p *Prover) sourceFor(rule catalogue.Revocation) revocation.Source {
	return p.sourceUnder(rule.Sources)
}

func (p *Prover) sourceUnder(sources revocation.Policy) revocation.Source {
	if ruled, ok := p.status.(interface {
		Under(revocation.Policy) revocation.Source
	}); ok {
		return ruled.Under(sources)
	}
	return p.status
}

// clockOff says that a genuine answer contradicts the machine's clock.
func (pr *proof) clockOff() bool {
	return slices.ContainsFunc(pr.statuses(), func(st revocation.Status) bool { return st.ClockOff != 0 })
}

// statuses are the answers given about the document's signers and about the sender.
func (pr *proof) statuses() []revocation.Status {
	return slices.Concat(pr.result.Revocation(), pr.transportStatuses)
}

// statusUnknown says that nothing but a silent source keeps the document from being decided.
func (pr *proof) statusUnknown() bool {
	outcome, code := pr.verdict()
	return outcome == reason.Inconclusive && code == reason.RevocationUnknown && !pr.doubted
}

// add puts a check of the gateway's own beside those of the signature.
func (pr *proof) add(c reason.Check) { pr.extra = append(pr.extra, c) }

// checks lists all checks made: the sender's, the signature's, the gateway's own.
func (pr *proof) checks() []reason.Check {
	return slices.Concat(pr.transport, pr.result.Checks, pr.extra)
}

// verdict sums up what has been checked so far.
func (pr *proof) verdict() (reason.Outcome, Code) { return reason.Verdict(pr.checks()) }

// detail is the words of the first check that gave code.
func (pr *proof) detail(code Code) string {
	for _, c := range pr.checks() {
		if c.Code == code {
			return c.Detail
		}
	}
	return ""
}

// sameness is the digest by which two documents are the same: of the covered octets,
// and where nothing is proved to be covered, of the bytes as they came.
func (pr *proof) sameness() string {
	if pr.coveredSHA != "" {
		return pr.coveredSHA
	}
	return pr.documentSHA
}

// form parses the covered octets; what arrived is never read again (DESIGN §3 rule 1).
func (pr *proof) form() (*xmltree.Element, error) {
	doc, err := xmltree.Parse(pr.result.Covered, xmltree.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return doc.Root, nil
}

// signers describes the signers without names or personal numbers.
func (pr *proof) signers() []SignerSummary {
	out := make([]SignerSummary, 0, len(pr.result.Signers))
	for _, s := range pr.result.Signers {
		sum := SignerSummary{}
		if s.Certificate != nil {
			sum = summaryOf(s.Certificate)
		}
		sum.Index, sum.Algorithm, sum.Covers = s.Index, s.Algorithm, s.Covers
		out = append(out, sum)
	}
	return out
}

func summaryOf(c *pki.Certificate) SignerSummary {
	return SignerSummary{Serial: c.Serial.Text(16), Issuer: c.Issuer.CommonName, Roles: c.Roles(), KeyStore: c.KeyStore,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter}
}

// evidence names the answers that decided the status, and gives their bytes to be kept.
func (pr *proof) evidence() ([]EvidenceRef, []Document) {
	var refs []EvidenceRef
	var docs []Document
	for _, heard := range pr.statuses() {
		for _, st := range append([]revocation.Status{heard}, heard.Also...) {
			ref := EvidenceRef{Source: st.Source, SHA256: st.EvidenceSHA256, ThisUpdate: st.ThisUpdate,
				NextUpdate: st.NextUpdate, State: st.State.String(), Detail: st.Detail, Certificate: about(heard), Base: st.BaseSHA256}
			if len(st.Evidence) > 0 {
				ref.SHA256 = SHA256Hex(st.Evidence)
				docs = append(docs, Document{SHA256: ref.SHA256, Bytes: st.Evidence})
			}
			refs = append(refs, ref)
		}
	}
	return refs, append(docs, pr.keepsakes()...)
}
