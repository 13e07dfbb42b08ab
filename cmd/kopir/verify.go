package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Exit codes of verify (DESIGN §6).
const (
	exitPassed       = 0
	exitFailed       = 1
	exitUsage        = 2 // usage, or a file that cannot be read
	exitInconclusive = 3
)

// exitError ends the program with a code. Without err there is nothing left to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// ExitCode is what kong and main end the program with.
func (e *exitError) ExitCode() int { return e.code }

func usageErrorf(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// streams is what a command reads from and writes to, and its clock.
type streams struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

func standardStreams() streams { return streams{os.Stdin, os.Stdout, os.Stderr, time.Now} }

// VerifyCmd verifies signed XML offline. Its contract is DESIGN §6.
type VerifyCmd struct {
	JSON        bool     `name:"json" help:"Print one JSON object per file, each on one line."`
	At          string   `placeholder:"RFC3339" help:"Moment of every check (default: now)."`
	Trust       []string `sep:"none" placeholder:"FILE|DIR" help:"CA certificates: self-signed ones are anchors, others help to build chains."`
	Anchor      []string `sep:"none" placeholder:"FILE" help:"A certificate to trust itself, self-signed or not."`
	CRL         []string `name:"crl" sep:"none" placeholder:"FILE" help:"Revocation list."`
	OCSP        []string `name:"ocsp" sep:"none" placeholder:"FILE" help:"OCSP answer; without nextUpdate it is fresh for one hour."`
	Certificate []string `sep:"none" placeholder:"FILE" help:"Certificate that is not trusted: a signer named only by serial number, an intermediate."`
	Key         string   `placeholder:"FILE" help:"Verify with this public key alone (PEM); certificates are not checked."`
	IIN         string   `name:"iin" placeholder:"N" help:"IIN the first signer's certificate must carry."`
	BIN         string   `name:"bin" placeholder:"N" help:"BIN the first signer's certificate must carry."`
	Revocation  string   `enum:"require,if-available,off" default:"require" help:"What a certificate without a usable status means: ${enum}."`
	Profile     string   `enum:"document,wss,any" default:"document" help:"What must be covered: the root element, the SOAP Body, or anything (${enum})."`
	Purpose     string   `enum:"national,generic" default:"national" help:"What the signer's certificate must be for: ${enum}."`
	Model       string   `enum:"shell,chain,national" default:"shell" help:"When the authorities must be valid: now, when they issued, or the latter under a re-issued root (${enum})."`
	Allow       []string `placeholder:"legacy-rsa-sha1" help:"Algorithms to let in besides: legacy-rsa-sha1."`
	Files       []string `arg:"" name:"FILE" help:"Signed XML; - is standard input."`
}

// Help shows an example and the exit codes.
func (c *VerifyCmd) Help() string {
	return `Example: kopir verify --trust nca/ --crl nca_gost_2022.crl --iin 000230500003 application.xml

Nothing is fetched. Exit codes: 0 all passed, 1 something failed, 3 nothing failed but something
is inconclusive, 2 usage or unreadable file. With several files the worst wins.`
}

// Run verifies every file.
func (c *VerifyCmd) Run() error { return c.run(context.Background(), standardStreams()) }

func (c *VerifyCmd) run(ctx context.Context, std streams) error {
	job, err := c.prepare(std)
	if err != nil {
		return err
	}
	exit := exitPassed
	for _, file := range c.Files {
		report := c.verify(ctx, job, file, std)
		if err := report.print(std.out, c.JSON); err != nil {
			return usageErrorf("writing the report: %w", err)
		}
		exit = worse(exit, report.exit)
	}
	if exit != exitPassed {
		return &exitError{code: exit}
	}
	return nil
}

// verify checks one file. A file that cannot be read does not keep the others from being checked.
func (c *VerifyCmd) verify(ctx context.Context, job verifyJob, file string, std streams) verifyReport {
	doc, err := readDocument(file, std.in, xmltree.DefaultLimits().Bytes)
	if err != nil {
		fmt.Fprintf(std.err, "kopir: %s: %v\n", file, err)
		return unreadable(file, err)
	}
	opt := job.options
	opt.Coverage = true
	result := xmlsig.Verify(nil, doc, opt)
	result.CheckRevocation(ctx, job.statuses, job.options.At, job.mode)
	result.CheckIdentity(c.IIN, c.BIN)
	report := newVerifyReport(file, &result)
	if !c.JSON { // the object for programs is fixed by DESIGN §6
		report.findings = xmlsig.Diagnose(doc, job.options, result)
	}
	return report
}

// readDocument reads one byte more than the limit: the verifier then says too_large itself.
func readDocument(file string, stdin io.Reader, limit int) ([]byte, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, withoutPath(err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	doc, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	return doc, withoutPath(err)
}

// withoutPath takes the path out of an error that is shown behind it.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// worse returns the exit code that wins: 2 over 1 over 3 over 0.
func worse(a, b int) int {
	rank := map[int]int{exitPassed: 0, exitInconclusive: 1, exitFailed: 2, exitUsage: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// exitOf is the exit code of a verdict.
func exitOf(verdict reason.Outcome) int {
	switch verdict {
	case reason.Passed:
		return exitPassed
	case reason.Failed:
		return exitFailed
	default:
		return exitInconclusive
	}
}

// checkNumber refuses what can be no IIN or BIN. The check digit is not asked for: test persons have none.
func checkNumber(flag, number string) error {
	if number != "" && (len(number) != 12 || strings.Trim(number, "0123456789") != "") {
		return usageErrorf("--%s wants 12 digits", flag)
	}
	return nil
}
