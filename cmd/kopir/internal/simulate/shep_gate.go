package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kopir/adapters/envelope"
	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/xmltree"
)

// How the gateway signs what it hands on. Captures show all three (gateway-protocol.md §1.5).
const (
	ForwardSigned   = "gateway"  // with its own key
	ForwardBare     = "none"     // an empty header
	ForwardOriginal = "original" // the sender's header, whose signature no longer fits: the gateway changed the Body
)

// GateConfig of a [Gate].
type GateConfig struct {
	Key      xmlsig.Key
	Stranger xmlsig.Key // signs where a fault says so
	Token    Token
	Forward  string
	Services []GateService
	First    int // where its ids begin; 0: by the clock, so that a new start does not repeat those of the last
	HTTP     *http.Client
	Now      func() time.Time
	Rand     io.Reader
	Tell     func(format string, args ...any) // one line for everything that happens
}

// GateService is an entry of the gateway's registry of interactions.
type GateService struct {
	ID    string `yaml:"service" json:"service"`
	Push  string `yaml:"push" json:"push,omitempty"`   // the provider's asynchronous address; none: the provider pulls
	Sync  string `yaml:"sync" json:"sync,omitempty"`   // the provider's synchronous address
	Owner string `yaml:"owner" json:"owner,omitempty"` // the provider's senderId: who may pull; none: anybody
}

// Gate is the state gateway as an integrator's system meets it: IAsyncChannel at /bip-async/ and
// ISyncChannel at /bip-sync-wss-gost/. It fills in sessionId, decimal ids and the chain, puts 64
// hexadecimal digits in place of the sender's password, hands messages on by push or by pull, and
// misbehaves as its switchboard says. That the digits are a SHA-256 is inferred, not known.
type Gate struct {
	cfg    GateConfig
	Faults *Switchboard

	mu       sync.Mutex
	next     int
	services map[string]GateService
	parcels  []*Parcel
	held     *Parcel // by push-reorder
	busy     sync.WaitGroup
}

// NewGate makes the gateway.
func NewGate(cfg GateConfig) *Gate {
	g := &Gate{cfg: cfg, Faults: NewGateFaults(), services: map[string]GateService{}}
	if g.next = cfg.First; g.next == 0 {
		g.next = int(cfg.Now().UnixMilli() / 10 % 1e9)
	}
	for _, s := range cfg.Services {
		g.services[s.ID] = s
	}
	return g
}

// Parcel is one asynchronous message on its way.
type Parcel struct {
	ID      string    `json:"message_id"`
	Chain   string    `json:"correlation_id"`
	Service string    `json:"service"`
	Kind    string    `json:"type"`
	From    string    `json:"from"`
	Back    bool      `json:"to_the_applicant"` // it goes to whoever opened the chain
	State   string    `json:"state"`
	At      time.Time `json:"at"`
	Payload string    `json:"payload,omitempty"`

	message  envelope.AsyncRequest
	security []byte // the sender's own wsse:Security
	handed   bool   // by getMessages
}

// Register adds an interaction, or changes it.
func (g *Gate) Register(s GateService) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.services[s.ID] = s
}

func (g *Gate) service(id string) (GateService, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.services[id]
	return s, ok
}

// Parcels are copies of everything asynchronous so far, of one chain or of all.
func (g *Gate) Parcels(chain string) []Parcel {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := []Parcel{}
	for _, p := range g.parcels {
		if chain == "" || p.Chain == chain {
			out = append(out, *p)
		}
	}
	return out
}

// Wait until nothing is being handed on any more.
func (g *Gate) Wait() { g.busy.Wait() }

func (g *Gate) id() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next++
	return fmt.Sprint(firstID + g.next)
}

func (g *Gate) session() string {
	id, err := envelope.NewUUID(g.cfg.Rand)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return envelope.GUID(id)
}

// hashed is what stands in place of a password (inferred: SHA-256).
func hashed(s envelope.SenderInfo) envelope.SenderInfo {
	if s.Password != "" {
		sum := sha256.Sum256([]byte(s.Password))
		s.Password = hex.EncodeToString(sum[:])
	}
	return s
}

// Handler answers at both channels' addresses.
func (g *Gate) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, slash := range []string{"", "/{$}"} { // the addresses are written either way
		mux.HandleFunc("POST /bip-async"+slash, g.serve("sendMessage", g.async))
		mux.HandleFunc("POST /bip-sync-wss-gost"+slash, g.serve("SendMessage", g.sync))
		mux.HandleFunc("GET /bip-async"+slash, describe("AsyncChannelHttp_Service.wsdl"))
		mux.HandleFunc("GET /bip-sync-wss-gost"+slash, describe("SyncChannelHttp_Service.wsdl"))
	}
	return mux
}

// serve decodes a call, lets it be answered, and answers through whatever is wrong with the way back.
// The operation is the one whose fault element is used before it is known.
func (g *Gate) serve(operation string, answer func(ctx context.Context, m *envelope.Message, raw []byte) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxGateMessage))
		if err != nil {
			return // the sender broke off; there is nobody to answer
		}
		if status, on := g.Faults.number("reply-http"); on {
			g.write(w, status, g.fault(operation, "SCE909", "the fault reply-http is on"))
			return
		}
		var out any
		if m, err := envelope.Read(raw, xmltree.Limits{}); err != nil {
			out = g.fault(operation, "SCE001", err.Error())
		} else if err := g.checked(raw); err != nil {
			out = g.fault(m.Operation, err.Code, err.Message)
		} else {
			out = answer(r.Context(), m, raw)
		}
		status := http.StatusOK
		if _, failed := out.(*envelope.Fault); failed {
			status = http.StatusInternalServerError
		}
		g.write(w, status, out)
	}
}

// maxGateMessage is what the gateway takes.
const maxGateMessage = 32 << 20

// checked holds a transport signature against its own mathematics. Whose it is, the gateway does not
// ask: integrators try it with any key.
func (g *Gate) checked(raw []byte) *envelope.ErrorInfo {
	generic := pki.PurposeGeneric
	result := xmlsig.Verify(nil, raw, xmlsig.Options{Profile: xmlsig.ProfileWSS, Purpose: &generic, At: g.cfg.Now()})
	switch {
	case len(result.Signers) == 0:
		return &envelope.ErrorInfo{Code: "SCE007", Message: "Сообщение не подписано"}
	case len(result.Covered) == 0:
		return &envelope.ErrorInfo{Code: "SCE006", Message: "Не верная транспортная подпись"}
	}
	return nil
}

func (g *Gate) fault(operation, code, text string) *envelope.Fault {
	return &envelope.Fault{Code: envelope.FaultServer, Text: text, Operation: operation,
		Info: envelope.ErrorInfo{Code: code, Message: text, Date: g.cfg.Now(), SessionID: g.session()}}
}

// seal writes and signs, or does what a fault of that direction says.
func (g *Gate) seal(body any, direction, forward string, original []byte) ([]byte, error) {
	doc, err := envelope.Write(body)
	switch {
	case err != nil:
		return nil, err
	case g.Faults.is(direction+"-unsigned") || forward == ForwardBare:
	case forward == ForwardOriginal:
		doc = withSecurity(doc, original)
	case g.Faults.is(direction + "-stranger"):
		doc, err = SealAs(doc, g.cfg.Stranger, TokenKeyIdentifier, g.cfg.Rand)
	default:
		doc, err = SealAs(doc, g.cfg.Key, g.cfg.Token, g.cfg.Rand)
	}
	if err != nil {
		return nil, err
	}
	return g.spoil(doc, direction), nil
}

// security cuts the sender's wsse:Security out of an envelope, to stand in another one.
func security(raw []byte) []byte {
	tree, err := xmltree.Parse(raw, xmltree.Limits{})
	if err != nil {
		return nil
	}
	block := tree.Root.Find("Header/Security")
	if block == nil {
		return nil
	}
	out, err := c14n.Append(nil, tree, block, c14n.C14N10, c14n.Options{})
	if err != nil {
		return nil
	}
	return out
}
