package console

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kopir/gateway"
)

// caseView is one application, where it stands and how it came there.
type caseView struct {
	gateway.Case
	ServiceName string
	Term        string // words for the time left
	Overdue     bool
	Path        []pathStep
	History     []historyLine
	Broken      int // the first event that does not fit the chain; 0 when it is whole
	Verdicts    []verdictRow
}

// pathStep is one state of the usual way.
type pathStep struct {
	State   gateway.State
	Reached bool
	Current bool
}

// historyLine is one event in words.
type historyLine struct {
	gateway.Event
	Title string
	Facts []fact
}

type fact struct {
	Name, Value, Href string
	English           bool // in the program's own words
}

// numbers of applications: letters, digits and dashes, and never as bare as a personal number.
var numbers = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{2,39}$`)

func plausibleNumber(s string) bool { return numbers.MatchString(s) }

var errNumber = errors.New("not an application's number")

// findCase goes to the case whose number was typed. The number comes in the body: somebody
// will type an IIN one day, and no address or log may hold it.
func (c *Console) findCase(r *http.Request, _ visit) (*shown, error) {
	const formBytes = 4 << 10
	r.Body = http.MaxBytesReader(nil, r.Body, formBytes)
	number := strings.ToUpper(strings.TrimSpace(r.PostFormValue("number")))
	if !plausibleNumber(number) {
		return nil, errNumber
	}
	return &shown{Goto: Base + "/cases/" + url.PathEscape(number)}, nil
}

// showCase shows one case and records who opened it (people.md §5). What cannot be recorded is not shown.
func (c *Console) showCase(r *http.Request, v visit) (*shown, error) {
	ctx, number := r.Context(), r.PathValue("number")
	if !plausibleNumber(number) {
		return nil, &gateway.Error{Code: gateway.CodeNotFound, Detail: "no such number"}
	}
	found, err := c.cfg.Ledger.Case(ctx, number)
	if err != nil {
		return nil, err
	}
	if err := c.cfg.Ledger.Act(ctx, gateway.Act{At: v.now, Actor: v.caller.ID, Kind: "case_opened", Target: number}); err != nil {
		return nil, err
	}
	events, err := c.cfg.Ledger.Events(ctx, number)
	if err != nil {
		return nil, err
	}
	verdicts, err := c.cfg.Ledger.Verdicts(ctx, gateway.VerdictFilter{Number: number, Limit: verdictsShown})
	if err != nil {
		return nil, err
	}
	view := caseView{Case: found, ServiceName: c.serviceTitle(v.lang, found.Service), Path: wayOf(found, events),
		History: c.history(v.lang, events), Broken: brokenAt(events), Verdicts: c.verdictRows(v.lang, verdicts)}
	view.Term, view.Overdue = c.term(v, found)
	return &shown{Template: "case", Nav: "", Title: c.texts.get(v.lang, "case.title") + " " + found.Number, Body: view}, nil
}

// term says how much of the term is left. It ends with the provider's answer or the refusal.
func (c *Console) term(v visit, found gateway.Case) (words string, overdue bool) {
	switch found.State {
	case gateway.StateCompleted, gateway.StateDeclined, gateway.StateDelivered, gateway.StateRefused:
		return c.texts.get(v.lang, "case.closed"), false
	}
	if found.DueAt.IsZero() {
		return c.texts.get(v.lang, "case.no_due"), false
	}
	if left := found.DueAt.Sub(v.now); left >= 0 {
		return c.texts.get(v.lang, "case.left", c.texts.span(v.lang, left)), false
	}
	return c.texts.get(v.lang, "case.overdue", c.texts.span(v.lang, v.now.Sub(found.DueAt))), true
}

// wayOf is the usual way with the places this case was at, and the unusual place it is at.
func wayOf(found gateway.Case, events []gateway.Event) []pathStep {
	way := []gateway.State{gateway.StateAccepted, gateway.StateInWork, gateway.StateCompleted, gateway.StateDelivered}
	declined := found.State == gateway.StateDeclined || found.Outcome == "negative"
	switch {
	case found.State == gateway.StateRefused:
		way = []gateway.State{gateway.StateRefused}
	case found.State == gateway.StateDead:
		way = []gateway.State{gateway.StateAccepted, gateway.StateDead}
	case declined:
		way[2] = gateway.StateDeclined
	}
	wasParked := slices.ContainsFunc(events, func(e gateway.Event) bool { return e.Kind == string(gateway.StateParked) })
	if found.State == gateway.StateParked || wasParked {
		way = append([]gateway.State{gateway.StateParked}, way...)
	}
	at := slices.Index(way, found.State)
	steps := make([]pathStep, len(way))
	for i, s := range way {
		steps[i] = pathStep{State: s, Reached: i <= at, Current: i == at}
	}
	return steps
}

// history puts events into words, the newest last as they happened.
func (c *Console) history(lang string, events []gateway.Event) []historyLine {
	lines := make([]historyLine, 0, len(events))
	for _, e := range events {
		line := historyLine{Event: e, Title: c.eventTitle(lang, e)}
		for _, key := range slices.Sorted(maps.Keys(e.Data)) {
			value := e.Data[key]
			if value == "" || e.Kind == string(gateway.StateDelivered) && slices.Contains(postalKeys, key) {
				continue
			}
			f := fact{Name: c.texts.word(lang, "data", key), Value: c.factValue(lang, key, value)}
			switch key {
			case "verdict":
				f.Href = Base + "/verdicts/" + url.PathEscape(value)
			case "rule", "cause", "reason":
				f.English = f.Value == written(lang, value)
			}
			line.Facts = append(line.Facts, f)
		}
		lines = append(lines, line)
	}
	return lines
}

// postalKeys of a delivery are said by its title already, or mean nothing to people.
var postalKeys = []string{"kind", "message"}

// eventTitle names an event. Of what was delivered, a notification is not the result.
func (c *Console) eventTitle(lang string, e gateway.Event) string {
	if e.Kind == string(gateway.StateDelivered) && e.Data["kind"] == gateway.KindNotification {
		return c.texts.get(lang, "event.notified")
	}
	return c.texts.word(lang, "event", e.Kind)
}

// digestLength is that of a SHA-256 in hex: of those the head is enough.
const digestLength = 64

func (c *Console) factValue(lang, key, value string) string {
	switch {
	case key == "code":
		return c.codeTitle(lang, gateway.Code(value)) + " (" + scrub(value) + ")"
	case key == "register":
		return c.texts.word(lang, "lookup.register", value)
	case key == "lookup_cause":
		return c.texts.word(lang, "lookup.cause", value)
	case key == "differences":
		return c.differences(lang, value)
	case key == "mark":
		return c.texts.word(lang, "mark", value)
	case key == "via":
		return c.texts.word(lang, "via", value)
	case key == "provider":
		return c.providerName(lang, value)
	case key == "service":
		return c.serviceTitle(lang, value)
	case key == "destination":
		return c.destination(lang, value)
	case key == "status":
		return c.texts.word(lang, "state", value)
	case key == "step":
		return c.texts.word(lang, "step", value)
	case key == "rule":
		if words := c.rule(lang, value); words != "" {
			return words
		}
	case key == "outcome":
		return c.texts.word(lang, "case.outcome", value)
	case len(value) == digestLength && !strings.Contains(value, " "):
		return short(value)
	}
	return written(lang, value)
}

// differences names what a register says otherwise.
func (c *Console) differences(lang, names string) string {
	words := strings.Fields(names)
	for i, name := range words {
		words[i] = c.texts.word(lang, "lookup.difference", name)
	}
	return strings.Join(words, ", ")
}

// brokenAt follows the chain of hashes (DESIGN §3 rule 11) and returns the first event that does not fit.
func brokenAt(events []gateway.Event) int {
	previous := ""
	for _, e := range events {
		if gateway.ChainHash(previous, e) != e.Hash {
			return max(e.Seq, 1)
		}
		previous = e.Hash
	}
	return 0
}
