package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/config"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/xmltree"
)

// sender is a system that signs messages.
type sender struct {
	*stage
	key xmlsig.Key
}

func (s *stage) sender(profile testpki.Profile) sender {
	s.t.Helper()
	profile.Kind = testpki.InformationSystem
	key, err := s.pki.Issue(testpki.GOST512, profile)
	if err != nil {
		s.t.Fatal(err)
	}
	return sender{s, key}
}

// message wraps a document; the ids are the sender's own.
func (s *stage) message(id, senderID string, doc []byte) *envelope.SyncRequest {
	svc, _ := s.rules.Catalogue.ByKey(service)
	return &envelope.SyncRequest{MessageID: id, CorrelationID: "1", ServiceID: svc.SHEP.ServiceIDs[0], MessageDate: s.now(),
		Sender: envelope.SenderInfo{ID: senderID}, Data: envelope.Text(doc)}
}

// send signs a message, posts it and reads the answer: the SHEP code and, if there is one, our reply.
func (f sender) send(m *envelope.SyncRequest) (code string, reply envelope.Reply) {
	f.t.Helper()
	doc, err := envelope.Seal(m, envelope.KeySigner(f.key, rand.Reader))
	if err != nil {
		f.t.Fatal(err)
	}
	return f.read(f.soap("/shep/sync", doc))
}

func (s *stage) read(_ int, body string) (code string, reply envelope.Reply) {
	s.t.Helper()
	msg, err := envelope.Read([]byte(body), xmltree.Limits{})
	if err != nil {
		s.t.Fatal(err, body)
	}
	switch m := msg.Body.(type) {
	case *envelope.Fault:
		return m.Info.Code, envelope.Reply{Detail: m.Info.Data}
	case *envelope.SyncResponse:
		if doc, err := m.Data.Payload(); err == nil {
			reply, _ = envelope.ReadReply(doc)
		}
		return m.Status.Code, reply
	}
	s.t.Fatal(body)
	return "", reply
}

func nationalStage(t *testing.T) *stage {
	return newStage(t, func(c *config.Config) {
		c.SHEP.Transport = []config.Transport{{Check: config.TransportNational, BIN: []string{simulate.SyntheticBIN(77)}}}
	})
}

func (s *stage) citizens() []byte { return s.application(testpki.GOST512, nil, nil) }

// Whose messages a service of national check takes, and what each of the others is told.
func TestNationalSenders(t *testing.T) {
	s := nationalStage(t)
	ours := testpki.Profile{BIN: simulate.SyntheticBIN(77)}
	revoked := s.sender(ours)
	s.pki.Family(testpki.GOST512).Revoke(revoked.key.Certificate.Serial, s.now().Add(-time.Minute), 1)
	over := ours
	over.NotBefore, over.NotAfter = s.now().Add(-48*time.Hour), s.now().Add(-24*time.Hour)
	for _, tt := range []struct {
		name string
		from sender
		code string
	}{
		{"this year's certificate", s.sender(ours), "SCSS001"},
		{"next year's certificate", s.sender(ours), "SCSS001"},
		{"another organisation's", s.sender(testpki.Profile{BIN: simulate.SyntheticBIN(78)}), "SCE006"},
		{"a revoked one", revoked, "SCE005"},
		{"one that is over", s.sender(over), "SCE005"},
	} {
		s.n++
		if code, reply := tt.from.send(s.message(fmt.Sprint("n", s.n), "pep", s.citizens())); code != tt.code {
			t.Errorf("%s: %s %+v", tt.name, code, reply)
		}
	}
}

// The status of the sender's certificate is unknown: parked, and decided when the sources speak again.
func TestASenderOfUnknownStatusIsParked(t *testing.T) {
	for _, then := range []gateway.State{gateway.StateAccepted, gateway.StateRefused} {
		s := nationalStage(t)
		from := s.sender(testpki.Profile{BIN: simulate.SyntheticBIN(77)})
		s.pki.Silence(true)
		code, reply := from.send(s.message("1", "pep", s.citizens()))
		if code != "SCSS001" || reply.Decision != string(gateway.DecisionParked) {
			t.Fatalf("%s %+v", code, reply)
		}
		if then == gateway.StateRefused {
			s.pki.Family(testpki.GOST512).Revoke(from.key.Certificate.Serial, s.now().Add(-time.Minute), 1)
		}
		s.pki.Silence(false)
		var c gateway.Case
		for deadline := time.Now().Add(20 * time.Second); c.State != then && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			var err error
			if c, err = s.ledger.Case(context.Background(), reply.Number); err != nil {
				t.Fatal(err)
			}
		}
		if c.State != then {
			t.Errorf("%s, want %s", c.State, then)
		}
	}
}

// One verdict holds both signatures, each with its own checks, and the page says in words who has signed.
func TestSignedByThePortalNotByTheCitizen(t *testing.T) {
	s := nationalStage(t)
	from := s.sender(testpki.Profile{BIN: simulate.SyntheticBIN(77)})
	text := string(s.citizens())
	i, j := strings.Index(text, "<ds:Signature"), strings.LastIndex(text, "</ds:Signature>")+len("</ds:Signature>")
	if code, reply := from.send(s.message("1", "pep", []byte(text[:i]+text[j:]))); code != "SCE017" {
		t.Fatalf("%s %+v", code, reply)
	}
	if code, reply := from.send(s.message("2", "pep", []byte(text))); code != "SCSS001" {
		t.Fatalf("%s %+v", code, reply)
	}
	verdicts, err := s.ledger.Verdicts(context.Background(), gateway.VerdictFilter{})
	if err != nil || len(verdicts) != 2 {
		t.Fatal(err, len(verdicts))
	}
	words := map[gateway.Code]map[string]string{
		reason.SignatureMissing: {"kk": "Азамат емес, жіберуші жүйе (портал) қол қойған", "ru": "Подписано системой-отправителем (порталом), а не гражданином", "en": "Signed by the sending system (the portal), not by the citizen"},
		"":                      {"kk": "Екі қолтаңба да расталды", "ru": "Обе подписи верны", "en": "Two signatures hold"},
	}
	for _, v := range verdicts {
		outcomes := map[string]reason.Outcome{}
		for _, c := range v.Checks {
			outcomes[c.Name] = c.Outcome
		}
		for _, name := range []string{"signature", "digest", "coverage", "chain", "validity", "purpose", "identity"} {
			if outcomes[gateway.TransportCheck(name)] != reason.Passed {
				t.Errorf("%s: %s is %s", v.Code, gateway.TransportCheck(name), outcomes[gateway.TransportCheck(name)])
			}
		}
		if v.Code == "" && outcomes["transport_revocation"] != reason.Passed {
			t.Errorf("the sender's status is %s", outcomes["transport_revocation"])
		}
		for lang, sentence := range words[v.Code] {
			if page := s.page("/console/verdicts/" + v.ID + "?lang=" + lang); !strings.Contains(page, sentence) {
				t.Errorf("%s does not say %q", lang, sentence)
			}
		}
	}
}

// page opens a page as the first operator.
func (s *stage) page(path string) string {
	s.t.Helper()
	key, err := os.ReadFile(filepath.Join(s.cfg.Data, "keys", "operator.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, s.URL()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth("operator", strings.TrimSpace(string(key)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
	}
	return string(body)
}

// The same message again gets the same answer; another sender's message with its number is another message.
func TestReplaysAndNeighbours(t *testing.T) {
	s := nationalStage(t)
	from := s.sender(testpki.Profile{BIN: simulate.SyntheticBIN(77)})
	first := s.message("1", "one", s.citizens())
	_, a := from.send(first)
	_, again := from.send(first)
	_, neighbour := from.send(s.message("1", "two", s.citizens()))
	if a.Number == "" || again.Number != a.Number || neighbour.Number == "" || neighbour.Number == a.Number {
		t.Errorf("%q, again %q, another sender %q", a.Number, again.Number, neighbour.Number)
	}
	if _, other := from.send(s.message("1", "one", s.citizens())); other.Code != string(gateway.CodeConflict) {
		t.Errorf("another document under a spent id: %+v", other)
	}
	if c, err := s.ledger.Case(context.Background(), a.Number); err != nil || strings.Contains(c.Caller, simulate.SyntheticBIN(77)) || !strings.HasSuffix(c.Caller, "/one") {
		t.Errorf("caller %q %v", c.Caller, err)
	}
}

// With the check off, the address is the door; serve says that nothing is checked.
func TestCheckOffBehindAList(t *testing.T) {
	open := newStage(t, func(c *config.Config) {
		c.SHEP.Transport = []config.Transport{{Check: config.TransportOff, Sources: []string{"127.0.0.0/8", "::1/128"}}}
	})
	doc, err := envelope.Write(open.message("1", "pep", open.citizens()))
	if err != nil {
		t.Fatal(err)
	}
	if code, reply := open.read(open.soap("/shep/sync", doc)); code != "SCSS001" {
		t.Errorf("%s %+v", code, reply)
	}
	if greeting := strings.Join(open.Greeting(), "\n"); !strings.Contains(greeting, "NOT CHECKED") || !strings.Contains(greeting, "127.0.0.0/8") {
		t.Errorf("serve does not say so:\n%s", greeting)
	}
	shut := newStage(t, func(c *config.Config) {
		c.SHEP.Transport = []config.Transport{{Check: config.TransportOff, Sources: []string{"10.0.0.0/8"}}}
	})
	if code, _ := shut.read(shut.soap("/shep/sync", doc)); code != "SCE007" {
		t.Errorf("from elsewhere: %s", code)
	}
}

// A catalogue cannot open the door by itself.
func TestTheCatalogueAloneOpensNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, schemas.FS); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "services", service+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(section string) {
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), "\nshep:\n", "\nshep:\n"+section, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try := func(senders ...config.Transport) error {
		cfg := config.Config{Listen: "127.0.0.1:0", Data: t.TempDir(), Catalogue: dir, SHEP: config.SHEP{Senders: config.Senders{Transport: senders}}}.WithDefaults()
		a, err := New(t.Context(), cfg, Outside{Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = a.Close()
		}
		return err
	}
	for _, tt := range []struct {
		section string
		senders []config.Transport
		want    string
	}{
		{"  transport: off\n", nil, "legal only behind"},
		{"  transport: off\n", []config.Transport{{Sources: []string{"10.0.0.0/8"}}}, ""},
		{"  transport: national\n", nil, "needs bin"},
		{"  transport: national\n  bin: [\"000740000728\"]\n", nil, ""},
		{"  transport: sometimes\n", nil, "none of off, pinned, national"},
		{"  transport: pinned\n  bin: [\"000740000728\"]\n", nil, "belongs to transport: national"},
		{"  transport: national\n  bin: [\"7\"]\n", nil, "twelve digits"},
	} {
		write(tt.section)
		if err := try(tt.senders...); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.section, err, tt.want)
		}
	}
}
