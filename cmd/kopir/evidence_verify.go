package main

import (
	"bufio"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"time"

	"kopir/gateway/evidence"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// EvidenceVerifyCmd checks containers offline.
type EvidenceVerifyCmd struct {
	JSON     bool     `name:"json" help:"Print one JSON object per container, each on one line."`
	Trust    []string `sep:"none" placeholder:"FILE|DIR" help:"CA certificates to trust. Without it the container's own word counts, and the answer stays inconclusive."`
	TSA      []string `name:"tsa" sep:"none" placeholder:"FILE|DIR" help:"CA certificates trusted for timestamps only."`
	Seal     string   `placeholder:"CERT" help:"Certificate of the gateway's sealing key (keys/seal.cer in its data folder)."`
	CRL      []string `name:"crl" sep:"none" placeholder:"FILE" help:"Revocation list that was left out of the container; it is found by its digest."`
	Identity string   `placeholder:"FILE" help:"Key that opens an encrypted container: age identities or an SSH private key."`
	Files    []string `arg:"" name:"FILE" help:"Container; - is standard input."`
}

// Help says what is checked and the exit codes.
func (c *EvidenceVerifyCmd) Help() string {
	return `Example: kopir evidence verify --trust nca/ --seal seal.cer K26-4ARCY-BMCHQ.asice

Checks the seal and every digest, then makes every verdict again at its own moment with the certificates,
OCSP answers and lists in the container: signature, chain, revocation, covered octets, identity, the result
of this very case, the chain of events, timestamps. Nothing is fetched and no clock is read. What is not as
it was recorded is said in words. Exit codes: 0 all passed, 1 something failed, 3 nothing failed but
something is inconclusive, 2 usage or no container. With several files the worst wins.`
}

// Run checks every container.
func (c *EvidenceVerifyCmd) Run() error { return c.run(context.Background(), standardStreams()) }

func (c *EvidenceVerifyCmd) run(ctx context.Context, std streams) error {
	opt, err := c.options(std.err)
	if err != nil {
		return err
	}
	identities, err := readIdentities(c.Identity)
	if err != nil {
		return usageErrorf("--identity %s: %w", c.Identity, err)
	}
	exit := exitPassed
	for _, file := range c.Files {
		b, err := readContainer(file, std.in, identities, evidence.MaxContainer)
		var report evidence.Report
		if err == nil {
			report, err = evidence.Verify(ctx, b, opt)
		}
		if err != nil {
			fmt.Fprintf(std.err, "kopir: %s: %v\n", file, err)
			exit = worse(exit, exitUsage)
			continue
		}
		if err := printEvidence(std.out, file, report, c.JSON); err != nil {
			return usageErrorf("writing the report: %w", err)
		}
		exit = worse(exit, exitOf(report.Verdict))
	}
	if exit != exitPassed {
		return &exitError{code: exit}
	}
	return nil
}

func (c *EvidenceVerifyCmd) options(warnings io.Writer) (opt evidence.Options, err error) {
	if len(c.Trust) > 0 {
		opt.Trust = pki.NewStore()
	}
	for _, path := range c.Trust {
		if err := loadTrustPath(opt.Trust, path, warnings); err != nil {
			return opt, err
		}
	}
	if len(c.TSA) > 0 {
		opt.TSA = pki.NewStore()
	}
	for _, path := range c.TSA {
		if err := loadTrustPath(opt.TSA, path, warnings); err != nil {
			return opt, err
		}
	}
	if c.Seal != "" {
		certs, err := readCertificates(c.Seal, warnings)
		if err != nil || len(certs) != 1 {
			return opt, usageErrorf("--seal %s: want one certificate", c.Seal)
		}
		opt.Seal = certs[0]
	}
	err = eachStatusFile("crl", c.CRL, warnings, func(b []byte) error {
		list, err := revocation.ParseCRL(b)
		if err == nil {
			opt.Lists = append(opt.Lists, list)
		}
		return err
	})
	return opt, err
}

// evidenceReport is a report with the file it is about.
type evidenceReport struct {
	File string `json:"file"`
	evidence.Report
}

func printEvidence(w io.Writer, file string, r evidence.Report, asJSON bool) error {
	if asJSON {
		return printJSON(w, evidenceReport{file, r})
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s  case %s\n", plain(file), withCode(strings.ToUpper(r.Verdict.String()), r.Code), plain(r.Number))
	if r.TestPKI {
		fmt.Fprintln(out, "  TEST PKI: nothing in here has legal force")
	}
	if r.Seal != nil {
		fmt.Fprintf(out, "  sealed by %s at %s, certificate sha256 %s\n", plain(r.Seal.Subject), r.Seal.At.UTC().Format(time.RFC3339), r.Seal.SHA256)
	}
	for _, rec := range r.Recorded {
		fmt.Fprintf(out, "  %s of %s: recorded %s, now %s\n", plain(rec.Kind), rec.At.UTC().Format(time.RFC3339),
			withCode(rec.Outcome.String(), rec.Code), withCode(rec.Now.String(), rec.NowCode))
	}
	for _, c := range r.Checks {
		printEvidenceCheck(out, c)
	}
	if len(r.Changed) == 0 {
		fmt.Fprintln(out, "  nothing is other than it was recorded")
	}
	for _, change := range r.Changed {
		fmt.Fprintf(out, "  CHANGED: %s\n", plain(change))
	}
	return out.Flush()
}

func printEvidenceCheck(out io.Writer, c evidence.Check) {
	detail := c.Detail
	if c.Outcome != reason.Passed && c.Outcome != reason.NotApplicable && c.Code != "" {
		detail = string(c.Code) + ": " + detail
	}
	if c.Subject != "" {
		detail = c.Subject + ": " + detail
	}
	fmt.Fprintf(out, "  %-12s %-14s %s\n", c.Name, strings.ReplaceAll(c.Outcome.String(), "_", " "), plain(detail))
}

func printCertificate(w io.Writer, c *pki.Certificate) error {
	return pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
