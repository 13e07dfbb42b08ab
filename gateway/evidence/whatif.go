package evidence

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// What happens to an application whose certificate's status nobody tells.
const (
	UnknownPark   = "park"
	UnknownRefuse = "refuse"
)

// Policy is what a past day is judged by. Zero fields leave things as they were recorded.
type Policy struct {
	Ended     []xmlsig.Ending
	Unknown   string        // UnknownRefuse: an unknown status refuses instead of parking
	Freshness time.Duration // of OCSP answers without nextUpdate
	Purpose   *pki.Purpose  // of every signer, whatever his anchor
}

// WhatIf makes stored verdicts again under another policy.
type WhatIf struct {
	Ledger Ledger
	Lists  Lists // nil: what a list said is taken as it was recorded
	Trust  *pki.Store
	Policy Policy

	certs    map[string]*pki.Certificate
	lists    map[string]*revocation.CRL
	policies map[string]gateway.PolicyRecord
}

// WhatIfReport counts what would have come out otherwise.
type WhatIfReport struct {
	From     time.Time      `json:"from"`
	To       time.Time      `json:"to"`
	Looked   int            `json:"looked"`   // verdicts looked at
	Passed   int            `json:"passed"`   // that had passed, as recorded
	Fail     int            `json:"fail"`     // of these, would be refused
	Park     int            `json:"park"`     // of these, would be parked
	Rescued  int            `json:"rescued"`  // had not passed and would
	Unusable int            `json:"unusable"` // the document is not stored any longer
	Recorded int            `json:"recorded"` // judged by the recorded status: the list itself is not kept
	ByCode   map[string]int `json:"by_code"`
	Changed  []Change       `json:"changed"`
}

// Change is one verdict that would be another. It names no person.
type Change struct {
	Verdict string         `json:"verdict"`
	Number  string         `json:"number,omitempty"`
	Kind    string         `json:"kind"`
	Service string         `json:"service,omitempty"`
	At      time.Time      `json:"at"`
	Was     reason.Outcome `json:"was"`
	WasCode reason.Code    `json:"was_code"`
	Now     reason.Outcome `json:"now"`
	NowCode reason.Code    `json:"now_code"`
}

// page is how many verdicts are read at once.
const page = 200

// Run makes the verdicts of [from, to) again, newest first. progress hears how many were looked at.
func (w *WhatIf) Run(ctx context.Context, from, to time.Time, progress func(looked int)) (WhatIfReport, error) {
	w.certs, w.lists, w.policies = map[string]*pki.Certificate{}, map[string]*revocation.CRL{}, map[string]gateway.PolicyRecord{}
	rep := WhatIfReport{From: from, To: to, ByCode: map[string]int{}, Changed: []Change{}}
	seen := map[string]bool{}
	for until := to; ; {
		verdicts, err := w.Ledger.Verdicts(ctx, gateway.VerdictFilter{From: from, To: until, Limit: page})
		if err != nil {
			return rep, err
		}
		fresh := 0
		for _, v := range verdicts {
			if seen[v.ID] {
				continue
			}
			seen[v.ID] = true
			fresh++
			if err := w.look(ctx, v, &rep); err != nil {
				return rep, err
			}
			progress(rep.Looked)
		}
		if len(verdicts) < page {
			return rep, nil
		}
		last := verdicts[len(verdicts)-1].At
		if until = last.Add(time.Microsecond); fresh == 0 {
			until = last // more verdicts of one microsecond than a page holds
		}
	}
}

func (w *WhatIf) look(ctx context.Context, v gateway.Verdict, rep *WhatIfReport) error {
	rep.Looked++
	if v.Outcome == reason.Passed {
		rep.Passed++
	}
	document, err := w.Ledger.Document(ctx, v.DocumentSHA)
	if notFound(err) {
		rep.Unusable++
		return nil
	}
	if err != nil {
		return err
	}
	r, recorded, err := w.replay(ctx, v, document)
	if err != nil {
		return err
	}
	if recorded {
		rep.Recorded++
	}
	now, code := w.decide(ctx, r)
	rep.count(v, now, code)
	return nil
}

// decide makes the verdict again and puts what was recorded of the gateway's own checks beside it.
func (w *WhatIf) decide(ctx context.Context, r replay) (reason.Outcome, reason.Code) {
	result := r.run(ctx)
	outcome, code := verdictAgain(r.verdict, result.Checks)
	if outcome == reason.Inconclusive && w.Policy.Unknown == UnknownRefuse {
		outcome = reason.Failed
	}
	return outcome, code
}

func (rep *WhatIfReport) count(v gateway.Verdict, now reason.Outcome, code reason.Code) {
	if now == v.Outcome && (now == reason.Passed || code == v.Code) {
		return
	}
	switch {
	case v.Outcome == reason.Passed && now == reason.Failed:
		rep.Fail++
	case v.Outcome == reason.Passed:
		rep.Park++
	case now == reason.Passed:
		rep.Rescued++
	}
	if code != "" {
		rep.ByCode[string(code)]++
	}
	rep.Changed = append(rep.Changed, Change{Verdict: v.ID, Number: v.Number, Kind: v.Kind, Service: v.Service, At: v.At,
		Was: v.Outcome, WasCode: v.Code, Now: now, NowCode: code})
}

// replay gathers what the verdict was made of, with the policy in place of its own.
func (w *WhatIf) replay(ctx context.Context, v gateway.Verdict, document []byte) (r replay, recorded bool, err error) {
	policy, err := w.policy(ctx, v.Policy)
	if err != nil {
		return r, false, err
	}
	r = replay{verdict: v, document: document, trust: w.Trust, purpose: purposeOf(v), ended: append(endedOf(policy), w.Policy.Ended...)}
	if w.Policy.Purpose != nil {
		r.purpose = w.Policy.Purpose
	}
	for _, sha := range v.Certificates {
		c, err := w.certificate(ctx, sha)
		if err != nil {
			return r, false, err
		}
		if c != nil {
			r.candidates = append(r.candidates, c)
		}
	}
	freshness := w.Policy.Freshness
	if freshness == 0 {
		freshness = freshnessOf(v, policy)
	}
	answer := func(sha string) []byte {
		body, _ := w.Ledger.Document(ctx, sha)
		return body
	}
	src, missing := static(v, freshness, answer, w.list)
	r.status = src
	if len(missing) > 0 {
		r.status, recorded = asRecorded{src, v.Evidence, missing}, true
	}
	return r, recorded, nil
}

// policy reads the policy a verdict was made by; the zero one where none is kept.
func (w *WhatIf) policy(ctx context.Context, sha string) (p gateway.PolicyRecord, err error) {
	if known, ok := w.policies[sha]; ok || sha == "" {
		return known, nil
	}
	body, err := w.Ledger.Document(ctx, sha)
	switch {
	case notFound(err):
		return p, nil
	case err != nil:
		return p, err
	}
	err = json.Unmarshal(body, &p)
	w.policies[sha] = p
	return p, err
}

func (w *WhatIf) certificate(ctx context.Context, sha string) (*pki.Certificate, error) {
	if c, ok := w.certs[sha]; ok {
		return c, nil
	}
	body, err := w.Ledger.Document(ctx, sha)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := pki.Parse(body)
	if err != nil {
		return nil, nil // the chain is then built without it, or not at all
	}
	w.certs[sha] = c
	return c, nil
}

func (w *WhatIf) list(sha string) *revocation.CRL {
	if l, ok := w.lists[sha]; ok || w.Lists == nil {
		return l
	}
	var list *revocation.CRL
	if body, err := w.Lists.List(sha); err == nil {
		list, _ = revocation.ParseCRL(body)
	}
	w.lists[sha] = list
	return list
}

// asRecorded answers by evidence that is at hand, else by what the verdict recorded of a certificate
// whose list is not kept.
type asRecorded struct {
	src      revocation.Source
	evidence []gateway.EvidenceRef
	missing  []string
}

// Status implements [revocation.Source].
func (a asRecorded) Status(ctx context.Context, cert, issuer *pki.Certificate, at time.Time) revocation.Status {
	status := a.src.Status(ctx, cert, issuer, at)
	if status.State != revocation.Unknown {
		return status
	}
	for _, ref := range a.evidence {
		if ref.Certificate != hexOf(cert.SHA256) || !slices.ContainsFunc(listsOf(ref), func(sha string) bool { return slices.Contains(a.missing, sha) }) {
			continue
		}
		for _, state := range []revocation.State{revocation.Good, revocation.Revoked, revocation.OnHold} {
			if ref.State == state.String() {
				return revocation.Status{State: state, Source: ref.Source, ThisUpdate: ref.ThisUpdate, NextUpdate: ref.NextUpdate,
					EvidenceSHA256: ref.SHA256, Detail: "as it was recorded"}
			}
		}
	}
	return status
}
