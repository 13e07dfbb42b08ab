package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
	"kopir/schemas"
)

// CatalogueCmd looks at the data the gateway runs on.
type CatalogueCmd struct {
	Check CatalogueCheckCmd `cmd:"" help:"Find mistakes and gaps in services, providers, calendars and texts."`
	Show  CatalogueShowCmd  `cmd:"" help:"Show the services, or everything about one."`
}

// dataDir is the folder of data a command works on.
type dataDir struct {
	Dir string `type:"existingdir" placeholder:"DIR" help:"Folder shaped like schemas/ instead of the data in the program."`
}

func (d dataDir) open() fs.FS {
	if d.Dir == "" {
		return schemas.FS
	}
	return os.DirFS(d.Dir)
}

// CatalogueCheckCmd checks all data.
type CatalogueCheckCmd struct {
	dataDir `embed:""`
	JSON    bool `name:"json" help:"Print one JSON object per problem, each on one line."`
}

// Help shows an example and the exit codes.
func (c *CatalogueCheckCmd) Help() string {
	return `Example: kopir catalogue check --dir /etc/kopir/schemas

A gap is something only the operator can supply: a BIN, the code of a rural district, the calendar
of next year. Gaps are counted and are no mistakes. Exit codes: 0 no mistake, 1 mistakes.`
}

// Run prints every problem and the counts.
func (c *CatalogueCheckCmd) Run() error { return c.run(standardStreams()) }

func (c *CatalogueCheckCmd) run(std streams) error {
	mistakes, gaps := 0, 0
	list := catalogue.CheckAt(c.open(), std.now())
	for _, p := range list {
		word := "mistake"
		if p.Gap {
			word = "gap"
			gaps++
		} else {
			mistakes++
		}
		if c.JSON {
			if err := json.NewEncoder(std.out).Encode(p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(std.out, "%-8s %s\n", word, p)
	}
	if !c.JSON {
		fmt.Fprintf(std.out, "%d mistakes, %d gaps for the operator to fill\n", mistakes, gaps)
	}
	if mistakes > 0 {
		return &exitError{code: 1}
	}
	return nil
}

// CatalogueShowCmd shows services.
type CatalogueShowCmd struct {
	dataDir `embed:""`
	JSON    bool   `name:"json" help:"Print JSON."`
	Lang    string `enum:"kk,ru" default:"ru" help:"Language of titles and steps: ${enum}."`
	Service string `arg:"" optional:"" help:"Key of a service, as in the list."`
}

// Help shows an example.
func (c *CatalogueShowCmd) Help() string {
	return `Example: kopir catalogue show housing-assistance
         kopir catalogue show --lang kk asp-certificate/zhambyl`
}

// Run prints the list, or one service.
func (c *CatalogueShowCmd) Run() error { return c.run(standardStreams()) }

func (c *CatalogueShowCmd) run(std streams) error {
	all, err := catalogue.Load(c.open())
	if err != nil {
		return err
	}
	if c.Service == "" {
		return c.list(std.out, all)
	}
	s, ok := all.ByKey(c.Service)
	if !ok {
		return usageErrorf("there is no service %q; kopir catalogue show lists them", c.Service)
	}
	if c.JSON {
		return printIndented(std.out, viewOf(s))
	}
	return c.one(std.out, s)
}

func (c *CatalogueShowCmd) list(w io.Writer, all *catalogue.Catalogue) error {
	if c.JSON {
		views := []serviceView{}
		for _, s := range all.Services() {
			views = append(views, viewOf(s))
		}
		return printIndented(w, views)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SERVICE\tREGIONS\tFORM\tCHANNELS\tSIGNS\tTITLE")
	for _, s := range all.Services() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Key, strings.Join(s.Regions, ","), s.Form,
			strings.Join(s.Channels, ","), strings.Join(s.SignerRoles(), ","), s.Title[c.Lang])
	}
	return t.Flush()
}

// one prints a service as its regulation reads.
func (c *CatalogueShowCmd) one(w io.Writer, s *catalogue.Service) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\n%s\n\n", s.Key, s.Title[c.Lang])
	for _, l := range s.Legal {
		fmt.Fprintf(t, "act\t%s, %s № %s%s\n", l.Title[c.Lang], l.Date.Format("02.01.2006"), l.Number, revoked(l))
	}
	fmt.Fprintf(t, "namespace\t%s\n", s.Namespace)
	fmt.Fprintf(t, "version\t%d, from %s\n", s.Version, s.ValidFrom.Format("02.01.2006"))
	fmt.Fprintf(t, "form\t%s\n", s.Form)
	fmt.Fprintf(t, "regions\t%s\n", strings.Join(s.Regions, ", "))
	fmt.Fprintf(t, "providers\t%s\n", strings.Join(s.ProviderKinds, ", "))
	fmt.Fprintf(t, "applicant\t%s (%s)\n", s.Applicant.Who[c.Lang], s.Applicant.Identity)
	fmt.Fprintf(t, "serviceId\t%s\n", strings.Join(s.SHEP.ServiceIDs, ", "))
	fmt.Fprintf(t, "routeId\t%s\n", strings.Join(s.SHEP.Routes, ", "))
	if check := s.SHEP.Transport; check != "" {
		fmt.Fprintf(t, "transport\t%s\n", check)
	}
	fmt.Fprintf(t, "payload\t%s\n", s.SHEP.Payload.Style)
	if len(s.Lookups) > 0 {
		fmt.Fprintf(t, "asked\t%s\n", strings.Join(s.Lookups, ", "))
	}
	fmt.Fprintf(t, "signs\t%s: %s\n", s.Signer.Who[c.Lang], strings.Join(s.Signer.Roles, " or "))
	fmt.Fprintf(t, "consent\t%t\n", s.ConsentRequired)
	fmt.Fprintf(t, "revocation\t%s\n", s.Revocation)
	if act := s.Revocation.Approved.String(); act != "" {
		fmt.Fprintf(t, "approved\t%s\n", act)
	}
	fmt.Fprintf(t, "result\t%s\n\t%s\n", s.Outputs["positive"][c.Lang], s.Outputs["negative"][c.Lang])
	c.channels(t, s)
	c.papers(t, s)
	for _, n := range s.Notes {
		fmt.Fprintf(t, "note\t%s\n", n)
	}
	for _, g := range s.Gaps {
		fmt.Fprintf(t, "gap\t%s\n", g)
	}
	return t.Flush()
}

func revoked(l catalogue.Legal) string {
	if l.Revoked == "" {
		return ""
	}
	return " (revoked " + l.Revoked + ")"
}

// channels prints the term and the steps of every channel.
func (c *CatalogueShowCmd) channels(w io.Writer, s *catalogue.Service) {
	for _, channel := range s.Channels {
		fmt.Fprintf(w, "\n%s\t%s\n", channel, s.Limit(channel))
		for _, st := range s.StepsFor(channel) {
			limit := st.Limit.String()
			if st.Unknown {
				limit = "no limit given"
			}
			fmt.Fprintf(w, "  %d %s\t%s\t%s\t%s\n", st.Order, st.Code, st.Role, limit, st.Text[c.Lang])
		}
	}
	fmt.Fprintln(w)
}

// papers prints fields, documents and grounds of refusal.
func (c *CatalogueShowCmd) papers(w io.Writer, s *catalogue.Service) {
	for _, f := range s.Schema {
		fmt.Fprintf(w, "field\t%s\t%s%s\t%s\n", f.Path, f.Type, mark(f.Required, " required"), f.Label[c.Lang])
	}
	for _, d := range s.Documents {
		how := strings.Join(d.Channels, ",") + mark(d.Optional, " if it applies") + mark(d.Shown, " shown") + mark(d.OneOf != "", " one of "+d.OneOf)
		fmt.Fprintf(w, "document\t%s\t%s\t%s\n", d.Code, how, d.Title[c.Lang])
	}
	for _, g := range s.Refusals {
		fmt.Fprintf(w, "refusal\t%s\t\t%s\n", g.Code, g.Text[c.Lang])
	}
}

func mark(yes bool, word string) string {
	if yes {
		return word
	}
	return ""
}

// printIndented writes v for people who read JSON.
func printIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// loadData reads the services and the providers of a folder, or of the program.
func (d dataDir) load() (*catalogue.Catalogue, *routing.Registry, error) {
	services, err := catalogue.Load(d.open())
	registry, err2 := routing.Load(d.open())
	return services, registry, errors.Join(err, err2)
}
