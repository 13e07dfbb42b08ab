package gateway

import (
	"context"
	"slices"
)

// Views reads cases for those who may see them. What is not the caller's does not exist for it.
type Views struct {
	ledger Ledger
	files  Files
}

// NewViews makes the use case; without files no attachment is given out.
func NewViews(l Ledger, f Files) *Views { return &Views{ledger: l, files: f} }

// maxHistory bounds one person's history in one answer.
const maxHistory = 200

// Case returns a case and its history.
func (v *Views) Case(ctx context.Context, caller Caller, number string) (Case, []Event, error) {
	c, err := v.visible(ctx, caller, number)
	if err != nil {
		return Case{}, nil, err
	}
	events, err := v.ledger.Events(ctx, number)
	return c, events, err
}

// Search returns one person's cases as far as the caller may see them, newest first.
func (v *Views) Search(ctx context.Context, caller Caller, iin string) ([]Case, error) {
	cases, err := v.ledger.CasesOf(ctx, iin, maxHistory)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(cases, func(c Case) bool { return !sees(caller, c) }), nil
}

// Document returns a document stored for the case: the covered octets, or the application as it came.
// The digests of attachments are the sender's words: they open nothing.
func (v *Views) Document(ctx context.Context, caller Caller, number, sha string) ([]byte, error) {
	c, err := v.visible(ctx, caller, number)
	if err != nil {
		return nil, err
	}
	if sha == "" || sha != c.DocumentSHA && sha != c.CoveredSHA {
		return nil, &Error{Code: CodeNotFound, Detail: "no such document is stored for the application"}
	}
	return v.ledger.Document(ctx, sha)
}

// Result returns the signed result of a case.
func (v *Views) Result(ctx context.Context, caller Caller, number string) ([]byte, error) {
	c, err := v.visible(ctx, caller, number)
	if err != nil {
		return nil, err
	}
	if c.ResultSHA == "" {
		return nil, &Error{Code: CodeNotFound, Detail: "there is no result yet"}
	}
	return v.ledger.Document(ctx, c.ResultSHA)
}

// Verdicts returns the verdicts of a case the caller may see.
func (v *Views) Verdicts(ctx context.Context, caller Caller, number string) ([]Verdict, error) {
	if _, err := v.visible(ctx, caller, number); err != nil {
		return nil, err
	}
	return v.ledger.Verdicts(ctx, VerdictFilter{Number: number, Limit: 20})
}

func (v *Views) visible(ctx context.Context, caller Caller, number string) (Case, error) {
	c, err := v.ledger.Case(ctx, number)
	if err != nil {
		return Case{}, err
	}
	if !sees(caller, c) {
		return Case{}, &Error{Code: CodeNotFound, Detail: "no such application"}
	}
	return c, nil
}

func sees(caller Caller, c Case) bool {
	switch caller.Kind {
	case CallerOperator:
		return true
	case CallerProvider:
		return caller.Serves(c.Provider) && c.State != StateParked && c.State != StateRefused
	}
	return c.Caller == caller.ID
}
