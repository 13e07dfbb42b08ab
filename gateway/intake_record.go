package gateway

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/reason"
)

// register records an application that has a number: accepted, or parked with the reason why. Accepted
// with a reason is accepted with a mark.
func (in *Intake) register(ctx context.Context, d *draft, state State, code Code) (Answer, error) {
	number, err := in.world.IDs.Number(d.at)
	if err != nil {
		return Answer{}, err
	}
	c := d.newCase(number, state)
	if d.proof.senderUnknown() {
		c.Envelope.SenderChain = strings.Join(d.sub.Sender.fingerprints(), " ")
	}
	answer := Answer{Decision: DecisionAccepted, Number: number, Service: c.Service, Provider: c.Provider,
		ReceivedAt: d.at, DueAt: d.due, Files: countFiles(d.files)}
	if code != "" {
		c.NextCheckAt = d.at.Add(in.cfg.ParkEvery)
		answer.Code, answer.Detail = code, d.proof.detail(code)
	}
	switch {
	case state == StateParked:
		answer.Decision = DecisionParked
	case code != "":
		c.Mark, answer.Mark = MarkUnconfirmed, MarkUnconfirmed
	}
	return in.record(ctx, d, answer, &c)
}

// refuse records a refusal with its reason.
func (in *Intake) refuse(ctx context.Context, d *draft, code Code, detail string) (Answer, error) {
	answer := Answer{Decision: DecisionRefused, Code: code, Detail: detail, ReceivedAt: d.at}
	if d.service != nil {
		answer.Service = d.service.Key
	}
	if outcome, _ := d.proof.verdict(); outcome == reason.Passed || outcome == reason.Inconclusive {
		d.proof.add(reason.Fail(checkOf(code), 0, code, detail))
	}
	in.vouch(ctx, d)
	return in.recordRefusal(ctx, d, answer)
}

// recordRefusal writes a refusal down, with a case in its final state where only a message along the
// chain can tell the sender: over the asynchronous channel "arrived" is all that is said at once.
func (in *Intake) recordRefusal(ctx context.Context, d *draft, answer Answer) (Answer, error) {
	if d.sub.Via != ViaAsyncSOAP || IsTransport(answer.Code) {
		return in.record(ctx, d, answer, nil)
	}
	number, err := in.world.IDs.Number(d.at)
	if err != nil {
		return Answer{}, err
	}
	c := d.newCase(number, StateRefused)
	return in.record(ctx, d, answer, &c)
}

// checkOf names the check a gateway code belongs to.
func checkOf(code Code) string {
	switch code {
	case reason.IINMismatch, reason.BINMismatch, reason.IdentityMissing:
		return reason.CheckIdentity
	case reason.RevocationUnknown:
		return reason.CheckRevocation
	case CodeFormInvalid, CodeDocumentMissing, CodeConsentMissing:
		return "form"
	case CodeDuplicate, CodeConflict:
		return "message"
	case CodeAttachmentRefused:
		return checkFiles
	}
	return "service"
}

// duplicate answers the same octets under a new key with the first number.
func (in *Intake) duplicate(ctx context.Context, d *draft, first string, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Decision: DecisionRefused, Code: CodeDuplicate, FirstNumber: first, ReceivedAt: d.at,
		Service: d.service.Key, Detail: "the same signed application was registered before as " + first}
	d.proof.add(reason.Fail("message", 0, CodeDuplicate, answer.Detail))
	in.vouch(ctx, d)
	return in.recordRefusal(ctx, d, answer)
}

// conflict refuses other octets under a known key. The stored answer stays the key's answer.
func (in *Intake) conflict(ctx context.Context, d *draft) (Answer, error) {
	answer := Answer{Decision: DecisionRefused, Code: CodeConflict, ReceivedAt: d.at,
		Detail: "this message id was used before for another document"}
	d.proof.add(reason.Fail("message", 0, CodeConflict, answer.Detail))
	d.sub.MessageID = ""
	return in.recordRefusal(ctx, d, answer)
}

// record writes everything in one transaction. If somebody was faster with the same message or
// the same octets, his answer is the answer.
func (in *Intake) record(ctx context.Context, d *draft, answer Answer, c *Case) (Answer, error) {
	verdict, evidence, err := in.verdictOf(d, answer, c)
	if err != nil {
		return Answer{}, err
	}
	answer.Verdict = verdict.ID
	rec := Record{Key: d.sub.Key(), CoveredSHA: d.proof.sameness(), Answer: answer, Verdict: verdict, Case: c,
		Documents: append(evidence, d.documents()...)}
	if c != nil {
		marks, unasked := in.lookups(d, c)
		c.Lookups = marks
		rec.Events = append([]Event{registration(d, answer, c)}, unasked...)
		rec.Outbox = []Message{d.tell(c, answer)}
	}
	stored, err := in.ledger.Record(ctx, rec)
	if err != nil {
		return in.lost(ctx, d, err)
	}
	if stored != nil {
		return in.faster(ctx, d, stored)
	}
	in.meter.Verdict(verdict)
	if answer.Mark != MarkNone {
		in.meter.StatusEvent(EventMarked, answer.Service)
	}
	in.announce(ctx, c)
	return answer, nil
}

// documents are the bytes as they came, which is the evidence, and the covered octets, which are all that
// travels on (DESIGN §3 rule 1).
func (d *draft) documents() []Document {
	docs := append(d.sub.Sender.documents(), Document{SHA256: d.proof.documentSHA, Bytes: d.sub.Document})
	if d.proof.coveredSHA != "" {
		docs = append(docs, Document{SHA256: d.proof.coveredSHA, Bytes: d.proof.result.Covered})
	}
	return docs
}

// lost handles a record that could not be written because another case with the same octets was.
func (in *Intake) lost(ctx context.Context, d *draft, err error) (Answer, error) {
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeDuplicate {
		return Answer{}, err
	}
	first, err := in.ledger.FirstNumber(ctx, d.proof.coveredSHA)
	if err == nil && first == "" {
		err = &Error{Code: CodeUnavailable, Detail: "the first application is still being recorded"}
	}
	return in.duplicate(ctx, d, first, err)
}

// faster answers for a message whose key was taken while it was being proved.
func (in *Intake) faster(ctx context.Context, d *draft, stored *Stored) (Answer, error) {
	if stored.CoveredSHA == d.proof.sameness() {
		return stored.Answer, nil
	}
	return in.conflict(ctx, d)
}

// announce wakes the provider's pollers. The ledger has the case already, so a lost wake-up
// costs time, not work.
func (in *Intake) announce(ctx context.Context, c *Case) {
	if c != nil && c.State == StateAccepted {
		_ = in.index.Ready(ctx, c.Provider)
	}
}

func (d *draft) newCase(number string, state State) Case {
	c := Case{Number: number, State: state, Channel: d.sub.Channel, Via: d.sub.Via, Caller: d.sub.Caller.ID,
		Envelope: d.sub.Envelope, ReceivedAt: d.at, UpdatedAt: d.at, DueAt: d.due,
		DocumentSHA: d.proof.documentSHA, CoveredSHA: d.proof.coveredSHA,
		Provider: d.route.Provider.ID, Rule: d.route.Rule, Territory: d.form.Territory,
		RequestNumber: d.form.RequestNumber, RequestDate: d.form.RequestDate, ChainID: d.form.ChainID, Doubt: d.clock.Behind}
	if d.service != nil {
		c.Service = d.service.Key
	}
	if state == StateRefused {
		c.CoveredSHA = "" // the applicant may come again with the same form
		return c
	}
	c.IIN, c.BIN = d.form.IIN, d.form.BIN // never in the history of somebody who did not prove to have signed
	c.Attachments = d.files
	return c
}

func registration(d *draft, a Answer, c *Case) Event {
	data := map[string]string{"service": c.Service, "provider": c.Provider, "rule": c.Rule, "verdict": a.Verdict,
		"document": c.DocumentSHA, "via": string(c.Via)}
	if a.Code != "" {
		data["code"] = string(a.Code)
	}
	if c.Mark != MarkNone {
		mark(data, c.Mark, d.service.Revocation)
	}
	return Event{At: d.at, Kind: string(c.State), Actor: d.sub.Caller.ID, Data: data}
}

// mark writes down that a case went on with a mark, and by whose act.
func mark(data map[string]string, m Mark, rule catalogue.Revocation) {
	data["mark"], data["approved"] = string(m), rule.Approved.String()
}

// tell is the first message of a case: what was decided, to whoever brought it.
func (d *draft) tell(c *Case, a Answer) Message {
	kind := KindNotification
	if c.State == StateRefused {
		kind = KindResponse
	}
	return newMessage(*c, kind, string(c.State), a.Code, d.at)
}

func (in *Intake) verdictOf(d *draft, a Answer, c *Case) (Verdict, []Document, error) {
	id, err := in.world.IDs.New(d.at)
	if err != nil {
		return Verdict{}, nil, err
	}
	v := verdictFrom(d.proof, "application", id, d.at)
	v.Caller, v.Via, v.Service, v.Provider = d.sub.Caller.ID, d.sub.Via, a.Service, a.Provider
	v.Checks = append(append([]reason.Check{}, d.sub.Transport...), v.Checks...)
	v.Sender, v.SenderCertificates = d.sub.Sender.summary(), d.sub.Sender.fingerprints()
	if c != nil {
		v.Number = c.Number
	}
	v.Catalogue = versionOf(d.service)
	refs, docs := d.proof.evidence()
	v.Evidence = refs
	return v, docs, nil
}

// versionOf names a service's entry in the catalogue, where there is one.
func versionOf(s *catalogue.Service) string {
	if s == nil {
		return ""
	}
	return s.Key + " v" + strconv.Itoa(s.Version)
}

func verdictFrom(pr *proof, kind, id string, at time.Time) Verdict {
	outcome, code := pr.verdict()
	return Verdict{ID: id, At: at, Kind: kind, Outcome: outcome, Code: code, Detail: pr.detail(code),
		Checks: pr.checks(), Signers: pr.signers(), DocumentSHA: pr.documentSHA, CoveredSHA: pr.coveredSHA,
		Certificates: pr.certificates(), ProvedAt: pr.record.provedAt, StatusAt: pr.record.statusAt, Policy: pr.record.policy.SHA256,
		StatusPolicy: pr.rule}
}
