package simulate

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// reply is what a service has to say.
type reply struct {
	contentType string
	body        []byte
}

var errNotFound = errors.New("not found")

// loginPage is what a proxy sends instead of everything else.
const loginPage = "<!DOCTYPE html><html><head><title>Proxy</title></head><body>Authorization required</body></html>\n"

// endlessBytes is more than anybody should read; lists have had 22 MB.
const endlessBytes = 65 << 20

// serve lets a service answer, through whatever is wrong with the way to it.
func (p *PKI) serve(service string, answer func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
		if err != nil {
			http.Error(w, "the question is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if p.breaks(service, w, r) {
			return
		}
		a, err := answer(r.WithContext(withQuestion(r.Context(), question)))
		switch {
		case errors.Is(err, errNotFound):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case p.on(service + "-truncated"):
			a.write(w, len(a.body)/2)
		case p.on(service + "-large"):
			a.write(w, len(a.body))
			pour(w)
		default:
			a.write(w, len(a.body))
		}
	}
}

// breaks does what prevents an answer, and tells whether it did.
func (p *PKI) breaks(service string, w http.ResponseWriter, r *http.Request) bool {
	if d, on := p.duration(service + "-slow"); on {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return true
		}
	}
	status, http1 := p.fault(service + "-http")
	switch {
	case p.on(service + "-silent"):
		<-r.Context().Done()
	case p.on(service + "-reset"):
		reset(w)
	case http1:
		code, _ := strconv.Atoi(status) // SetFault has looked at it
		w.WriteHeader(code)
	case p.on(service + "-html"):
		reply{"text/html; charset=utf-8", []byte(loginPage)}.write(w, len(loginPage))
	case p.on(service + "-redirect"):
		http.Redirect(w, r, p.base+"/login", http.StatusSeeOther)
	case p.on(service + "-empty"):
		w.WriteHeader(http.StatusOK)
	default:
		return false
	}
	return true
}

func (a reply) write(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Type", a.contentType)
	_, _ = w.Write(a.body[:n])
}

// pour writes until the reader has had enough, without saying beforehand how much it will be.
func pour(w http.ResponseWriter) {
	zeros := make([]byte, 256<<10)
	for n := 0; n < endlessBytes; n += len(zeros) {
		if _, err := w.Write(zeros); err != nil {
			return
		}
	}
}

// reset ends the connection with an RST instead of an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
