package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// ResultNamespace is the root namespace of a provider's signed result.
const ResultNamespace = "urn:kopir:result:1"

// Outcomes of a result.
const (
	OutcomePositive = "positive"
	OutcomeNegative = "negative"
)

// Result takes the provider's signed result: proves it, holds it against the case and the service's
// signer, records it, and puts the answer to the cabinet into the outbox. A refused result is recorded
// with its verdict and nothing goes to the citizen.
func (w *Work) Result(ctx context.Context, caller Caller, number string, attempt int, doc []byte) (Case, error) {
	clock, err := w.cfg.Clock.Read(ctx, w.world.Now(), w.cfg.ClockTolerance)
	if err != nil {
		return Case{}, err
	}
	c, err := w.ledger.Case(ctx, number)
	if err != nil {
		return Case{}, err
	}
	if err := w.mine(c, caller, attempt); err != nil {
		return Case{}, err
	}
	pr := w.prover.proveAt(doc, clock)
	if c.ResultSHA != "" && c.ResultSHA == pr.documentSHA {
		return c, nil // the same result twice
	}
	if c.State != StateInWork {
		return Case{}, &Error{Code: CodeTransitionRefused, Detail: "a result needs a case in work, this one is " + string(c.State)}
	}
	outcome, refusal := w.judge(ctx, c, pr, clock)
	return w.recordResult(ctx, caller, c, pr, doc, outcome, refusal)
}

// judge runs all checks of a result, the free ones first. A clock in doubt takes no result: the provider
// sends it again.
func (w *Work) judge(ctx context.Context, c Case, pr *proof, clock Reading) (outcome string, err error) {
	if _, code := pr.verdict(); code != "" {
		return "", &Error{Code: code, Detail: pr.detail(code)}
	}
	root, err := pr.form()
	if err != nil {
		return "", err
	}
	if outcome, err = belongs(root, c); err != nil {
		pr.add(reason.Fail("case", 0, CodeResultMismatch, "the result is not of this case"))
		return "", err
	}
	service, provider, err := w.ruled(c)
	if err == nil {
		err = maySign(service, provider, pr)
	}
	if err != nil {
		pr.add(reason.FromError(reason.CheckIdentity, 0, err, reason.SignerRoleWrong))
		return "", err
	}
	w.prover.revocation(ctx, pr, clock.At, service.Revocation)
	w.cfg.Clock.weigh(pr, clock)
	if verdict, code := pr.verdict(); verdict != reason.Passed {
		return "", &Error{Code: code, Detail: pr.detail(code)}
	}
	return outcome, nil
}

// belongs demands that the covered octets name this case: number, applicant, service and outcome
// (DESIGN §3 rule 2). A genuine result of another case is not this one's, and neither is one that two
// programs could read differently: each field stands there once, as nothing but text.
func belongs(root *xmltree.Element, c Case) (string, error) {
	service, _, _ := strings.Cut(c.Service, "/")
	wrong := func(what string) (string, error) {
		return "", &Error{Code: CodeResultMismatch, Detail: "the result's " + what + " is not the case's"}
	}
	if root.Space() != ResultNamespace || root.Local() != "Result" {
		return wrong("root element")
	}
	number, iin, named, outcome := field(root, "Number"), field(root, "IIN"), field(root, "Service"), field(root, "Outcome")
	switch {
	case number == "" || number != c.Number:
		return wrong("Number")
	case iin != c.IIN || iin == "" && c.BIN == "":
		return wrong("IIN")
	case named != service && named != c.Service:
		return wrong("Service")
	case outcome != OutcomePositive && outcome != OutcomeNegative:
		return wrong("Outcome")
	}
	return outcome, nil
}

// field is the text of the one child of that name; "" where it is missing, doubled, of another
// namespace, or holds anything but text.
func field(root *xmltree.Element, name string) string {
	var found *xmltree.Element
	for _, e := range root.Children() {
		if e.Local() != name {
			continue
		}
		if found != nil || e.Space() != "" || e.HasInstruction() || len(e.Children()) > 0 {
			return ""
		}
		found = e
	}
	return found.Text()
}

// maySign holds the last signer against the service: a role it names, in a certificate that carries
// the provider's BIN.
func maySign(service *catalogue.Service, provider string, pr *proof) error {
	cert := pr.result.Signers[len(pr.result.Signers)-1].Certificate
	if cert == nil || cert.Subject.BIN == "" {
		return &Error{Code: reason.IdentityMissing, Detail: "the signer's certificate carries no BIN"}
	}
	if provider == "" || cert.Subject.BIN != provider {
		return &Error{Code: reason.BINMismatch, Detail: "the signer's BIN is not the provider's"}
	}
	return roleAllowed(cert, service)
}

func roleAllowed(cert *pki.Certificate, service *catalogue.Service) error {
	for _, role := range cert.Roles() {
		if slices.Contains(service.SignerRoles(), role) {
			return nil
		}
	}
	return &Error{Code: reason.SignerRoleWrong,
		Detail: "the service's result is signed by: " + strings.Join(service.SignerRoles(), ", ")}
}

// ruled brings the service of the case and the BIN of its provider.
func (w *Work) ruled(c Case) (*catalogue.Service, string, error) {
	service, ok := w.rules.Catalogue.ByKey(c.Service)
	if !ok {
		return nil, "", &Error{Code: CodeInternal, Detail: "the case's service is no longer in the catalogue"}
	}
	provider, ok := w.rules.Registry.Provider(c.Provider)
	if !ok {
		return nil, "", &Error{Code: CodeInternal, Detail: "the case's provider is no longer in the registry"}
	}
	return service, provider.BIN, nil
}

// recordResult writes the verdict always, and with a good result the case's new state and the answer.
func (w *Work) recordResult(ctx context.Context, caller Caller, c Case, pr *proof, doc []byte, outcome string, refusal error) (Case, error) {
	verdict, docs, err := w.resultVerdict(caller, c, pr, doc)
	if err != nil {
		return Case{}, err
	}
	changed, err := w.ledger.Change(ctx, c.Number, func(now Case) (Change, error) {
		if err := w.mine(now, caller, c.Attempt); err != nil {
			return Change{}, err
		}
		if now.State != StateInWork { // another result was recorded while this one was proved
			return Change{}, &Error{Code: CodeTransitionRefused, Detail: "a result needs a case in work, this one is " + string(now.State)}
		}
		now.UpdatedAt = verdict.At
		change := Change{Verdict: &verdict, Documents: docs}
		if refusal != nil {
			change.Case = now
			change.Events = []Event{w.event(now, caller, "result_refused", map[string]string{"code": string(verdict.Code), "verdict": verdict.ID})}
			return change, nil
		}
		now.State, now.Outcome, now.ResultSHA = StateCompleted, outcome, pr.documentSHA
		if outcome == OutcomeNegative {
			now.State = StateDeclined
		}
		m := newMessage(now, KindResponse, string(now.State), "", verdict.At)
		m.ResultSHA = pr.documentSHA
		change.Case, change.Outbox = now, []Message{m}
		change.Events = []Event{w.event(now, caller, string(now.State), map[string]string{"result": pr.documentSHA, "verdict": verdict.ID})}
		return change, nil
	})
	if err != nil {
		return Case{}, err
	}
	w.meter.Verdict(verdict)
	return changed, refusal
}

func (w *Work) resultVerdict(caller Caller, c Case, pr *proof, doc []byte) (Verdict, []Document, error) {
	at := w.world.Now()
	id, err := w.world.IDs.New(at)
	if err != nil {
		return Verdict{}, nil, err
	}
	v := verdictFrom(pr, "result", id, at)
	v.Caller, v.Via, v.Service, v.Provider, v.Number = caller.ID, ViaREST, c.Service, c.Provider, c.Number
	refs, docs := pr.evidence()
	v.Evidence = refs
	return v, append(docs, Document{SHA256: pr.documentSHA, Bytes: doc}), nil
}

// codeOf is the code of an error, internal where it names none.
func codeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
