package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway/catalogue"
	"kopir/schemas"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// process is the real program serving, with the outside world in this test.
type process struct {
	t       *testing.T
	dir     string
	listen  string
	pki     *simulate.PKI
	cabinet *simulate.Cabinet
	cmd     *exec.Cmd
	out     *bytes.Buffer
	n       int
}

func newProcess(t *testing.T) *process {
	p := &process{t: t, dir: t.TempDir(), listen: freePort(t), cabinet: simulate.NewCabinet(time.Now)}
	outside := httptest.NewUnstartedServer(nil)
	t.Cleanup(outside.Close)
	host := outside.Listener.Addr().String()
	var err error
	if p.pki, err = simulate.NewPKI("http://"+host, func() time.Time { return time.Now().Add(-time.Minute) }, rand.Reader, testpki.GOST512); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p.pki)
	mux.Handle("/cabinet/", simulate.CallbackHandler(p.cabinet))
	outside.Config.Handler = mux
	outside.Start()
	var roots []byte
	for _, c := range append(p.pki.Roots(), p.pki.Issuing()...) {
		roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	p.write("trust/test.pem", string(roots))
	p.write("kopir.yaml", fmt.Sprintf("listen: %s\ndata: %s\nrevocation: {hosts: ['%s']}\ncallbacks: ['%s']\nintervals: {delivery: 20ms, delivery_timeout: 1s}\n", p.listen, p.dir, host, host))
	return p
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *process) write(name, content string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// kopir runs another command of the program on the same data.
func (p *process) kopir(args ...string) string {
	p.t.Helper()
	out, err := exec.Command("kopir", args...).Output()
	if err != nil {
		p.t.Fatalf("kopir %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func (p *process) start() {
	p.t.Helper()
	p.out = &bytes.Buffer{}
	p.cmd = exec.Command("kopir", "serve", "--config", filepath.Join(p.dir, "kopir.yaml"))
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	for range 200 {
		if r, err := http.Get("http://" + p.listen + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the gateway did not become ready:\n%s", p.out)
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) application() []byte {
	p.t.Helper()
	p.n++
	services, err := catalogue.Load(schemas.FS)
	if err != nil {
		p.t.Fatal(err)
	}
	service, _ := services.ByKey("housing-assistance")
	iin := simulate.SyntheticIIN(p.n)
	key, err := p.pki.Issue(testpki.GOST512, testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚ", Surname: "СЫНАҚ", IIN: iin})
	if err != nil {
		p.t.Fatal(err)
	}
	a := simulate.Application{Service: service, IIN: iin, Territory: "593200000", Channel: "portal", RequestNumber: fmt.Sprintf("10109%09d", p.n), At: time.Now()}
	doc, err := xmlsig.Sign(a.XML(), key, xmlsig.SignOptions{Rand: rand.Reader})
	if err != nil {
		p.t.Fatal(err)
	}
	return doc
}

// TestKillRightAfterTheAnswerLosesNothing kills the gateway with SIGKILL as soon as it has answered,
// starts it again, and looks for everything: the application, its queue, its notification.
func TestKillRightAfterTheAnswerLosesNothing(t *testing.T) {
	p := newProcess(t)
	portal := &simulate.Client{Base: "http://" + p.listen, HTTP: &http.Client{Timeout: 20 * time.Second},
		Key: p.kopir("caller", "add", "--data", p.dir, "--kind", "portal", "--callback", p.callback(), "portal")}
	district := &simulate.Client{Base: portal.Base, HTTP: portal.HTTP,
		Key: p.kopir("caller", "add", "--data", p.dir, "--kind", "provider", "--provider", "nk-dep-01", "district")}
	ctx := context.Background()
	answered := map[string]bool{}
	const kills = 4
	for i := range kills {
		p.start()
		r, err := portal.Submit(ctx, fmt.Sprint("m", i), p.application())
		if err != nil {
			t.Fatal(err)
		}
		p.kill()
		answered[r.Number] = true
	}
	p.start()
	leased := map[string]int{}
	for len(leased) < kills {
		leases, err := district.Poll(ctx, "nk-dep-01", 10, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(leases) == 0 {
			t.Fatalf("only %d of %d came to the district", len(leased), kills)
		}
		for _, l := range leases {
			if !answered[l.Number] {
				t.Errorf("%s came to the district and was never answered", l.Number)
			}
			leased[l.Number]++
		}
	}
	for number := range answered {
		if leased[number] != 1 {
			t.Errorf("%s came %d times", number, leased[number])
		}
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		letters, err := p.cabinet.Await(ctx, number, func(l simulate.Letter) bool { return l.Status == "accepted" })
		cancel()
		if err != nil || len(letters) != 1 {
			t.Errorf("%s: %d letters, %v", number, len(letters), err)
		}
	}
}

func (p *process) callback() string {
	b, err := os.ReadFile(filepath.Join(p.dir, "kopir.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "callbacks: ['")
	host, _, _ := strings.Cut(rest, "'")
	return "http://" + host + "/cabinet/"
}

// TestCtrlCEndsCleanly interrupts the gateway: exit code 0, and the first run said where things are.
func TestCtrlCEndsCleanly(t *testing.T) {
	p := newProcess(t)
	p.start()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.out)
	}
	for _, want := range []string{p.listen, p.dir, "first run: the operator's key", "trust anchor", "no Redis"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("the greeting lacks %q:\n%s", want, p.out)
		}
	}
	if info, err := os.Stat(filepath.Join(p.dir, "keys", "operator.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the operator's key: %v %v", info, err)
	}
}

// TestServeWithoutConfigurationSaysWhatItTrusts runs serve in an empty folder.
func TestServeWithoutConfigurationSaysWhatItTrusts(t *testing.T) {
	cmd := exec.Command("kopir", "serve", "--listen", "127.0.0.1:0")
	cmd.Dir = t.TempDir()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	var said strings.Builder
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "no pinned gateway certificates") { // the last line of the greeting
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	for _, want := range []string{"no trust anchors", "kopir-data", "keys/operator.key", "no Redis"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the greeting lacks %q:\n%s", want, &said)
		}
	}
}
