package demo

import (
	"context"
	"slices"
	"strings"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
)

// openDistricts starts the two district systems: one for the north and Zhambyl, one for Akmola.
func (w *world) openDistricts(ctx context.Context) error {
	w.t.chapter("Two district systems poll their queues")
	for _, d := range []struct {
		id     string
		region []string
	}{{"district-north", []string{"59", "31"}}, {"district-akmola", []string{"11"}}} {
		providers := w.providersOf(d.region)
		key, err := w.app.Access().Add(ctx, gateway.Caller{ID: d.id, Kind: gateway.CallerProvider, Providers: providers}, "demo")
		if err != nil {
			return err
		}
		district := &simulate.District{Name: d.id, Client: w.client(key), Providers: providers, Log: w.t.say, Now: w.now}
		district.Decide = w.decider(ctx, district)
		go district.Run(ctx)
		w.t.say("%s polls for %s", d.id, strings.Join(providers, ", "))
	}
	return nil
}

// providersOf are the providers of the story's orders in these regions.
func (w *world) providersOf(regions []string) []string {
	var ids []string
	for _, o := range w.orders {
		if !slices.Contains(regions, o.territory[:2]) {
			continue
		}
		service, _ := w.rules.Catalogue.ByKey(o.service)
		d, err := w.rules.Registry.Route(service.ProviderKinds, o.territory, w.now())
		if err == nil && !slices.Contains(ids, d.Provider.ID) {
			ids = append(ids, d.Provider.ID)
		}
	}
	return ids
}

// decider answers every case by the service's own rules: a positive result signed by the official
// the service names, or the motivated refusal the story foresees.
func (w *world) decider(ctx context.Context, d *simulate.District) simulate.Decide {
	return func(l simulate.Lease) (simulate.Result, xmlsig.Key, bool) {
		service, ok := w.rules.Catalogue.ByKey(l.Service)
		c, _, err := w.app.History(ctx, l.Number)
		if !ok || err != nil {
			w.t.say("%s: %s cannot be worked on: %v", d.Name, l.Number, err)
			return simulate.Result{}, xmlsig.Key{}, false
		}
		provider, _ := w.rules.Registry.Provider(c.Provider)
		w.mu.Lock()
		key, err := w.official(service, provider)
		w.mu.Unlock()
		if err != nil {
			w.t.say("%s: no official: %v", d.Name, err)
			return simulate.Result{}, xmlsig.Key{}, false
		}
		w.trySwap(ctx, l, d)
		id, _, _ := strings.Cut(l.Service, "/")
		r := simulate.Result{Number: l.Number, Service: id, IIN: l.Applicant.IIN, Outcome: gateway.OutcomePositive,
			TextKk: "Қызмет көрсетілді.", TextRu: "Услуга оказана."}
		if ground := w.groundOf(l.Service); ground != "" {
			r.Outcome, r.Ground = gateway.OutcomeNegative, ground
			r.TextKk, r.TextRu = "Дәлелді бас тарту: жұмыссыз ретінде тіркелмеген.", "Мотивированный отказ: не зарегистрирован как безработный."
		}
		return r, key, true
	}
}

func (w *world) groundOf(service string) string {
	for _, o := range w.orders {
		if o.service == service {
			return o.ground
		}
	}
	return ""
}

// trySwap sends, for the one case the story armed it for, another case's result first.
func (w *world) trySwap(ctx context.Context, l simulate.Lease, d *simulate.District) {
	if w.swapArmed.CompareAndSwap(true, false) {
		w.swapped <- w.swap(ctx, l, d)
	}
}

// expect adds an application of a later chapter to those that must reach the cabinet.
func (w *world) expect(number, service string) *order {
	o := &order{service: service, number: number, letters: number}
	w.later = append(w.later, o)
	return o
}
