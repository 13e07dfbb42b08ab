// Command kopir connects the e-government gateway with district departments and verifies national signatures.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// commands is everything kopir can do.
type commands struct {
	Demo      DemoCmd      `cmd:"" help:"Tell the whole story on embedded defaults: PKI, portal, gateway, districts."`
	Serve     ServeCmd     `cmd:"" help:"Run the gateway."`
	Caller    CallerCmd    `cmd:"" help:"Keep the list of those the gateway knows."`
	Trust     TrustCmd     `cmd:"" help:"Keep the certificates of those who are believed."`
	Catalogue CatalogueCmd `cmd:"" help:"Check and show the service catalogue."`
	Route     RouteCmd     `cmd:"" help:"Say where an application would go, and why."`
	Evidence  EvidenceCmd  `cmd:"" help:"Pack everything known of a case into a sealed container, and check such containers."`
	Policy    PolicyCmd    `cmd:"" help:"Ask what another policy would have meant."`
	Doctor    DoctorCmd    `cmd:"" help:"Look for what is wrong, or will be, and say what to do."`
	Verify    VerifyCmd    `cmd:"" help:"Verify signed XML offline."`
	Sign      SignCmd      `cmd:"" help:"Sign XML."`
	Inspect   InspectCmd   `cmd:"" help:"Explain a certificate, PKCS#12, revocation list, OCSP answer or signed XML."`
	Load      LoadCmd      `cmd:"" help:"Measure what this machine can do."`
	Simulate  SimulateCmd  `cmd:"" help:"Be the outside world for tests: a PKI and the state gateway, with faults to switch on."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run parses the command line, runs the command and returns the exit code.
func run(args []string) int {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("kopir"), kong.UsageOnError(),
		kong.Description("Көпір: the open adapter between the e-government gateway and district departments."))
	if err != nil {
		return fail(err)
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return fail(&exitError{code: exitUsage, err: err})
	}
	return fail(ctx.Run())
}

// fail says what went wrong, if there is anything to say, and returns the exit code.
func fail(err error) int {
	if err == nil {
		return 0
	}
	code := 1
	var e *exitError
	if errors.As(err, &e) {
		if code = e.code; e.err == nil {
			return code
		}
	}
	fmt.Fprintln(os.Stderr, "kopir:", err)
	return code
}
