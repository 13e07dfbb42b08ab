// Package conformance asks an adapter of the state gateway's v10 protocol what it makes of messages:
// those that real traffic holds, those the schema allows and nobody sends, and those that must not
// pass. It knows nothing of the adapter but its two addresses and whom it trusts, so that ours and a
// stranger's are asked the same.
//
//	report, err := conformance.Run(ctx, cfg, func(r conformance.Result) { … })
//
// Every case names the clause it follows from: the public WSDL and XSD of SyncChannel and
// AsyncChannel v10, SOAP 1.1, WS-Security 1.1, XML Signature, the WS-I Basic Profile 1.1, HTTP.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
)

// Signer is a key of the conformance run; the zero value is one that is not at hand.
type Signer struct{ xmlsig.Key }

// Config is what a run needs to know. What is left out makes cases skip that need it.
type Config struct {
	Sync, Async string // addresses of the adapter; "": not offered

	Service string // a serviceId the adapter serves, with signed documents
	Form    func(number, iin string, at time.Time) []byte
	IIN     string // of Person
	Person  Signer // signs documents
	Revoked Signer // a person whose certificate is revoked

	Gateway  Signer // whose transport signature the adapter trusts
	Other    Signer // the same of the other family of algorithms
	Expired  Signer // trusted once
	Stranger Signer // never trusted

	Adapter *pki.Store // who may sign the adapter's replies; nil: the signature is checked, not whose it is
	Inbox   *Inbox     // what the adapter sends back along chains; nil: it is not known where

	HTTP     *http.Client
	Now      func() time.Time
	Rand     io.Reader
	Patience time.Duration // for what has to arrive, and for a slow sender to be cut off
}

// Case is one numbered question.
type Case struct {
	ID       string `json:"id"`
	Sent     string `json:"sent"`
	Expected string `json:"expected"`
	Clause   string `json:"clause"`

	slow bool // runs beside the others
	run  runner
}

// runner asks the question; the error says why what came is not what was expected.
type runner func(ctx context.Context, b *bench) (came string, err error)

// Outcome of a case.
type Outcome string

// Outcomes. What did not run did not pass.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Result is a case with what came of it.
type Result struct {
	Case
	Came    string        `json:"came"`
	Outcome Outcome       `json:"outcome"`
	Why     string        `json:"why,omitempty"` // of what failed or was skipped
	Took    time.Duration `json:"took_ns"`
}

// Report is all results in the order of the cases.
type Report struct {
	Results []Result `json:"results"`
}

// Count says how many cases had the outcome.
func (r Report) Count(o Outcome) (n int) {
	for _, one := range r.Results {
		if one.Outcome == o {
			n++
		}
	}
	return n
}

// skip is why a case cannot run.
type skip string

func (s skip) Error() string { return string(s) }

// Cases are all of them.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{describing(), synchronous(), lax(), asynchronous(), secured(), malformed(), business(), hostile(), back()} {
		all = append(all, group...)
	}
	return all
}

// ErrUnreachable is a [Run] that found nobody at the addresses.
var ErrUnreachable = errors.New("the adapter cannot be reached")

// Run asks every case in order and tells each result as soon as it is known. Slow cases run beside the others.
func Run(ctx context.Context, cfg Config, tell func(Result)) (Report, error) {
	b := &bench{Config: cfg}
	if err := b.reachable(ctx); err != nil {
		return Report{}, err
	}
	cases := Cases()
	report := Report{Results: make([]Result, len(cases))}
	var mu sync.Mutex
	var beside sync.WaitGroup
	ask := func(i int) {
		r := b.ask(ctx, cases[i])
		mu.Lock()
		defer mu.Unlock()
		report.Results[i] = r
		tell(r)
	}
	for i, c := range cases {
		if c.slow {
			beside.Go(func() { ask(i) })
		}
	}
	for i, c := range cases {
		if !c.slow {
			ask(i)
		}
	}
	beside.Wait()
	return report, ctx.Err()
}

func (b *bench) ask(ctx context.Context, c Case) Result {
	begun := b.Now()
	came, err := c.run(ctx, b)
	r := Result{Case: c, Came: came, Outcome: Passed, Took: b.Now().Sub(begun)}
	var why skip
	switch {
	case errors.As(err, &why):
		r.Outcome, r.Why = Skipped, string(why)
	case err != nil:
		r.Outcome, r.Why = Failed, err.Error()
	}
	if r.Came == "" {
		r.Came = "—"
	}
	return r
}

// reachable asks for nothing in particular: any answer at all will do.
func (b *bench) reachable(ctx context.Context) error {
	for _, address := range []string{b.Sync, b.Async} {
		if address == "" {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?wsdl", nil)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		resp, err := b.HTTP.Do(req)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreachable, err)
		}
		_ = resp.Body.Close()
	}
	return nil
}
