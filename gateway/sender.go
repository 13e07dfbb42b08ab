package gateway

import (
	"context"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// Sender is the system that signed the message around a document, as far as the adapter has proved it: the
// mathematics, the period, and who it is. The status of its certificate is asked for here, by the service's rule.
type Sender struct {
	Algorithm   string
	Certificate *pki.Certificate
	Chain       pki.Chain // from Certificate to the anchor; nil: the certificate is pinned, nobody is asked
}

// CheckTransportPrefix begins the names of the checks of a message's own signature, beside those of the document's.
const CheckTransportPrefix = "transport"

// TransportCheck is the name under which a verdict holds a check of the message's own signature.
func TransportCheck(name string) string { return CheckTransportPrefix + "_" + name }

// IsTransportCheck says whether a check is of the message and not of the document in it.
func IsTransportCheck(name string) bool { return strings.HasPrefix(name, CheckTransportPrefix) }

// IsTransport says that it was the message that was refused, so that nobody learns anything along its chain.
func IsTransport(code Code) bool {
	switch code {
	case reason.TransportSignatureMissing, reason.TransportSignatureInvalid, reason.TransportSignatureNotCurrent:
		return true
	}
	return false
}

// Behind is the caller that one sender behind a gateway is. A gateway hands on messages of many systems,
// and on the synchronous channel each numbers its own: their ids must not meet in one message key. What
// authenticates is c; service and sender are what c's signed message says, "" where it says nothing.
func (c Caller) Behind(service, sender string) Caller {
	c.ID += "/" + url.PathEscape(service) + "/" + url.PathEscape(sender)
	return c
}

// SenderStatus asks for the certificate's status of a sender whose message carries no application: there is
// nothing to park, so an unknown status means come again.
func (in *Intake) SenderStatus(ctx context.Context, s *Sender) error {
	pr := &proof{}
	in.prover.sender(ctx, pr, s, in.world.Now(), ruleOf(nil).Sources)
	switch outcome, code := reason.Verdict(pr.transport); {
	case len(pr.transport) == 0 || outcome == reason.Passed:
		return nil
	case outcome == reason.Failed:
		return reason.New(code, pr.transport[0].Detail)
	}
	return &Error{Code: CodeUnavailable, Detail: pr.transport[0].Detail}
}

// sender adds the status of the sender's certificates to a proof that may still pass.
func (p *Prover) sender(ctx context.Context, pr *proof, s *Sender, at time.Time, sources revocation.Policy) {
	if s == nil || s.Chain == nil || pr.failed() {
		return
	}
	var check reason.Check
	check, pr.transportStatuses = p.askSender(ctx, s, at, sources)
	pr.transport = []reason.Check{check}
}

func (p *Prover) askSender(ctx context.Context, s *Sender, at time.Time, sources revocation.Policy) (reason.Check, []revocation.Status) {
	ctx, cancel := context.WithTimeout(ctx, statusDeadline)
	defer cancel()
	asked := xmlsig.Result{Signers: []xmlsig.Signer{{Index: 1, Chain: s.Chain, Purpose: pki.PurposeNational}}}
	asked.CheckRevocation(ctx, p.sourceUnder(sources), at, xmlsig.ModeRequire)
	return senderCheck(asked.Checks[0]), asked.Revocation()
}

// vouch asks for the sender of a document that is refused for itself. Its reason stays; but unless the sender
// is known to be good, the refusal is not the answer to the message id: whoever holds a revoked key could
// spend the ids of the honest sender before he does.
func (in *Intake) vouch(ctx context.Context, d *draft) {
	s := d.sub.Sender
	if s == nil || s.Chain == nil || len(d.proof.transport) > 0 {
		return
	}
	rule := ruleOf(d.service)
	var check reason.Check
	check, d.proof.transportStatuses = in.prover.askSender(ctx, s, d.at, rule.Sources)
	d.proof.add(check)
	if check.Outcome != reason.Passed {
		d.sub.MessageID = ""
	}
}

// senderCheck makes a check of the sender out of one of a signer: the applicant's certificate is another one.
func senderCheck(c reason.Check) reason.Check {
	c.Name, c.Signer = TransportCheck(c.Name), 0
	if c.Outcome == reason.Failed {
		c.Code, c.Detail = reason.TransportSignatureNotCurrent, "the sender's system: "+c.Detail
	}
	return c
}

// senderUnknown says that it is the sender's certificate whose status nobody tells.
func (pr *proof) senderUnknown() bool {
	outcome, _ := reason.Verdict(pr.transport)
	return len(pr.transport) > 0 && outcome == reason.Inconclusive
}

func (pr *proof) failed() bool {
	outcome, _ := reason.Verdict(pr.checks())
	return len(pr.checks()) > 0 && outcome == reason.Failed
}

// certificates of the sender, which a later question or re-verification needs.
func (s *Sender) certificates() []*pki.Certificate {
	switch {
	case s == nil || s.Certificate == nil:
		return nil
	case s.Chain == nil:
		return []*pki.Certificate{s.Certificate}
	}
	return s.Chain
}

func (s *Sender) fingerprints() (names []string) {
	for _, c := range s.certificates() {
		names = append(names, hex.EncodeToString(c.SHA256[:]))
	}
	return names
}

func (s *Sender) documents() (docs []Document) {
	for _, c := range s.certificates() {
		docs = append(docs, Document{SHA256: hex.EncodeToString(c.SHA256[:]), Bytes: c.Raw})
	}
	return docs
}

// summary describes the sender without names or numbers; nil where nobody's signature was looked at.
func (s *Sender) summary() *SignerSummary {
	if s == nil || s.Certificate == nil {
		return nil
	}
	sum := summaryOf(s.Certificate)
	sum.Index, sum.Algorithm, sum.Covers = 1, s.Algorithm, "body"
	return &sum
}

// senderOf finds the sender of a parked case again, whose status was not known when it came.
func (in *Intake) senderOf(ctx context.Context, c Case) (*Sender, error) {
	if c.Envelope.SenderChain == "" {
		return nil, nil
	}
	s := &Sender{}
	for _, sha := range strings.Fields(c.Envelope.SenderChain) {
		der, err := in.ledger.Document(ctx, sha)
		if err != nil {
			return nil, err
		}
		cert, err := pki.Parse(der)
		if err != nil {
			return nil, err
		}
		s.Chain = append(s.Chain, cert)
	}
	s.Certificate = s.Chain[0]
	return s, nil
}
