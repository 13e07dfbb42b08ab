package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"

	"kopir/cmd/kopir/internal/conformance"
	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig/testpki"
)

// SimulateSHEPCmd is the state gateway for integrators, and the examiner of adapters.
type SimulateSHEPCmd struct {
	Listen     string   `default:"127.0.0.1:0" help:"Loopback address of the gateway's channels."`
	Control    string   `default:"127.0.0.1:0" help:"Loopback address where faults are switched and documents handed in."`
	Provider   string   `placeholder:"URL" help:"The provider's system, for --service: it is pushed to at URL/shep/async and asked at URL/shep/sync."`
	Pull       bool     `help:"The provider of --service fetches by getMessages instead."`
	Services   string   `placeholder:"FILE" type:"path" help:"YAML: a list of {service, push, sync, owner}; no push: the provider pulls."`
	PKI        string   `name:"pki" placeholder:"DIR" type:"path" help:"Keys made by kopir simulate pki --dir DIR; none: a throw-away key."`
	Token      string   `default:"key-identifier" enum:"key-identifier,issuer-serial,binary-token" help:"How the gateway's signatures name the signer: ${enum}."`
	Forward    string   `default:"gateway" enum:"gateway,none,original" help:"What header a forwarded message has: signed by the gateway, none, or the sender's own (${enum})."`
	Script     string   `placeholder:"FILE" type:"path" help:"Faults by the clock; a line is a moment and faults: 10s push-duplicate reply-http=503."`
	Fault      []string `sep:"none" placeholder:"NAME[=VALUE]" help:"Fault to begin with; list names them all."`
	ListFaults bool     `help:"List the faults and end, as --fault list."`
	JSON       bool     `name:"json" help:"Print results, addresses or faults as JSON."`

	Conformance string        `placeholder:"URL|self" help:"Ask an adapter every conformance case and end; self is our own, started for it."`
	Async       string        `placeholder:"URL" help:"Of the adapter: its asynchronous address, where URL is not the base of /shep/sync and /shep/async."`
	Service     string        `default:"KOPIR_HOUSING_ASSISTANCE" placeholder:"ID" help:"The serviceId (${default})."`
	Territory   string        `default:"593200000" placeholder:"KATO" help:"Where the applicant of a conformance case lives."`
	Form        string        `placeholder:"FILE" type:"path" help:"An example of the service's unsigned form; {NUMBER}, {IIN} and {DATE} in it are filled in. None: the catalogue's."`
	Inbox       string        `placeholder:"HOST:PORT" help:"Loopback address where the adapter sends its own messages to, for the cases that read them."`
	Patience    time.Duration `default:"90s" help:"How long a conformance case waits for what has to arrive."`
	AllowSkip   bool          `help:"Cases that cannot run do not count as failed."`
}

// Help shows examples.
func (c *SimulateSHEPCmd) Help() string {
	return `Example: kopir simulate shep --pki out --provider http://127.0.0.1:8480 --fault push-duplicate
Example: kopir simulate shep --conformance self

The gateway answers at /bip-async/ (IAsyncChannel) and /bip-sync-wss-gost/ (ISyncChannel), fills in sessionId,
decimal message and chain ids, and puts 64 hexadecimal digits in place of the sender's password (that they are its
SHA-256 is inferred). At the control address it prints, an integrator plays the portal and switches faults; "off"
ends one, PUT with nothing all:

  curl --data-binary @signed.xml 'http://127.0.0.1:PORT/send?service=KOPIR_HOUSING_ASSISTANCE&channel=sync'
  curl -d service=MY_SERVICE -d push=http://127.0.0.1:9000/async http://127.0.0.1:PORT/services
  curl -d push-resend-storm=50 -d reply-http=off http://127.0.0.1:PORT/faults
  curl http://127.0.0.1:PORT/messages

--conformance asks numbered cases of any adapter; each says what was sent, and what was expected by which clause
where something else came. Exit code 0: all passed; 1: not; 2: nobody answers at the address.

Faults:
` + faultLines()
}

// faultLines is the closed list for people.
func faultLines() string {
	var lines string
	for _, f := range simulate.GateFaults() {
		lines += fmt.Sprintf("  %-24s %s\n", faultName(f), f.Help)
	}
	return lines
}

func faultName(f simulate.Fault) string {
	if f.Takes == "" {
		return f.Name
	}
	return f.Name + "=" + f.Usual
}

// Run asks, or serves until Ctrl-C or SIGTERM.
func (c *SimulateSHEPCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, standardStreams())
}

func (c *SimulateSHEPCmd) run(ctx context.Context, std streams) error {
	switch {
	case c.ListFaults, len(c.Fault) == 1 && c.Fault[0] == "list":
		return c.list(std)
	case c.Conformance != "":
		return c.conform(ctx, std)
	}
	return c.serve(ctx, std)
}

func (c *SimulateSHEPCmd) list(std streams) error {
	if c.JSON {
		return printJSON(std.out, simulate.GateFaults())
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, f := range simulate.GateFaults() {
		fmt.Fprintf(w, "%s\t%s\n", faultName(f), f.Help)
	}
	return w.Flush()
}

// serve is the gateway, with its control beside it.
func (c *SimulateSHEPCmd) serve(ctx context.Context, std streams) error {
	g, script, err := c.gate(std)
	if err != nil {
		return err
	}
	channels, err := listenLoopback("--listen", c.Listen)
	if err != nil {
		return err
	}
	defer channels.Close()
	control, err := listenLoopback("--control", c.Control)
	if err != nil {
		return err
	}
	defer control.Close()
	if err := c.tell(std, "http://"+channels.Addr().String(), "http://"+control.Addr().String()); err != nil {
		return err
	}
	go g.Play(ctx, script)
	return serveBoth(ctx, map[net.Listener]http.Handler{channels: g.Handler(), control: g.Control()})
}

// gate makes the gateway from the flags.
func (c *SimulateSHEPCmd) gate(std streams) (*simulate.Gate, simulate.Script, error) {
	services, err := c.registry()
	if err != nil {
		return nil, nil, err
	}
	cfg := simulate.GateConfig{Token: simulate.Token(c.Token), Forward: c.Forward, Services: services, HTTP: &http.Client{Timeout: 10 * time.Minute},
		Now: std.now, Rand: rand.Reader, Tell: teller(std.err, std.now)}
	stranger, err := conformance.Stranger()
	if err != nil {
		return nil, nil, err
	}
	cfg.Stranger = stranger.Key
	if cfg.Key, err = c.key(std); err != nil {
		return nil, nil, err
	}
	g := simulate.NewGate(cfg)
	if err := g.Faults.Change(simulate.ParseFaults(c.Fault)); err != nil {
		return nil, nil, usageErrorf("--fault: %w", err)
	}
	script, err := c.script()
	return g, script, err
}

func (c *SimulateSHEPCmd) script() (simulate.Script, error) {
	if c.Script == "" {
		return nil, nil
	}
	f, err := os.Open(c.Script)
	if err != nil {
		return nil, usageErrorf("--script: %w", withoutPath(err))
	}
	defer f.Close()
	s, err := simulate.ReadScript(f)
	if err != nil {
		return nil, usageErrorf("--script: %w", err)
	}
	return s, nil
}

// registry is the list of interactions: the file's, and that of --service.
func (c *SimulateSHEPCmd) registry() (all []simulate.GateService, err error) {
	if c.Services != "" {
		b, err := readFlagFile(c.Services, maxForm)
		if err != nil {
			return nil, usageErrorf("--services: %w", err)
		}
		if err := yaml.Unmarshal(b, &all); err != nil {
			return nil, usageErrorf("--services: %w", err)
		}
	}
	own := simulate.GateService{ID: c.Service}
	if c.Provider != "" {
		if own.Sync, own.Push, err = addresses("--provider", c.Provider, ""); err != nil {
			return nil, err
		}
	}
	if c.Pull {
		own.Push = ""
	}
	return append(all, own), nil
}

// tell prints where the gateway is.
func (c *SimulateSHEPCmd) tell(std streams, channels, control string) error {
	if c.JSON {
		return printJSON(std.out, map[string]string{"async": channels + "/bip-async/", "sync": channels + "/bip-sync-wss-gost/", "control": control})
	}
	_, err := fmt.Fprintf(std.out, `The state gateway, simulated; nothing of it has any force.
  asynchronous  %s/bip-async/
  synchronous   %s/bip-sync-wss-gost/
  faults        %s/faults
  send          %s/send?service=%s
  messages      %s/messages
`, channels, channels, control, control, c.Service, control)
	return err
}

// teller writes a line for everything that happens; many things do at once.
func teller(w io.Writer, now func() time.Time) func(string, ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, now().Format("15:04:05.000 ")+format+"\n", args...)
	}
}

// system is the profile of an information system's certificate.
func system(name string, n int) testpki.Profile {
	return testpki.Profile{Kind: testpki.InformationSystem, CommonName: name, BIN: simulate.SyntheticBIN(n), Organization: name}
}
