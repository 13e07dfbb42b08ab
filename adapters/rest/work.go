package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// maxLeases bounds one poll; a district takes what it can start on.
const maxLeases = 100

// maxLeaseBytes bounds the documents of one answer. What does not fit is fetched by its digest.
const maxLeaseBytes = 16 << 20

// leaseRequest asks for work.
type leaseRequest struct {
	Max   int `json:"max"`
	WaitS int `json:"wait_s"`
}

// lease hands out waiting cases, waiting up to wait_s for the first one.
func (a *API) lease(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	in := leaseRequest{Max: 1}
	if err := httpserver.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Max < 1 || in.Max > maxLeases || in.WaitS < 0 {
		return httpserver.BadRequest("the field max must be from 1 to 100, the field wait_s 0 or more seconds")
	}
	wait := a.maxWait
	if in.WaitS < int(a.maxWait/time.Second) {
		wait = time.Duration(in.WaitS) * time.Second
	}
	ctx, cancel := httpserver.WithDraining(r.Context())
	defer cancel()
	cases, err := a.work.Lease(ctx, caller, mux.Vars(r)["id"], in.Max, wait)
	if err != nil && (ctx.Err() == nil || r.Context().Err() != nil) {
		return err
	} // else the server is stopping: the poller is told that there is nothing, and comes again
	httpserver.Event(r).Set(httpserver.KeyLeases, len(cases))
	out := struct {
		Leases []leaseBody `json:"leases"`
	}{Leases: []leaseBody{}}
	left := maxLeaseBytes
	for _, c := range cases {
		l := leaseOf(c)
		l.Document = a.inline(r.Context(), caller, c, &left)
		out.Leases = append(out.Leases, l)
	}
	return httpserver.WriteJSON(w, http.StatusOK, out)
}

// inline brings the octets the applicant's signature covers while they fit; nothing unsigned travels on
// with them (DESIGN §3 rule 1). A document that cannot be read now must not lose a lease that is already
// given: the provider fetches it by its digest.
func (a *API) inline(ctx context.Context, caller gateway.Caller, c gateway.Case, left *int) []byte {
	if *left <= 0 || c.CoveredSHA == "" {
		return nil
	}
	doc, err := a.views.Document(ctx, caller, c.Number, c.CoveredSHA)
	if err != nil || len(doc) > *left {
		return nil
	}
	*left -= len(doc)
	return doc
}

type leaseAct func(ctx context.Context, caller gateway.Caller, leaseID string) (gateway.Case, error)

// onLease is an act on a lease that needs no words: ack, renew, release.
func (a *API) onLease(act leaseAct) func(http.ResponseWriter, *http.Request, gateway.Caller) error {
	return func(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
		c, err := act(r.Context(), caller, mux.Vars(r)["id"])
		return replyLease(w, r, c, err)
	}
}

type deadRequest struct {
	Reason string `json:"reason"`
}

func (a *API) dead(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	var in deadRequest
	if err := httpserver.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Reason == "" {
		return httpserver.BadRequest("the field reason is needed: say why your system cannot take the application")
	}
	c, err := a.work.Dead(r.Context(), caller, mux.Vars(r)["id"], in.Reason)
	return replyLease(w, r, c, err)
}

// leaseState is a case with the lease it is held by.
type leaseState struct {
	caseBody
	LeaseID   string    `json:"lease_id,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

func replyLease(w http.ResponseWriter, r *http.Request, c gateway.Case, err error) error {
	if err != nil {
		return err
	}
	noteCase(r, c)
	return httpserver.WriteJSON(w, http.StatusOK, leaseState{caseBody: caseOf(c), LeaseID: c.LeaseID, ExpiresAt: moment(c.LeaseUntil)})
}

type stepRequest struct {
	Attempt int               `json:"attempt"`
	Name    string            `json:"name"`
	Note    string            `json:"note"`
	Data    map[string]string `json:"data"`
}

// step records what the provider did on the way.
func (a *API) step(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	var in stepRequest
	if err := httpserver.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Attempt < 1 || in.Name == "" {
		return httpserver.BadRequest("the fields attempt (the number that came with the lease) and name (what was done) are needed")
	}
	c, err := a.work.Step(r.Context(), caller, mux.Vars(r)["number"], in.Attempt, gateway.Step{Name: in.Name, Note: in.Note, Data: in.Data})
	if err != nil {
		return err
	}
	noteCase(r, c)
	return httpserver.WriteJSON(w, http.StatusOK, caseOf(c))
}

// answer takes the provider's signed result. Kopir-Attempt is the number the lease came with:
// who lost the case meanwhile cannot answer it.
func (a *API) answer(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	attempt, err := strconv.Atoi(r.Header.Get("Kopir-Attempt"))
	if err != nil || attempt < 1 {
		return httpserver.BadRequest("the header Kopir-Attempt is needed: the attempt number that came with the lease, 1 or more")
	}
	doc, leave, err := a.readSigned(w, r)
	if err != nil {
		return err
	}
	defer leave()
	c, err := a.work.Result(r.Context(), caller, mux.Vars(r)["number"], attempt, doc)
	if err != nil {
		return err
	}
	noteCase(r, c)
	return httpserver.WriteJSON(w, http.StatusOK, struct {
		Number  string `json:"number"`
		Status  string `json:"status"`
		Outcome string `json:"outcome"`
		markBody
	}{c.Number, string(c.State), c.Outcome, markOf(c)})
}
