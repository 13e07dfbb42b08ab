package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// submit takes a signed application. The Idempotency-Key is the message key: the same
// key with the same document gets the same answer.
func (a *API) submit(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	if caller.Kind != gateway.CallerPortal {
		return &gateway.Error{Code: gateway.CodeForbidden, Detail: "this key is not that of a portal or front office; only they hand in applications"}
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	came, leave, err := a.readSubmission(w, r)
	if err != nil {
		return err
	}
	defer leave()
	channel := caller.Channel
	if channel == "" {
		channel = gateway.ChannelPortal
	}
	answer, err := a.intake.Accept(r.Context(), gateway.Submission{
		Caller: caller, Via: gateway.ViaREST, MessageID: key, Channel: channel, Document: came.doc, Files: came.files,
		Envelope: gateway.Envelope{MessageID: key},
	})
	if err != nil {
		return err
	}
	noteAnswer(r, answer)
	if answer.Decision == gateway.DecisionRefused {
		return a.refuse(w, r, answer)
	}
	return httpserver.WriteJSON(w, http.StatusAccepted, answerOf(a.frame.Texts(), answer))
}

// refuse answers with the problem of the reason, naming the first number of a duplicate.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, answer gateway.Answer) error {
	p := a.frame.NewProblem(r, answer.Code, answer.Detail)
	p.FirstNumber, p.Verdict = answer.FirstNumber, answer.Verdict
	a.frame.WriteProblem(w, r, p)
	return nil
}

func noteAnswer(r *http.Request, answer gateway.Answer) {
	ev := httpserver.Event(r)
	ev.Set(httpserver.KeyDecision, string(answer.Decision))
	ev.Set(httpserver.KeyVerdict, answer.Verdict)
	ev.Set(httpserver.KeyService, answer.Service)
	if answer.Number != "" {
		ev.Set(httpserver.KeyNumber, answer.Number)
	}
	if answer.Code != "" {
		ev.Set(httpserver.KeyCode, string(answer.Code))
	}
}

func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) != 1 || keys[0] == "" {
		return "", httpserver.BadRequest("send the header Idempotency-Key once: an id of your own for this application, the same when you send it again")
	}
	key := keys[0]
	if !httpserver.PlainID(key) {
		return "", httpserver.BadRequest(fmt.Sprintf("the header Idempotency-Key must hold 1 to %d visible ASCII characters without spaces, such as a UUID", httpserver.MaxIDLen))
	}
	httpserver.Event(r).Set(httpserver.KeyMessageID, key)
	return key, nil
}

// readSigned reads a signed document and waits until it may be worked on; leave ends the work.
func (a *API) readSigned(w http.ResponseWriter, r *http.Request) (doc []byte, leave func(), err error) {
	if doc, err = readXML(w, r); err != nil {
		return nil, nil, err
	}
	leave, err = a.frame.Room(r.Context(), len(doc))
	return doc, leave, err
}

// readXML reads a signed document: XML, UTF-8, bounded, not empty.
func readXML(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := httpserver.RequireType(r, "application/xml", "text/xml"); err != nil {
		return nil, err
	}
	doc, err := httpserver.ReadBody(w, r, httpserver.MaxInlineBytes)
	if err != nil {
		return nil, err
	}
	if len(doc) == 0 {
		return nil, &gateway.Error{Code: reason.XMLMalformed, Detail: "the body is empty; send the signed XML document in it"}
	}
	return doc, nil
}

// show tells where an application stands, how it came there and what was checked.
func (a *API) show(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	num := mux.Vars(r)["number"]
	c, events, err := a.views.Case(r.Context(), caller, num)
	if err != nil {
		return err
	}
	noteCase(r, c)
	verdicts, err := a.views.Verdicts(r.Context(), caller, num)
	if err != nil {
		return err
	}
	return httpserver.WriteJSON(w, http.StatusOK, detailOf(c, events, verdicts))
}

// searchRequest asks for one person's history. The number is in the body, never in an address,
// which proxies log.
type searchRequest struct {
	IIN string `json:"iin"`
}

func (a *API) search(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	var in searchRequest
	if err := httpserver.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if len(in.IIN) != 12 || strings.ContainsFunc(in.IIN, func(c rune) bool { return c < '0' || c > '9' }) {
		return httpserver.BadRequest("the field iin must hold the twelve digits of one person's IIN")
	}
	cases, err := a.views.Search(r.Context(), caller, in.IIN)
	if err != nil {
		return err
	}
	out := struct {
		Applications []caseBody `json:"applications"`
	}{Applications: []caseBody{}}
	for _, c := range cases {
		out.Applications = append(out.Applications, caseOf(c))
	}
	return httpserver.WriteJSON(w, http.StatusOK, out)
}

// result gives the signed result as it came from the provider, octet for octet.
func (a *API) result(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	if !acceptsXML(r) {
		return &gateway.Error{Code: gateway.CodeMediaTypeUnsupported, Detail: "the result is given as application/xml only; send Accept: application/xml or no Accept"}
	}
	doc, err := a.views.Result(r.Context(), caller, mux.Vars(r)["number"])
	if err != nil {
		return err
	}
	return writeBytes(w, "application/xml", doc)
}

func acceptsXML(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "xml") || strings.Contains(accept, "*/*") || strings.Contains(accept, "application/*")
}

func writeBytes(w http.ResponseWriter, media string, doc []byte) error {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(doc)))
	_, _ = w.Write(doc)
	return nil
}

func noteCase(r *http.Request, c gateway.Case) {
	ev := httpserver.Event(r)
	ev.Set(httpserver.KeyNumber, c.Number)
	ev.Set(httpserver.KeyService, c.Service)
	ev.Set(httpserver.KeyProvider, c.Provider)
}
