package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
	"kopir/gateway/worktime"
	"kopir/xmlsig/reason"
)

// RouteCmd answers: where would this application go, why, and when would its result be due?
type RouteCmd struct {
	dataDir   `embed:""`
	Service   string `required:"" placeholder:"KEY" help:"Service: housing-assistance, or asp-certificate (the territory chooses the variant)."`
	Territory string `required:"" placeholder:"KATO" help:"Territory the form names, nine digits."`
	Date      string `placeholder:"YYYY-MM-DD" help:"Day of the registry and of the regulation (default: today)."`
	At        string `placeholder:"RFC3339" help:"Moment the application is received; tells when the result is due."`
	Channel   string `enum:"portal,department,service_centre,rural_akim,employment_centre" default:"portal" help:"Channel it comes by: ${enum}."`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Help shows an example and the exit codes.
func (c *RouteCmd) Help() string {
	return `Example: kopir route --service housing-assistance --territory 593200000 --at 2026-12-14T16:00:00+05:00

Exit codes: 0 the application has a provider, 1 it would be refused, 2 usage.`
}

// Run prints the answer.
func (c *RouteCmd) Run() error { return c.run(standardStreams()) }

// routeView is the answer as --json prints it.
type routeView struct {
	Service   string `json:"service,omitempty"`
	Territory string `json:"territory"`
	Provider  string `json:"provider,omitempty"`
	NameKk    string `json:"name_kk,omitempty"`
	NameRu    string `json:"name_ru,omitempty"`
	BIN       string `json:"bin,omitempty"`
	Hours     string `json:"hours,omitempty"`
	Rule      string `json:"rule,omitempty"`
	Channel   string `json:"channel"`
	Term      string `json:"term,omitempty"`
	Received  string `json:"received_at,omitempty"`
	Due       string `json:"due_at,omitempty"`
	Code      string `json:"code,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

func (c *RouteCmd) run(std streams) error {
	services, registry, err := c.load()
	if err != nil {
		return err
	}
	on, err := c.moment(std.now)
	if err != nil {
		return err
	}
	v, err := c.answer(services, registry, on)
	var refusal *reason.Error
	if errors.As(err, &refusal) {
		v.Code, v.Detail = string(refusal.Code), refusal.Detail
	} else if err != nil {
		return err
	}
	if err := c.print(std.out, v); err != nil {
		return err
	}
	if refusal != nil {
		return &exitError{code: 1}
	}
	return nil
}

// moment is when the application would come: at, else noon of the date, else now.
func (c *RouteCmd) moment(now func() time.Time) (time.Time, error) {
	zone := worktime.Location()
	if c.At != "" {
		t, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return t, usageErrorf("--at %q is not a moment like 2026-12-14T16:00:00+05:00", c.At)
		}
		return t.In(zone), nil
	}
	if c.Date != "" {
		t, err := time.ParseInLocation(time.DateOnly, c.Date, zone)
		if err != nil {
			return t, usageErrorf("--date %q is not a day like 2026-12-14", c.Date)
		}
		return t.Add(12 * time.Hour), nil
	}
	return now().In(zone), nil
}

func (c *RouteCmd) answer(services *catalogue.Catalogue, registry *routing.Registry, on time.Time) (routeView, error) {
	v := routeView{Territory: c.Territory, Channel: c.Channel}
	s, err := c.service(services, on)
	if err != nil {
		return v, err
	}
	v.Service = s.Key
	if !s.Offers(c.Channel) {
		return v, reason.Newf("channel_not_offered", "%s is offered by: %v", s.Key, s.Channels)
	}
	d, err := registry.Route(s.ProviderKinds, c.Territory, on)
	if err != nil {
		return v, err
	}
	hours, err := s.HoursOf(d.Provider.Kind, d.Provider.Hours)
	if err != nil {
		return v, err
	}
	v.Provider, v.NameKk, v.NameRu, v.BIN = d.Provider.ID, d.Provider.NameKk, d.Provider.NameRu, d.Provider.BIN
	v.Rule, v.Term, v.Hours = d.Rule, s.Limit(c.Channel).String(), hours.String()
	if c.At == "" {
		return v, nil
	}
	calendar, err := worktime.Load(c.open())
	if err != nil {
		return v, err
	}
	due, err := calendar.Due(on, s.Limit(c.Channel), hours)
	if err != nil {
		return v, err
	}
	v.Received, v.Due = on.Format(time.RFC3339), due.Format(time.RFC3339)
	return v, nil
}

// service finds the variant and version as the gateway would; a key with its variant is held against the territory.
func (c *RouteCmd) service(services *catalogue.Catalogue, on time.Time) (*catalogue.Service, error) {
	for _, s := range services.Services() {
		if s.Key != c.Service && s.ID != c.Service {
			continue
		}
		found, err := services.ForForm(s.Namespace, c.Territory, on)
		if err == nil && s.Key == c.Service && found.Key != s.Key {
			return nil, reason.Newf("territory_unknown", "%s is not offered in territory %s; %s is", c.Service, c.Territory, found.Key)
		}
		return found, err
	}
	return nil, usageErrorf("there is no service %q; kopir catalogue show lists them", c.Service)
}

func (c *RouteCmd) print(w io.Writer, v routeView) error {
	if c.JSON {
		return printIndented(w, v)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"service", v.Service}, {"territory", v.Territory}, {"channel", v.Channel}, {"refused", v.Code}, {"because", v.Detail},
		{"provider", v.Provider}, {"", v.NameKk}, {"", v.NameRu}, {"BIN", binOrGap(v)}, {"rule", v.Rule},
		{"hours", v.Hours}, {"term", v.Term}, {"received", v.Received}, {"due", v.Due},
	} {
		if line[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", line[0], line[1])
		}
	}
	return t.Flush()
}

func binOrGap(v routeView) string {
	if v.Provider != "" && v.BIN == "" {
		return "not supplied yet: a result could not be accepted"
	}
	return v.BIN
}
