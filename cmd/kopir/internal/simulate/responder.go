package simulate

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"

	"kopir/xmlsig/testpki"
)

// maxQuestion bounds a question; an OCSP request has about 120 bytes, one for a time-stamp fewer.
const maxQuestion = 16 << 10

// refusals are the OCSPResponseStatus values that are no answer (RFC 6960 §4.2.1).
var refusals = map[string]byte{"malformedRequest": 1, "internalError": 2, "tryLater": 3, "sigRequired": 5, "unauthorized": 6}

type questionKey struct{}

// withQuestion hands a body that was read already to the service.
func withQuestion(ctx context.Context, body []byte) context.Context {
	return context.WithValue(ctx, questionKey{}, body)
}

// question gives the DER that was asked: the body, or the end of the path of a GET (RFC 6960 appendix A.1).
func question(r *http.Request) ([]byte, error) {
	if r.Method == http.MethodPost {
		body, _ := r.Context().Value(questionKey{}).([]byte)
		return body, nil
	}
	return base64.StdEncoding.DecodeString(r.PathValue("request"))
}

// ocsp answers a question about certificates.
func (p *PKI) ocsp(r *http.Request) (reply, error) {
	f, err := p.family(r)
	if err != nil {
		return reply{}, err
	}
	asked, err := question(r)
	if err != nil {
		return reply{}, fmt.Errorf("the question is not base64: %w", err)
	}
	body, err := p.answer(f, asked)
	return reply{"application/ocsp-response", body}, err
}

func (p *PKI) answer(f *family, asked []byte) ([]byte, error) {
	if name, on := p.fault("ocsp-refuses"); on {
		return []byte{0x30, 3, 0x0a, 1, refusals[name]}, nil
	}
	others, err := p.impostors(f)
	if err != nil {
		return nil, err
	}
	t := telling{p: p, f: f, others: others, now: p.now()}
	var about string
	body, err := f.AnswerOCSP(asked, t.now, func(s *testpki.OCSPSpec) {
		about, t.OCSPSpec = string(s.Singles[0].CertID), s
		for _, l := range lies {
			if p.on(l.fault) {
				l.tell(&t)
				t.lied = true
			}
		}
	})
	if before, ok := f.past.get(about); ok && p.on("ocsp-replayed") {
		return before, err
	}
	if err == nil && !t.lied {
		f.past.put(about, body)
	}
	return body, err
}

// answers are the first ones given about each certificate, for replays.
type answers struct {
	mu sync.Mutex
	of map[string][]byte
}

// maxPast bounds what is remembered of a long run.
const maxPast = 4096

func (a *answers) get(about string) ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, ok := a.of[about]
	return body, ok
}

func (a *answers) put(about string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[string][]byte{}
	}
	if _, ok := a.of[about]; !ok && len(a.of) < maxPast {
		a.of[about] = body
	}
}
