package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// Options of the demo.
type Options struct {
	Once bool // end when the story is told; else keep serving
}

// patience is how long the story waits for anything that has to arrive.
const patience = 60 * time.Second

// Run tells the story to out. It returns nil only if everything happened.
func Run(ctx context.Context, out io.Writer, opt Options) error {
	dir, err := os.MkdirTemp("", "kopir-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	t := newTranscript(out)
	w, err := build(inner, t, dir)
	if err != nil {
		return err
	}
	defer w.app.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- w.app.Run(inner) }()
	if err := w.tell(inner); err != nil {
		return err
	}
	t.last(w.sum)
	if w.sum.lost > 0 {
		return fmt.Errorf("%d applications were lost", w.sum.lost)
	}
	if !opt.Once {
		w.pages()
		<-ctx.Done()
	}
	cancel()
	return <-stopped
}

// tell goes through the chapters.
func (w *world) tell(ctx context.Context) error {
	if err := w.openDistricts(ctx); err != nil {
		return err
	}
	w.t.chapter("Signed applications come in over three channels and are answered")
	for _, o := range w.orders {
		if err := w.submit(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.service, err)
		}
	}
	for _, o := range w.orders {
		if err := w.arrived(ctx, o); err != nil {
			return err
		}
	}
	w.t.chapter("What must not pass is refused, with its reason")
	if err := w.refuse(ctx); err != nil {
		return err
	}
	w.t.chapter("The same message, the same document, and another case's result")
	if err := w.repeat(ctx); err != nil {
		return err
	}
	if err := w.awaitSwap(ctx); err != nil {
		return err
	}
	w.t.chapter("OCSP and the CRL fall silent: an application is parked, never guessed")
	if err := w.park(ctx); err != nil {
		return err
	}
	if err := w.count(ctx); err != nil {
		return err
	}
	w.t.chapter("What was written is rooted in batches, and a time-stamping authority dates the roots")
	return w.stamped(ctx)
}

// submit sends one order on its way.
func (w *world) submit(ctx context.Context, o *order) error {
	service, _ := w.rules.Catalogue.ByKey(o.service)
	c, err := w.citizen(o.alg, nil)
	if err != nil {
		return err
	}
	o.requestNumber = w.requestNumber()
	a := simulate.Application{Service: service, IIN: c.iin, Territory: o.territory, Channel: string(gateway.ChannelPortal),
		RequestNumber: o.requestNumber, At: w.now()}
	doc, err := xmlsig.Sign(a.XML(), c.key, xmlsig.SignOptions{Rand: w.rand})
	if err != nil {
		return err
	}
	o.letters = o.requestNumber
	how, err := w.send(ctx, o, service.SHEP.ServiceIDs[0], doc)
	if err != nil {
		return err
	}
	w.t.say("%-34s %-4s signed, by %-10s → %s", o.service, family(o.alg), o.via, how)
	return nil
}

func family(alg testpki.Algorithm) string {
	if alg == testpki.RSA {
		return "RSA"
	}
	return "GOST"
}

func (w *world) send(ctx context.Context, o *order, serviceID string, doc []byte) (how string, err error) {
	switch o.via {
	case gateway.ViaREST:
		r, err := w.portal.Submit(ctx, o.requestNumber, doc)
		if err != nil {
			return "", err
		}
		o.number, o.letters = r.Number, r.Number
		return fmt.Sprintf("%s, due %s", r.Number, r.DueAt.In(gateway.Almaty).Format("02.01.2006 15:04")), nil
	case gateway.ViaSyncSOAP:
		r, err := w.shep.SendSync(ctx, serviceID, o.requestNumber, doc)
		if err != nil {
			return "", err
		}
		if r.Code != "SCSS001" {
			return "", fmt.Errorf("status %s: %s", r.Code, r.Message)
		}
		return r.Code + " at once", nil
	default:
		r, err := w.shep.SendAsync(ctx, serviceID, o.requestNumber, doc)
		return "taken, chain " + r.CorrelationID, err
	}
}

// arrived waits for the result in the cabinet: signed, verified, and after its status notifications.
func (w *world) arrived(ctx context.Context, o *order) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	letters, err := w.cabinet.Await(ctx, o.letters, simulate.IsResponse)
	if err != nil {
		return fmt.Errorf("%s: %w", o.service, err)
	}
	last := letters[len(letters)-1]
	o.number = last.Number
	if !simulate.IsResponse(last) || len(letters) < 3 {
		return fmt.Errorf("%s: %d letters arrived, the result is not the last after its notifications", o.service, len(letters))
	}
	if err := w.verified(last.Result); err != nil {
		return fmt.Errorf("%s: %w", o.service, err)
	}
	var way []string
	for _, l := range letters {
		way = append(way, l.Status)
	}
	w.sum.delivered++
	w.t.say("cabinet: %-34s %s", o.service, strings.Join(way, " → "))
	return nil
}

// awaitSwap waits until the foreign result was refused and the right one arrived.
func (w *world) awaitSwap(ctx context.Context) error {
	select {
	case err := <-w.swapped:
		if err != nil {
			return err
		}
	case <-time.After(patience):
		return fmt.Errorf("no district took over the case for the result_mismatch")
	}
	return w.arrived(ctx, w.later[len(w.later)-1])
}

// park silences the status sources, sends an application and lets them speak again.
func (w *world) park(ctx context.Context) error {
	w.pki.Silence(true)
	doc, err := w.signedBy(testpki.GOST512, nil, nil)
	if err != nil {
		return err
	}
	r, err := w.portal.Submit(ctx, "parked", doc)
	if err != nil {
		return err
	}
	if r.Decision != string(gateway.DecisionParked) {
		return fmt.Errorf("with OCSP and CRL silent the decision was %q, want parked", r.Decision)
	}
	w.t.say("parked as %s with %s: it has a number and a due time, its clock runs", r.Number, r.Code)
	o := w.expect(r.Number, r.Service)
	c, _, err := w.app.History(ctx, r.Number)
	if err != nil || c.State != gateway.StateParked {
		return fmt.Errorf("%s is %s, want parked (%v)", r.Number, c.State, err)
	}
	w.pki.Silence(false)
	w.t.say("OCSP and the CRL speak again")
	if err := w.arrived(ctx, o); err != nil {
		return err
	}
	w.sum.parked++
	w.t.say("decided without anybody's help: %s", r.Number)
	return nil
}

// count looks into the ledger: everything that was answered is there, and delivered.
func (w *world) count(ctx context.Context) error {
	w.t.chapter("The ledger is asked what became of everything that was answered")
	for _, o := range append(append([]*order{}, w.orders...), w.later...) {
		c, events, err := w.settled(ctx, o.number)
		if err != nil {
			return fmt.Errorf("%s: %w", o.number, err)
		}
		if c.State != gateway.StateDelivered {
			w.sum.lost++
		}
		w.t.say("%s  %-34s %-9s %2d events, chain ends in %s", c.Number, c.Service, c.State, len(events), events[len(events)-1].Hash[:12])
	}
	return nil
}

// settled gives the gateway a moment to write down the receipt of what the cabinet already has.
func (w *world) settled(ctx context.Context, number string) (gateway.Case, []gateway.Event, error) {
	const look = 50 * time.Millisecond
	for waited := time.Duration(0); ; waited += look {
		c, events, err := w.app.History(ctx, number)
		if err != nil || c.State.Terminal() || waited > patience {
			return c, events, err
		}
		time.Sleep(look)
	}
}

// pages says where to look while the demo keeps serving.
func (w *world) pages() {
	base := w.app.URL()
	fmt.Fprintf(w.t.out, `
The demo keeps serving; Ctrl-C ends it.
  operator board  %s/console   (user demo-operator, password %s)
  metrics         %s/metrics
  health          %s/healthz  %s/readyz
  API             %s/openapi.yaml
  SOAP            %s/shep/sync?wsdl  %s/shep/async?wsdl
`, base, w.operator, base, base, base, base, base, base)
}
