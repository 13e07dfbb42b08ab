package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig/testpki"
)

// SimulatePKICmd serves a throw-away national PKI, and lets it misbehave.
type SimulatePKICmd struct {
	Listen     string   `default:"127.0.0.1:0" help:"Loopback address of OCSP, lists and time-stamps."`
	Control    string   `default:"127.0.0.1:0" help:"Loopback address where faults are switched."`
	Dir        string   `default:"kopir-pki" type:"path" help:"Folder for keys, certificates and a kopir.yaml; it may serve as the gateway's data folder."`
	Alg        string   `default:"gost2015-512" enum:"gost2015-512,gost2004,rsa,ecdsa" help:"Keys: ${enum}."`
	Fault      []string `sep:"none" placeholder:"NAME[=VALUE]" help:"Fault to begin with; --list-faults names them all."`
	ListFaults bool     `help:"List the faults and end."`
	JSON       bool     `name:"json" help:"Print the addresses as one JSON object, or the faults."`
}

// Help shows examples.
func (c *SimulatePKICmd) Help() string {
	return `Example: kopir simulate pki --dir out --fault ocsp-slow=4s

The folder gets a root and an issuing CA (trust/), keys with certificates of a person, the head and
an employee of an organisation, and a person whose certificate is revoked, and a kopir.yaml:

  kopir sign --key out/person.key --certificate out/person.pem -o signed.xml application.xml
  kopir serve --config out/kopir.yaml

Faults are switched while it runs, at the control address it prints; "off" ends one, PUT with nothing all:

  curl -d ocsp-stranger= -d crl-http=404 http://127.0.0.1:PORT/faults
  curl -d crl-http=off http://127.0.0.1:PORT/faults

Everything is thrown away and made anew with each start; the keys protect nothing.`
}

// Run serves until Ctrl-C or SIGTERM.
func (c *SimulatePKICmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, standardStreams())
}

func (c *SimulatePKICmd) run(ctx context.Context, std streams) error {
	if c.ListFaults {
		return c.list(std)
	}
	pkiAt, err := listenLoopback("--listen", c.Listen)
	if err != nil {
		return err
	}
	defer pkiAt.Close()
	controlAt, err := listenLoopback("--control", c.Control)
	if err != nil {
		return err
	}
	defer controlAt.Close()
	alg := testpki.Algorithm(c.Alg)
	p, err := simulate.NewPKI("http://"+pkiAt.Addr().String(), std.now, rand.Reader, alg)
	if err != nil {
		return err
	}
	if err := p.SetFaults(simulate.ParseFaults(c.Fault)); err != nil {
		return usageErrorf("--fault: %w", err)
	}
	made := simulated{Addresses: p.Addresses(alg), Control: "http://" + controlAt.Addr().String() + "/faults", Dir: c.Dir}
	if err := made.write(p, alg, std.now()); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	if err := made.tell(std, c.JSON); err != nil {
		return err
	}
	return serveBoth(ctx, map[net.Listener]http.Handler{pkiAt: p, controlAt: p.Control()})
}

// list prints the closed list of faults.
func (c *SimulatePKICmd) list(std streams) error {
	if c.JSON {
		return printJSON(std.out, simulate.Faults())
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, f := range simulate.Faults() {
		fmt.Fprintf(w, "%s\t%s\n", faultName(f), f.Help)
	}
	return w.Flush()
}

// listenLoopback keeps a PKI whose keys lie about off the network.
func listenLoopback(flag, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageErrorf("%s: %q is not host:port of this machine alone, like 127.0.0.1:8490", flag, address)
	}
	return net.Listen("tcp", address)
}

func serveBoth(ctx context.Context, handlers map[net.Listener]http.Handler) error {
	g, inner := errgroup.WithContext(ctx)
	for listener, handler := range handlers {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		context.AfterFunc(inner, func() { _ = server.Close() })
		g.Go(func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	return g.Wait()
}

// simulated is what the command made, as it is printed.
type simulated struct {
	simulate.Addresses
	Control string `json:"control"`
	Dir     string `json:"dir"`
}

func (s simulated) config() string { return filepath.Join(s.Dir, "kopir.yaml") }

func (s simulated) tell(std streams, asJSON bool) error {
	if asJSON {
		return printJSON(std.out, s)
	}
	yaml, err := os.ReadFile(s.config())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, `A throw-away PKI; nothing in it has any force.
  OCSP      %s
  lists     %s
            %s
            %s
  stamps    %s
  CAs       %s
            %s
  faults    %s
  keys      %s

%s:
%s`, s.OCSP, s.CRL, s.Delta, s.RootCRL, s.TSP, s.Issuing, s.Root, s.Control, s.Dir, s.config(), yaml)
	return err
}
