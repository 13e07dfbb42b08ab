package simulate

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Lease is a case a district system was handed (REST contract, DESIGN §5).
type Lease struct {
	LeaseID    string    `json:"lease_id"`
	ExpiresAt  time.Time `json:"expires_at"`
	Number     string    `json:"number"`
	Attempt    int       `json:"attempt"`
	Service    string    `json:"service"`
	Territory  string    `json:"territory"`
	ReceivedAt time.Time `json:"received_at"`
	DueAt      time.Time `json:"due_at"`
	Applicant  struct {
		IIN string `json:"iin"`
		BIN string `json:"bin"`
	} `json:"applicant"`
	Document []byte `json:"document_base64"`
}

// Client speaks the gateway's REST contract with one caller's key.
type Client struct {
	Base string // http://127.0.0.1:port
	Key  string
	HTTP *http.Client
}

// Problem is a refusal of the gateway (RFC 9457 with a code).
type Problem struct {
	Status      int    `json:"status"`
	Code        string `json:"code"`
	Detail      string `json:"detail"`
	Ru          string `json:"ru"`
	Kk          string `json:"kk"`
	FirstNumber string `json:"first_number"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// Receipt is what the gateway answers to an application.
type Receipt struct {
	Number     string    `json:"number"`
	Status     string    `json:"status"`
	Decision   string    `json:"decision"`
	Service    string    `json:"service"`
	Provider   string    `json:"provider"`
	ReceivedAt time.Time `json:"received_at"`
	DueAt      time.Time `json:"due_at"`
	Code       string    `json:"code"`
}

// Submit sends a signed application.
func (c *Client) Submit(ctx context.Context, key string, doc []byte) (Receipt, error) {
	var r Receipt
	header := http.Header{"Content-Type": {"application/xml"}, "Idempotency-Key": {key}}
	return r, c.call(ctx, http.MethodPost, "/v1/applications", header, doc, &r)
}

// Poll asks for work of a provider.
func (c *Client) Poll(ctx context.Context, provider string, max, waitSeconds int) ([]Lease, error) {
	var out struct {
		Leases []Lease `json:"leases"`
	}
	body := map[string]int{"max": max, "wait_s": waitSeconds}
	return out.Leases, c.json(ctx, "/v1/providers/"+url.PathEscape(provider)+"/leases", body, &out)
}

// Ack takes a lease over.
func (c *Client) Ack(ctx context.Context, leaseID string) error {
	return c.json(ctx, "/v1/leases/"+url.PathEscape(leaseID)+"/ack", struct{}{}, nil)
}

// Step reports a step.
func (c *Client) Step(ctx context.Context, l Lease, name, note string) error {
	body := map[string]any{"attempt": l.Attempt, "name": name, "note": note}
	return c.json(ctx, "/v1/applications/"+url.PathEscape(l.Number)+"/steps", body, nil)
}

// Result sends the signed result.
func (c *Client) Result(ctx context.Context, number string, attempt int, doc []byte) error {
	header := http.Header{"Content-Type": {"application/xml"}, "Kopir-Attempt": {fmt.Sprint(attempt)}}
	return c.call(ctx, http.MethodPost, "/v1/applications/"+url.PathEscape(number)+"/result", header, doc, nil)
}

func (c *Client) json(ctx context.Context, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, b, out)
}

// maxReply bounds what is read of an answer.
const maxReply = 64 << 20

func (c *Client) call(ctx context.Context, method, path string, header http.Header, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = header
	req.Header.Set("Authorization", "Bearer "+c.Key)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 400 {
		p := &Problem{Status: resp.StatusCode}
		if err := json.Unmarshal(answer, p); err != nil {
			return fmt.Errorf("%s %s: %s", method, path, resp.Status)
		}
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// CallbackHandler takes what the gateway delivers to a REST caller and files it in the cabinet. A
// message that comes again with its Idempotency-Key is acknowledged and not filed twice.
func CallbackHandler(cabinet *Cabinet) http.Handler {
	var seen sync.Map
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Number string            `json:"number"`
			Kind   string            `json:"kind"`
			Status string            `json:"status"`
			Text   map[string]string `json:"text"`
			Result string            `json:"result_base64"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxReply)).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result, err := base64.StdEncoding.DecodeString(in.Result)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if _, again := seen.LoadOrStore(r.Header.Get("Idempotency-Key"), true); again {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		cabinet.Put(in.Number, Letter{Number: in.Number, Kind: in.Kind, Status: in.Status, Text: in.Text["ru"], Result: result})
		w.WriteHeader(http.StatusNoContent)
	})
}
