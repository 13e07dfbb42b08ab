package simulate

import (
	"encoding/json"
	"net/http"
)

// Control answers at /faults: GET tells what is on and what could be, POST changes the faults it
// names, PUT puts those it names in place of all others.
//
//	curl -d ocsp-slow=4s -d crl-http=off http://127.0.0.1:PORT/faults
func (p *PKI) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", p.tellFaults)
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) { p.changeFaults(w, r, p.ActiveFaults()) })
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) { p.changeFaults(w, r, map[string]string{}) })
	return mux
}

func (p *PKI) tellFaults(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"on": p.ActiveFaults(), "known": Faults()})
}

// changeFaults lays a form, name=value, over the faults it begins with.
func (p *PKI) changeFaults(w http.ResponseWriter, r *http.Request, faults map[string]string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxQuestion)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "want a form: name=value", http.StatusBadRequest)
		return
	}
	for name := range r.PostForm {
		faults[name] = r.PostForm.Get(name)
	}
	if err := p.SetFaults(faults); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.tellFaults(w, r)
}
