package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"kopir/cmd/kopir/internal/app"
	"kopir/gateway/evidence"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
)

// PolicyCmd asks what another policy would mean.
type PolicyCmd struct {
	WhatIf WhatIfCmd `cmd:"" name:"what-if" help:"Make stored verdicts again under another policy. Example: kopir policy what-if --end rsa-2048=2027-01-01 --from 2026-11-22"`
}

// WhatIfCmd replays stored verdicts.
type WhatIfCmd struct {
	where
	From      string        `placeholder:"DATE" help:"Verdicts from this day or moment on (default: the last 24 hours)."`
	To        string        `placeholder:"DATE" help:"Verdicts before this day or moment (default: now)."`
	End       []string      `placeholder:"NAME[=DATE]" help:"An algorithm that counts no longer: sha1, rsa, rsa-2048, rsa-3072, gost2004, gost2015, ecdsa."`
	Unknown   string        `enum:",park,refuse" default:"" help:"What an unknown certificate status means: park (as ever) or refuse."`
	Freshness time.Duration `help:"How long an OCSP answer without nextUpdate counts, as 10m."`
	Profile   string        `enum:",national,generic" default:"" help:"What every signer's certificate must be for: national or generic."`
	JSON      bool          `name:"json" help:"Print one JSON object."`
}

// Help says what is replayed.
func (c *WhatIfCmd) Help() string {
	return `Example: kopir policy what-if --from 2026-11-22 --to 2026-11-23 --end rsa-2048 --end sha1

Every stored document is verified again with the stored evidence, at its own moment, under the changed
policy; nothing is fetched and nothing is written. An ending with a date counts for what was signed from
that day on, one without for everything. Numbers and codes are printed, no names.
"If RSA-2048 ended tomorrow" is --end rsa-2048 over yesterday.`
}

// Run prints what would be otherwise.
func (c *WhatIfCmd) Run() error { return c.run(context.Background(), standardStreams()) }

func (c *WhatIfCmd) run(ctx context.Context, std streams) error {
	from, to, err := c.span(std.now())
	if err != nil {
		return err
	}
	policy, err := c.policy()
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return usageErrorf("%w", err)
	}
	if _, err := os.Stat(cfg.Ledger); err != nil && !app.IsPostgres(cfg.Ledger) {
		return usageErrorf("there is no ledger %s; name it by --config, --data or --ledger", cfg.Ledger)
	}
	ledger, err := app.OpenLedger(ctx, cfg, app.Machine())
	if err != nil {
		return err
	}
	defer ledger.Close()
	what, err := app.WhatIf(cfg, app.Machine(), ledger, policy)
	if err != nil {
		return err
	}
	report, err := what.Run(ctx, from, to, counter(std.err))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, report)
	}
	return printWhatIf(std.out, report)
}

// counter tells every hundredth verdict.
func counter(w io.Writer) func(int) {
	return func(looked int) {
		if looked%100 == 0 {
			fmt.Fprintf(w, "%d verdicts looked at …\n", looked)
		}
	}
}

func (c *WhatIfCmd) span(now time.Time) (from, to time.Time, err error) {
	if to, err = dayOr(c.To, now); err != nil {
		return from, to, usageErrorf("--to: %w", err)
	}
	if from, err = dayOr(c.From, to.Add(-24*time.Hour)); err != nil {
		return from, to, usageErrorf("--from: %w", err)
	}
	if !from.Before(to) {
		return from, to, usageErrorf("--from must be before --to")
	}
	return from, to, nil
}

// dayOr reads 2026-11-22, its beginning on this machine, or RFC 3339.
func dayOr(s string, other time.Time) (time.Time, error) {
	if s == "" {
		return other, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		err = fmt.Errorf("%q is neither a day like 2026-11-22 nor a moment like 2026-11-22T12:00:00Z", s)
	}
	return at, err
}

func (c *WhatIfCmd) policy() (p evidence.Policy, err error) {
	p = evidence.Policy{Unknown: c.Unknown, Freshness: c.Freshness}
	for _, s := range c.End {
		e, err := xmlsig.ParseEnding(s)
		if err != nil {
			return p, usageErrorf("--end: %w", err)
		}
		p.Ended = append(p.Ended, e)
	}
	for _, purpose := range []pki.Purpose{pki.PurposeNational, pki.PurposeGeneric} {
		if c.Profile == purpose.String() {
			p.Purpose = &purpose
		}
	}
	if c.Freshness < 0 {
		return p, usageErrorf("--freshness: want a duration like 10m")
	}
	if len(p.Ended) == 0 && p.Unknown == "" && p.Freshness == 0 && p.Purpose == nil {
		return p, usageErrorf("say what changes: --end, --unknown, --freshness or --profile")
	}
	return p, nil
}

func printWhatIf(w io.Writer, r evidence.WhatIfReport) error {
	out := bufio.NewWriter(w)
	for _, c := range r.Changed {
		number := c.Number
		if number == "" {
			number = "verdict " + c.Verdict
		}
		fmt.Fprintf(out, "%s  %-11s %s: %s → %s\n", c.At.UTC().Format(time.RFC3339), c.Kind, plain(number),
			withCode(c.Was.String(), c.WasCode), withCode(c.Now.String(), c.NowCode))
	}
	fmt.Fprintf(out, "%d of %d that passed would fail, %d would be parked", r.Fail, r.Passed, r.Park)
	if r.Rescued > 0 {
		fmt.Fprintf(out, "; %d that did not pass would", r.Rescued)
	}
	fmt.Fprintf(out, " (%d verdicts looked at)\n", r.Looked)
	var codes []string
	for code, n := range r.ByCode {
		codes = append(codes, fmt.Sprintf("  %s: %d", code, n))
	}
	slices.Sort(codes)
	for _, line := range codes {
		fmt.Fprintln(out, line)
	}
	if r.Unusable > 0 {
		fmt.Fprintf(out, "  %d could not be looked at: their documents are not stored any longer\n", r.Unusable)
	}
	if r.Recorded > 0 {
		fmt.Fprintf(out, "  %d judged by the recorded status: the revocation list itself is not kept\n", r.Recorded)
	}
	return out.Flush()
}
