package soap

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"time"

	"kopir/adapters/envelope"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// checkTransport names the check of how a message was let in; those of its signature are named after it.
const checkTransport = gateway.CheckTransportPrefix

// Incoming is a message as it arrived, with what is known of where it came from.
type Incoming struct {
	Message *envelope.Message // as decoded; nothing of it is believed before the check. Nil in [Doorkeeper.Admit]
	Remote  netip.Addr        // of the connection, never of a header
	Client  [32]byte          // SHA-256 of the client's TLS certificate; zero: none was verified
}

// Checked is what a [Transport] vouches for.
type Checked struct {
	Caller gateway.Caller
	Checks []reason.Check
	Sender *gateway.Sender // who signed; nil: no signature was looked at
	Body   []byte          // the Body the signature covers; nil: none was checked and the Body is taken as it came
}

// Transport decides who sent a message. Errors: transport_signature_missing,
// transport_signature_invalid, or the code the envelope is refused with.
type Transport interface {
	Check(ctx context.Context, in Incoming) (Checked, error)
}

// Doorkeeper is a [Transport] that can turn a sender away by where he comes from, before anything of the
// message is read.
type Doorkeeper interface {
	Admit(in Incoming) error
}

// Signer is a certificate that may sign messages, and the caller it stands for.
type Signer struct {
	Pin    envelope.Pin
	Caller gateway.Caller
}

// PinnedTransport lets in messages whose Body is signed with a pinned certificate.
type PinnedTransport struct {
	pins    *envelope.Pins
	callers map[[sha256.Size]byte]gateway.Caller
	now     func() time.Time
}

// NewPinnedTransport makes the check. Several certificates may stand for one caller.
func NewPinnedTransport(now func() time.Time, signers ...Signer) *PinnedTransport {
	t := &PinnedTransport{callers: map[[sha256.Size]byte]gateway.Caller{}, now: now}
	var pins []envelope.Pin
	for _, s := range signers {
		pins = append(pins, s.Pin)
		t.callers[s.Pin.SHA256] = s.Caller
	}
	t.pins = envelope.NewPins(pins...)
	return t
}

// Admit implements [Doorkeeper]: with no certificate pinned nobody is let in.
func (t *PinnedTransport) Admit(Incoming) error { return t.pins.Ready() }

// Check implements [Transport].
func (t *PinnedTransport) Check(_ context.Context, in Incoming) (Checked, error) {
	signed, err := t.pins.VerifyMessage(in.Message, t.now())
	if err != nil {
		return Checked{}, err
	}
	return checked(signed, t.callers[signed.Certificate.SHA256], "signed with a pinned certificate, "+signed.Algorithm), nil
}

// checked puts what was found about a message's signature beside what will be found about the document's:
// the checks keep their names behind the transport's.
func checked(signed envelope.Signed, caller gateway.Caller, how string) Checked {
	c := Checked{Caller: caller, Body: signed.Body, Checks: []reason.Check{reason.Pass(checkTransport, 0, how)},
		Sender: &gateway.Sender{Algorithm: signed.Algorithm, Certificate: signed.Certificate, Chain: signed.Chain}}
	for _, found := range signed.Checks {
		found.Name, found.Signer = gateway.TransportCheck(found.Name), 0
		c.Checks = append(c.Checks, found)
	}
	return c
}

// SourceTransport lets in messages by where they come from, without looking at a transport signature.
// It is legal only where the network vouches for the sender (DESIGN §5): a client certificate of the
// operator's own CA, or an address on the list.
type SourceTransport struct {
	caller  gateway.Caller
	allowed []netip.Prefix
	clients map[[sha256.Size]byte]bool
}

// NewSourceTransport makes the check. With neither addresses nor certificates nobody is let in.
func NewSourceTransport(caller gateway.Caller, allowed []netip.Prefix, clients ...[sha256.Size]byte) *SourceTransport {
	t := &SourceTransport{caller: caller, allowed: allowed, clients: map[[sha256.Size]byte]bool{}}
	for _, c := range clients {
		t.clients[c] = true
	}
	return t
}

// Admit implements [Doorkeeper].
func (t *SourceTransport) Admit(in Incoming) error {
	_, err := t.by(in)
	return err
}

// Check implements [Transport].
func (t *SourceTransport) Check(_ context.Context, in Incoming) (Checked, error) {
	by, err := t.by(in)
	if err != nil {
		return Checked{}, err
	}
	return Checked{Caller: t.caller, Checks: []reason.Check{reason.Skip(checkTransport, 0, "not looked at; let in by "+by)}}, nil
}

// by says what lets a sender in.
func (t *SourceTransport) by(in Incoming) (string, error) {
	for _, p := range t.allowed {
		if p.Contains(in.Remote) {
			return "source address", nil
		}
	}
	if t.clients[in.Client] && in.Client != [sha256.Size]byte{} {
		return "client certificate", nil
	}
	return "", reason.New(reason.TransportSignatureMissing,
		"the sender's address is not on the list of sources, and it showed no client certificate that is known here")
}

func incoming(r *http.Request) Incoming {
	var in Incoming
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		in.Remote = at.Addr().Unmap()
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && len(r.TLS.PeerCertificates) > 0 {
		in.Client = sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	}
	return in
}
