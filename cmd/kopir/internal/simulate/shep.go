package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// SHEP is the state gateway with the portal behind it: it signs and sends applications over both
// channels, and takes what the adapter sends back, which it files in the cabinet.
type SHEP struct {
	Provider string     // the adapter's address, http://127.0.0.1:port
	Key      xmlsig.Key // its transport key
	Adapter  *pki.Store // who may sign what comes back
	Cabinet  *Cabinet   //
	HTTP     *http.Client
	Now      func() time.Time
	Rand     io.Reader

	mu       sync.Mutex
	next     int
	requests map[string]string // chain → the portal's request number
}

// firstID is where the gateway's own decimal ids begin (gateway-protocol.md §2).
const firstID = 254750000

// Reply is what came back for a sent message: a status and data, or the ids of an asynchronous chain.
type Reply struct {
	Code, Message string // of the synchronous status
	Data          []byte
	CorrelationID string
}

// SendSync sends an application over the synchronous channel. A fault comes back as *envelope.Fault.
func (s *SHEP) SendSync(ctx context.Context, serviceID, requestNumber string, doc []byte) (Reply, error) {
	messageID, session, err := s.ids()
	if err != nil {
		return Reply{}, err
	}
	chain := s.chain(requestNumber)
	body, err := s.exchange(ctx, "/shep/sync", &envelope.SyncRequest{MessageID: messageID, CorrelationID: chain, ServiceID: serviceID,
		MessageDate: s.Now(), Sender: envelope.SenderInfo{ID: "pep"}, SessionID: session, Data: envelope.Text(doc)})
	if err != nil {
		return Reply{}, err
	}
	r, ok := body.(*envelope.SyncResponse)
	if !ok {
		return Reply{}, fmt.Errorf("SendMessage was answered by %T", body)
	}
	data, err := r.Data.Payload()
	return Reply{Code: r.Status.Code, Message: r.Status.Message, Data: data, CorrelationID: chain}, err
}

// SendAsync pushes an application over the asynchronous channel; what is decided arrives later.
func (s *SHEP) SendAsync(ctx context.Context, serviceID, requestNumber string, doc []byte) (Reply, error) {
	_, session, err := s.ids()
	if err != nil {
		return Reply{}, err
	}
	chain := s.chain(requestNumber)
	body, err := s.exchange(ctx, "/shep/async", &envelope.AsyncRequest{MessageID: s.id(), CorrelationID: chain, ServiceID: serviceID,
		MessageType: envelope.TypeRequest, MessageDate: s.Now(), Sender: envelope.SenderInfo{ID: "pep"}, SessionID: session,
		Data: envelope.Text(doc)})
	if err != nil {
		return Reply{}, err
	}
	r, ok := body.(*envelope.AsyncResponse)
	if !ok {
		return Reply{}, fmt.Errorf("sendMessage was answered by %T", body)
	}
	if r.CorrelationID != chain || r.SessionID != session {
		return Reply{}, errors.New("the reply does not echo the chain and the session")
	}
	return Reply{CorrelationID: chain}, nil
}

// chain opens a chain for a request and remembers whose it is.
func (s *SHEP) chain(requestNumber string) string {
	id := s.id()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == nil {
		s.requests = map[string]string{}
	}
	s.requests[id] = requestNumber
	return id
}

func (s *SHEP) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return fmt.Sprint(firstID + s.next)
}

func (s *SHEP) ids() (messageID, session string, err error) {
	if messageID, err = envelope.NewUUID(s.Rand); err != nil {
		return "", "", err
	}
	session, err = envelope.NewUUID(s.Rand)
	return messageID, envelope.GUID(session), err
}

// exchange signs one message, posts it and reads what came back.
func (s *SHEP) exchange(ctx context.Context, path string, message any) (any, error) {
	out, err := s.sealed(message)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Provider+path, bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("SOAPAction", `""`)
	resp, err := s.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return nil, err
	}
	return s.opened(reply)
}

func (s *SHEP) sealed(message any) ([]byte, error) {
	out, err := envelope.Write(message)
	if err != nil {
		return nil, err
	}
	return xmlsig.SignWSS(out, s.Key, xmlsig.WSSOptions{Rand: s.Rand})
}

// opened verifies the adapter's transport signature and reads the Body that was verified.
func (s *SHEP) opened(raw []byte) (any, error) {
	generic := pki.PurposeGeneric
	result := xmlsig.Verify(nil, raw, xmlsig.Options{Profile: xmlsig.ProfileWSS, Purpose: &generic, At: s.Now(), Trust: s.Adapter})
	if verdict, code := result.Verdict(); verdict != reason.Passed {
		return nil, fmt.Errorf("the adapter's transport signature: %v %s", verdict, code)
	}
	m, err := envelope.ReadBody(result.Covered, xmltree.DefaultLimits())
	if err != nil {
		return nil, err
	}
	if fault, ok := m.Body.(*envelope.Fault); ok {
		return nil, fault
	}
	return m.Body, nil
}

// ServeHTTP is the gateway's asynchronous channel: the adapter's notifications and responses.
func (s *SHEP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReply))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply, err := s.take(raw)
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		reply = &envelope.Fault{Code: envelope.FaultClient, Text: err.Error(), Operation: "sendMessage",
			Info: envelope.ErrorInfo{Code: "SCE001", Message: err.Error(), Date: s.Now()}}
	}
	out, err := s.sealed(reply)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// take files a message in the cabinet under the portal's request number.
func (s *SHEP) take(raw []byte) (any, error) {
	body, err := s.opened(raw)
	if err != nil {
		return nil, err
	}
	m, ok := body.(*envelope.AsyncRequest)
	if !ok {
		return nil, fmt.Errorf("%T does not belong on the asynchronous channel", body)
	}
	s.mu.Lock()
	request, ok := s.requests[m.CorrelationID]
	s.mu.Unlock()
	if !ok {
		return nil, errors.New("no such chain")
	}
	letter, err := readLetter(m)
	if err != nil {
		return nil, err
	}
	s.Cabinet.Put(request, letter)
	_, session, err := s.ids()
	return &envelope.AsyncResponse{MessageID: s.id(), CorrelationID: m.CorrelationID, ResponseDate: s.Now(), SessionID: session}, err
}
