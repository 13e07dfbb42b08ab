package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"kopir/cmd/kopir/internal/app"
	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
)

// TrustCmd keeps the certificates of those who are believed.
type TrustCmd struct {
	List  TrustListCmd  `cmd:"" help:"Show what is trusted, for whom, until when and why. Example: kopir trust list --json"`
	Add   TrustAddCmd   `cmd:"" help:"Trust CA certificates; one that is not pinned needs a reason. Example: kopir trust add --generic --reason 'order 17 of 02.03.2026' bank-ca.cer"`
	Fetch TrustFetchCmd `cmd:"" help:"Download the pinned national CA certificates. Example: kopir trust fetch"`
	Check TrustCheckCmd `cmd:"" help:"Look for what is wrong with the trusted certificates. Example: kopir trust check"`
}

// Help tells where trusted certificates lie.
func (c *TrustCmd) Help() string {
	return `The national CA certificates are pinned by their SHA-256 in the program and lie, once brought, in the folder
trust of the data folder; what is deleted there is trusted no more after the next start. TEST and production
certificates never mix: trust.test_pki in the configuration says which of the two this gateway is for.`
}

// TrustListCmd shows what is trusted.
type TrustListCmd struct {
	where
	JSON   bool `name:"json" help:"Print one JSON object."`
	Pinned bool `help:"Show the certificates the program pins, brought or not, and where they are published."`
}

// trustView is a trusted certificate as list shows it.
type trustView struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"`        // root, issuing
	Trusted     string `json:"trusted"`     // anchor: itself; path: it only helps to reach one
	Environment string `json:"environment"` // production, test; empty for what is not pinned
	Purpose     string `json:"purpose"`     // national, generic; of the anchor above it where it has none
	Key         string `json:"key"`
	NotBefore   string `json:"not_before"`
	NotAfter    string `json:"not_after"`
	DaysLeft    int    `json:"days_left"`
	SHA256      string `json:"sha256"`
	Pinned      bool   `json:"pinned"`
	Reason      string `json:"reason,omitempty"`
	AddedBy     string `json:"added_by,omitempty"`
	AddedAt     string `json:"added_at,omitempty"`
	Origin      string `json:"origin"` // folder, anchors, generic
	File        string `json:"file"`
	Problem     string `json:"problem,omitempty"` // why the file is of no use
}

// Run prints the list.
func (c *TrustListCmd) Run() error { return c.run(standardStreams()) }

func (c *TrustListCmd) run(std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Pinned {
		return printPinned(std.out, c.JSON)
	}
	views := []trustView{}
	for _, e := range app.ReadTrust(cfg) {
		views = append(views, viewTrust(e, std.now()))
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(struct {
			TestPKI      bool        `json:"test_pki"`
			Model        string      `json:"model"`
			Certificates []trustView `json:"certificates"`
		}{cfg.Trust.TestPKI, modelName(cfg), views})
	}
	if cfg.Trust.TestPKI {
		fmt.Fprintln(std.out, "TEST PKI: nothing accepted here has legal force")
	}
	if len(views) == 0 {
		fmt.Fprintln(std.out, "nobody is trusted yet; kopir trust fetch brings the national CA certificates")
		return nil
	}
	return printTrust(std.out, views)
}

func modelName(cfg config.Config) string {
	model, _ := pki.ParseModel(cfg.Trust.Model)
	return model.String()
}

func viewTrust(e app.TrustEntry, now time.Time) trustView {
	v := trustView{Origin: e.Origin, File: e.File}
	if e.Err != nil {
		v.Problem = e.Err.Error()
		return v
	}
	cert := e.Cert
	v.Name, v.Key, v.SHA256 = cert.Subject.CommonName, keyWords(cert.PublicKey), hex.EncodeToString(cert.SHA256[:])
	v.Kind, v.Trusted = "issuing", "path"
	if cert.SelfSigned() {
		v.Kind = "root"
	}
	if e.Anchor {
		v.Trusted = "anchor"
	}
	if e.OwnPurpose {
		v.Purpose = e.Purpose.String()
	}
	v.NotBefore, v.NotAfter = moment(cert.NotBefore), moment(cert.NotAfter)
	v.DaysLeft = daysLeft(cert.NotAfter, now)
	if pinned := e.Pinned(); pinned != nil {
		v.Pinned, v.Environment = true, string(pinned.Environment)
	}
	if e.Note != nil {
		v.Reason, v.AddedBy, v.AddedAt = e.Note.Reason, e.Note.Actor, moment(e.Note.At)
	}
	if !cert.IsCA {
		v.Trusted, v.Problem = "no", "not a CA's certificate"
	}
	return v
}

// daysLeft counts whole days, negative ones after the end.
func daysLeft(until, now time.Time) int {
	left := until.Sub(now)
	if left < 0 {
		return -1 - int(-left/(24*time.Hour))
	}
	return int(left / (24 * time.Hour))
}

func printTrust(out io.Writer, views []trustView) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTRUSTED\tENVIRONMENT\tPURPOSE\tUNTIL\tDAYS\tWHY\tSHA-256\tFILE")
	for _, v := range views {
		if v.Problem != "" {
			fmt.Fprintf(w, "%s\tno\t\t\t\t\t%s\t%s\t%s\n", orDash(v.Name), v.Problem, v.SHA256, v.File)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", v.Name, v.Trusted, orDash(v.Environment), orDash(v.Purpose),
			v.NotAfter[:len(time.DateOnly)], v.DaysLeft, v.why(), v.SHA256, v.File)
	}
	return w.Flush()
}

// why says on whose word the certificate is trusted.
func (v trustView) why() string {
	var words []string
	if v.Pinned {
		words = append(words, "pinned")
	}
	if v.Reason != "" {
		words = append(words, v.AddedBy+": "+v.Reason)
	}
	if len(words) == 0 {
		words = append(words, map[string]string{app.OriginFolder: "not pinned, no reason given"}[v.Origin])
	}
	if words[0] == "" {
		words[0] = "configuration"
	}
	return strings.Join(words, "; ")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// pinnedView is a pinned certificate as list --pinned shows it.
type pinnedView struct {
	File        string   `json:"file"`
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Environment string   `json:"environment"`
	Key         string   `json:"key"`
	Purpose     string   `json:"purpose"`
	NotBefore   string   `json:"not_before"`
	NotAfter    string   `json:"not_after"`
	SHA256      string   `json:"sha256"`
	List        string   `json:"list"`
	Addresses   []string `json:"addresses"`
}

func printPinned(out io.Writer, asJSON bool) error {
	views := []pinnedView{}
	for _, n := range pki.Nationals() {
		kind := "issuing"
		if n.Root {
			kind = "root"
		}
		views = append(views, pinnedView{n.File, n.Name, kind, string(n.Environment), n.Algorithm, n.Purpose.String(),
			moment(n.NotBefore), moment(n.NotAfter), hex.EncodeToString(n.SHA256[:]), n.List, orEmpty(n.Addresses)})
	}
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			Pinned []pinnedView `json:"pinned"`
		}{views})
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tNAME\tKIND\tENVIRONMENT\tKEY\tPURPOSE\tUNTIL\tSHA-256\tPUBLISHED AT")
	for _, v := range views {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.File, v.Name, v.Kind, v.Environment, v.Key, v.Purpose,
			v.NotAfter[:len(time.DateOnly)], v.SHA256, orDash(strings.Join(v.Addresses, " ")))
	}
	return w.Flush()
}

// TrustCheckCmd looks for what is wrong.
type TrustCheckCmd struct {
	where
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Help tells what the exit code means.
func (c *TrustCheckCmd) Help() string { return "Exit codes: 0 nothing or only warnings, 1 errors." }

// Run prints the findings.
func (c *TrustCheckCmd) Run() error { return c.run(standardStreams()) }

func (c *TrustCheckCmd) run(std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	findings := app.CheckTrust(cfg, std.now())
	errors := 0
	for _, f := range findings {
		if f.Level == app.LevelError {
			errors++
		}
	}
	if err := c.print(std.out, findings, errors); err != nil {
		return err
	}
	if errors > 0 {
		return &exitError{code: exitFailed}
	}
	return nil
}

func (c *TrustCheckCmd) print(out io.Writer, findings []app.TrustFinding, errors int) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(struct {
			OK       bool               `json:"ok"`
			Findings []app.TrustFinding `json:"findings"`
		}{errors == 0, append([]app.TrustFinding{}, findings...)})
	}
	for _, f := range findings {
		fmt.Fprintf(out, "%-7s  %-18s  %s", f.Level, f.Code, f.Detail)
		if f.File != "" {
			fmt.Fprintf(out, "  (%s)", f.File)
		}
		fmt.Fprintln(out)
	}
	_, err := fmt.Fprintf(out, "trust: %d errors, %d warnings\n", errors, len(findings)-errors)
	return err
}

// warnTrust says something that does not stop a command.
func warnTrust(format string, args ...any) { fmt.Fprintf(os.Stderr, "kopir: "+format+"\n", args...) }
