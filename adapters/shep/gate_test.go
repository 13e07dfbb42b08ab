package shep_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"kopir/adapters/envelope"
	"kopir/xmlsig/xmltree"
)

// gate is a state gateway on loopback: it decodes what it is sent, keeps it, and answers by operation.
// An answer is a message to be written, or a function that does with the connection what it likes.
type gate struct {
	*httptest.Server
	t    *testing.T
	sign envelope.Signer

	mu     sync.Mutex
	got    []any
	answer func(body any) any
}

// raw answers with octets.
type raw func(w http.ResponseWriter, r *http.Request)

func newGate(t *testing.T, answer func(body any) any) *gate {
	t.Helper()
	g := &gate{t: t, answer: answer}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	doc, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	msg, err := envelope.Read(doc, xmltree.Limits{})
	if err != nil {
		g.t.Errorf("what was sent cannot be read: %v", err)
		return
	}
	g.mu.Lock()
	g.got = append(g.got, msg.Body)
	answer := g.answer(msg.Body)
	g.mu.Unlock()
	if do, ok := answer.(raw); ok {
		do(w, r)
		return
	}
	out, err := envelope.Seal(answer, g.sign)
	if err != nil {
		g.t.Error(err)
		return
	}
	if _, fault := answer.(*envelope.Fault); fault {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = w.Write(out)
}

// sent are the messages of one kind.
func sent[T any](g *gate) (all []T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, body := range g.got {
		if m, ok := body.(T); ok {
			all = append(all, m)
		}
	}
	return all
}

// drop ends the connection without an answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// text answers with a status and octets of any kind.
func text(status int, contentType, body string) raw {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cutOff announces more than it sends.
func cutOff(body string) raw {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, body)
		panic(http.ErrAbortHandler)
	}
}

func fault(code string) *envelope.Fault {
	return &envelope.Fault{Code: envelope.FaultServer, Text: "t", Operation: "SendMessage", Info: envelope.ErrorInfo{Code: code, Message: "ИИН 880101300123 не найден", Date: moment}}
}

func written(t *testing.T, body any) string {
	t.Helper()
	doc, err := envelope.Write(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}
