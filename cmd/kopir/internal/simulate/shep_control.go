package simulate

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"kopir/adapters/envelope"
)

// Control is how an integrator plays the portal and the operator:
//
//	GET, POST, PUT /faults                    what misbehaves
//	GET, POST /services                       the registry: service, push, sync, owner
//	POST /send?service=ID[&channel=sync]      a document, sent as the portal sends it
//	GET /messages[?chain=ID]                  what is on its way, and what arrived in the cabinet
func (g *Gate) Control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/faults", g.Faults)
	mux.HandleFunc("GET /services", g.listServices)
	mux.HandleFunc("POST /services", g.addService)
	mux.HandleFunc("POST /send", g.sendAsPortal)
	mux.HandleFunc("GET /messages", func(w http.ResponseWriter, r *http.Request) { asJSON(w, g.Parcels(r.FormValue("chain"))) })
	return mux
}

func asJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false) // payloads are XML, to be read by people
	_ = out.Encode(v)
}

func (g *Gate) listServices(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	asJSON(w, g.services)
}

func (g *Gate) addService(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxQuestion)
	s := GateService{ID: r.PostFormValue("service"), Push: r.PostFormValue("push"), Sync: r.PostFormValue("sync"), Owner: r.PostFormValue("owner")}
	if s.ID == "" {
		http.Error(w, "want a form: service=ID&push=URL&sync=URL&owner=senderId", http.StatusBadRequest)
		return
	}
	g.Register(s)
	g.listServices(w, r)
}

func (g *Gate) sendAsPortal(w http.ResponseWriter, r *http.Request) {
	doc, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxGateMessage))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	q := r.URL.Query()
	if q.Get("channel") == "sync" {
		reply, err := g.SubmitSync(r.Context(), q.Get("service"), doc)
		if !failed(w, err) {
			asJSON(w, map[string]string{"code": reply.Code, "message": reply.Message, "data": string(reply.Data), "correlation_id": reply.CorrelationID})
		}
		return
	}
	chain, err := g.Submit(q.Get("service"), doc)
	if !failed(w, err) {
		asJSON(w, map[string]string{"correlation_id": chain})
	}
}

// failed answers an error; a fault of the provider's is the answer the portal would have got.
func failed(w http.ResponseWriter, err error) bool {
	var f *envelope.Fault
	switch {
	case errors.As(err, &f):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadGateway)
		_ = json.NewEncoder(w).Encode(map[string]string{"fault": f.Code, "code": f.Info.Code, "message": f.Info.Message, "data": f.Info.Data})
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
	return err != nil
}
