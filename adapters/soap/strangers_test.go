package soap_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/adapters/soap"
	"kopir/gateway"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// strangers holds clients that others' tools make from the served WSDL.
const strangers = "../../testdata/interop/strangers"

// strangersDocument travels as an escaped string. It has no carriage return: node-soap does not escape
// one, and a parser makes a line feed of it (XML 1.0 §2.11).
const strangersDocument = "<?xml version=\"1.0\"?>\n<app:Application xmlns:app=\"urn:kopir:service:x:1\" a=\"&quot;&amp;\">Қазақ &lt;тілі&gt;</app:Application>"

// stranger runs a program somebody else's client library is in; arguments as in client.js and client.py.
type stranger func(t *testing.T, arguments ...string) []byte

func TestNodeSOAPTalksToUs(t *testing.T) { talk(t, nodeSOAP(t)) }

func TestZeepTalksToUs(t *testing.T) { talk(t, zeep(t)) }

// talk has a stranger send every message he can, unsigned to an endpoint whose network vouches for him, and
// signed to one that has pinned his certificate.
func talk(t *testing.T, run stranger) {
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	them, us := newParty(t, ca), newParty(t, ca)
	source := soap.NewSourceTransport(shepCaller, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	pinned := soap.NewPinnedTransport(func() time.Time { return moment }, soap.Signer{Pin: envelope.PinCertificate(them.id.Certificate), Caller: shepCaller})
	t.Run("unsigned", func(t *testing.T) {
		b, address := serve(t, newBench(t), us.sign(), source)
		b.heard(t, run(t, address, strangersDocument))
	})
	t.Run("signed", func(t *testing.T) {
		b, address := serve(t, newBench(t), us.sign(), pinned)
		b.heard(t, run(t, append([]string{address, strangersDocument}, files(t, them, us)...)...))
	})
}

// listener keeps every submission; what else stands behind the endpoint is the bench's.
type listener struct {
	*world
	submissions []gateway.Submission
}

func (l *listener) Accept(ctx context.Context, s gateway.Submission) (gateway.Answer, error) {
	l.submissions = append(l.submissions, s)
	return l.world.Accept(ctx, s)
}

// serve listens on loopback as Kopir does; sign may be nil.
func serve(t *testing.T, b *bench, sign envelope.Signer, transport soap.Transport) (*listener, string) {
	t.Helper()
	l := &listener{world: b.world}
	ep := b.with(t, soap.Config{Transport: transport, Intake: l, Status: l, Sign: sign, Now: func() time.Time { return moment }, Rand: rand.Reader})
	mux := http.NewServeMux()
	mux.Handle("/shep/sync", ep.Sync())
	mux.Handle("/shep/async", ep.Async())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return l, server.URL
}

// files writes the stranger's key and certificate, and our certificate, as PEM.
func files(t *testing.T, them, us party) (names []string) {
	t.Helper()
	key, err := them.id.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"1key.pem": key, "2certificate.pem": them.id.PEM(), "3kopir.pem": us.id.PEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err = filepath.Glob(filepath.Join(dir, "*.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// heard is what the stranger must have read in our answers, and what we must have read in his messages.
func (l *listener) heard(t *testing.T, out []byte) {
	t.Helper()
	var got struct {
		Sync struct {
			ResponseInfo struct {
				MessageID, CorrelationID, SessionID string
				ResponseDate                        time.Time
				Status                              struct{ Code, Message string }
			}
			ResponseData struct{ Data string }
		}
		Async struct {
			MessageID, CorrelationID, SessionID string
			ResponseDate                        time.Time
		}
		Notice struct {
			ResponseDate time.Time
			SessionID    string
		}
		Fault struct {
			ErrorCode, ErrorMessage string
			ErrorDate               time.Time
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	info := got.Sync.ResponseInfo
	if info.MessageID == "" || info.CorrelationID != "c-1" || info.SessionID != session || !info.ResponseDate.Equal(moment) || info.Status.Code != "SCSS001" || info.Status.Message == "" {
		t.Errorf("sync: %+v", info)
	}
	reply, err := envelope.ReadReply([]byte(got.Sync.ResponseData.Data))
	if err != nil || reply.Number != l.answer.Number || !reply.DueAt.Equal(l.answer.DueAt) {
		t.Errorf("sync: %v, the reply is %+v", err, reply)
	}
	if a := got.Async; a.MessageID != "254750124" || a.CorrelationID != "3382552" || a.SessionID != session || !a.ResponseDate.Equal(moment) {
		t.Errorf("async: %+v", a)
	}
	if n := got.Notice; n.SessionID != session || !n.ResponseDate.Equal(moment) || l.status.MessageID != "216386080" || l.status.MessageState != envelope.StateDelivered {
		t.Errorf("notice: %+v, handed on %+v", n, l.status)
	}
	if f := got.Fault; f.ErrorCode != "SCE001" || f.ErrorMessage == "" || !f.ErrorDate.Equal(moment) {
		t.Errorf("fault: %+v", f)
	}
	if len(l.submissions) != 2 {
		t.Fatalf("%d applications came, want one by each channel", len(l.submissions))
	}
	text, typed := l.submissions[0], l.submissions[1]
	if string(text.Document) != strangersDocument || text.Envelope.ServiceID != "S" || text.Envelope.SenderID != "stranger" {
		t.Errorf("sync brought %+v\n%s", text.Envelope, text.Document)
	}
	data, err := xmltree.Parse(typed.Document, xmltree.Limits{})
	if err != nil || data.Root.Child("requestNumber").Text() != "000000000001" || data.Root.Child("surname").Text() != "ҮЛГІҰЛЫ" {
		t.Errorf("async brought %v\n%s", err, typed.Document)
	}
}

// program runs a stranger's client and returns what it printed.
func program(t *testing.T, dir, name string, arguments ...string) []byte {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	var complaints strings.Builder
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir, cmd.Stderr = dir, &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, complaints.String())
	}
	return out
}
