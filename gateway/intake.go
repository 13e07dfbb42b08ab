package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
	"kopir/gateway/worktime"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Rules is what the catalogue, the registry and the calendar say; the same for every use case.
type Rules struct {
	Catalogue *catalogue.Catalogue
	Registry  *routing.Registry
	Calendar  *worktime.Calendar
}

// IntakeConfig bounds the intake. The zero value works.
type IntakeConfig struct {
	ParkedPerCaller int           // default 1000: a silent status source must not fill the ledger
	ParkedPerIIN    int           // default 20
	ParkEvery       time.Duration // default one minute: the first re-check of a parked application
	ClockTolerance  time.Duration // default two minutes, as for OCSP times
	Registers       []string      // which can be asked here; the provider confirms what others would have
	Files           *FileDesk     // nil: no file is stored
}

func (c IntakeConfig) withDefaults() IntakeConfig {
	if c.ParkedPerCaller == 0 {
		c.ParkedPerCaller = 1000
	}
	if c.ParkedPerIIN == 0 {
		c.ParkedPerIIN = 20
	}
	if c.ParkEvery == 0 {
		c.ParkEvery = time.Minute
	}
	if c.ClockTolerance == 0 {
		c.ClockTolerance = defaultClockTolerance
	}
	return c
}

// World is what comes in from outside: time and randomness (DESIGN §3 rule 8).
type World struct {
	Now func() time.Time
	IDs IDs
}

// Intake takes signed applications in: decode, verify, check the form, record, answer.
type Intake struct {
	ledger Ledger
	index  Index
	prover *Prover
	rules  Rules
	world  World
	clock  *Clock
	meter  Meter
	cfg    IntakeConfig

	parking sync.Mutex
}

// NewIntake makes the intake.
func NewIntake(l Ledger, ix Index, p *Prover, r Rules, w World, clock *Clock, m Meter, cfg IntakeConfig) *Intake {
	return &Intake{ledger: l, index: ix, prover: p, rules: r, world: w, clock: clock, meter: m, cfg: cfg.withDefaults()}
}

// draft is one submission on its way through the intake.
type draft struct {
	sub     Submission
	at      time.Time
	clock   Reading
	proof   *proof
	service *catalogue.Service
	form    catalogue.Form
	files   []Attachment
	route   routing.Decision
	due     time.Time
}

// Accept decides one submission and records it. A refusal is an Answer; an error means that
// nothing was decided or recorded and the caller should come again.
func (in *Intake) Accept(ctx context.Context, s Submission) (Answer, error) {
	started := in.world.Now()
	clock, err := in.clock.Read(ctx, started, in.cfg.ClockTolerance)
	if err != nil {
		return Answer{}, err
	}
	answer, err := in.accept(ctx, &draft{sub: s, at: clock.At, clock: clock})
	if err != nil {
		return Answer{}, err
	}
	in.meter.Answer(answer, s.Via)
	in.meter.Accepted(in.world.Now().Sub(started))
	return answer, nil
}

func (in *Intake) accept(ctx context.Context, d *draft) (Answer, error) {
	started := in.world.Now()
	d.proof = in.prover.proveAt(d.sub.Document, d.clock)
	in.meter.Verified(in.world.Now().Sub(started))
	stored, err := in.ledger.Stored(ctx, d.sub.Key())
	switch {
	case err != nil:
		return Answer{}, err
	case stored != nil && stored.CoveredSHA == d.proof.sameness():
		return stored.Answer, in.bring(ctx, stored.Answer.Number, d.sub.Files)
	case stored != nil:
		return in.conflict(ctx, d)
	}
	if _, code := d.proof.verdict(); code != "" {
		return in.refuse(ctx, d, code, d.proof.detail(code))
	}
	if err := in.read(d); err != nil {
		return in.refuseError(ctx, d, err)
	}
	if first, err := in.ledger.FirstNumber(ctx, d.proof.coveredSHA); err != nil || first != "" {
		return in.duplicate(ctx, d, first, err)
	}
	if err := in.place(d); err != nil {
		return in.refuseError(ctx, d, err)
	}
	if err := in.attach(ctx, d); err != nil {
		return in.refuseError(ctx, d, err)
	}
	return in.decide(ctx, d)
}

// read finds the service, its form and the applicant, and holds them against the certificate
// and the envelope. Only covered octets are read.
func (in *Intake) read(d *draft) error {
	root, err := d.proof.form()
	if err != nil {
		return err
	}
	if d.service, err = in.serviceOf(root, d.at); err != nil {
		return err
	}
	if !d.service.Offers(string(d.sub.Channel)) {
		return &Error{Code: CodeChannelNotOffered, Detail: "the service is not offered by channel " + string(d.sub.Channel)}
	}
	if d.form, err = d.service.Read(root, string(d.sub.Channel)); err != nil {
		return err
	}
	if err := in.agree(d); err != nil {
		return err
	}
	d.proof.identity(d.form.IIN, d.form.BIN)
	if err := d.mayApply(); err != nil {
		return err
	}
	if outcome, code := d.proof.verdict(); outcome != reason.Passed {
		return &Error{Code: code, Detail: d.proof.detail(code)}
	}
	return nil
}

func (in *Intake) serviceOf(root *xmltree.Element, at time.Time) (*catalogue.Service, error) {
	return in.rules.Catalogue.ForDocument(root, at)
}

// agree demands that the envelope says what the signed form says (DESIGN §3 rule 2).
func (in *Intake) agree(d *draft) error {
	switch id := d.sub.Envelope.ServiceID; {
	case id == "" || slices.Contains(d.service.SHEP.ServiceIDs, id):
	case len(in.rules.Catalogue.ByServiceID(id)) == 0:
		return &Error{Code: CodeServiceUnknown, Detail: "no service has the envelope's serviceId"}
	default:
		return &Error{Code: CodeEnvelopeMismatch, Detail: "the envelope's serviceId belongs to another service than the signed form"}
	}
	if ch := d.form.Channel; ch != "" && ch != string(d.sub.Channel) {
		return &Error{Code: CodeEnvelopeMismatch, Detail: "the signed form names another channel than the caller's"}
	}
	return nil
}

// mayApply: a body applies by its head or by somebody with the right to sign, not by any employee.
func (d *draft) mayApply() error {
	cert := d.proof.firstCertificate()
	if d.form.IIN != "" || cert == nil {
		return nil
	}
	for _, role := range cert.Roles() {
		if role == "head" || role == "sign_right" {
			return nil
		}
	}
	return &Error{Code: reason.SignerRoleWrong, Detail: "a body's application is signed by its head or a person with the right to sign"}
}

// place finds the provider and the moment the result is due.
func (in *Intake) place(d *draft) (err error) {
	d.route, err = in.rules.Registry.Route(d.service.ProviderKinds, d.form.Territory, d.at)
	if err != nil {
		return err
	}
	hours, err := d.service.HoursOf(d.route.Provider.Kind, d.route.Provider.Hours)
	if err == nil {
		d.due, err = in.rules.Calendar.Due(d.at, d.service.Limit(string(d.sub.Channel)), hours)
	}
	if err != nil {
		return &Error{Code: CodeInternal, Detail: "the due date cannot be computed", Err: err}
	}
	return nil
}

// decide asks for the certificate's status, the only question that goes out, and records the answer.
// Without a usable answer nothing passes unmarked.
func (in *Intake) decide(ctx context.Context, d *draft) (Answer, error) {
	in.prover.revocation(ctx, d.proof, d.at, d.service.Revocation)
	in.prover.sender(ctx, d.proof, d.sub.Sender, d.at, d.service.Revocation.Sources)
	in.clock.weigh(d.proof, d.clock)
	switch outcome, code := d.proof.verdict(); outcome {
	case reason.Passed:
		return in.register(ctx, d, StateAccepted, "")
	case reason.Inconclusive:
		return in.undecided(ctx, d, code)
	default:
		if IsTransport(code) {
			d.sub.MessageID = "" // whoever holds a revoked key must not spend the message ids of others
		}
		return in.refuse(ctx, d, code, d.proof.detail(code))
	}
}

// undecided does what the service's owner has laid down for a status nobody tells. A clock in doubt is
// our own fault: then the application is parked, whatever the rule (DESIGN §3 rules 5 and 8). What the owner
// signed for is the applicant's certificate: a sender of unknown status is never taken with a mark.
func (in *Intake) undecided(ctx context.Context, d *draft, code Code) (Answer, error) {
	if d.proof.statusUnknown() {
		switch d.service.Revocation.Unknown {
		case catalogue.UnknownRefuse:
			d.sub.MessageID = "" // the applicant comes again, with the same message if he likes
			return in.refuse(ctx, d, code, d.proof.detail(code))
		case catalogue.UnknownAcceptMarked:
			if d.proof.senderUnknown() {
				break
			}
			return in.register(ctx, d, StateAccepted, code)
		}
	}
	return in.park(ctx, d, code)
}

// entryOf is what the catalogue says today about the service of a case, nil if it has left the catalogue.
func (in *Intake) entryOf(key string) *catalogue.Service {
	if in.rules.Catalogue == nil {
		return nil
	}
	s, _ := in.rules.Catalogue.ByKey(key)
	return s
}

// ruleOf is the rule a case is asked for by; without an entry the careful one.
func ruleOf(s *catalogue.Service) catalogue.Revocation {
	if s == nil {
		return catalogue.DefaultRevocation()
	}
	return s.Revocation
}

// park records an application that waits for its certificate's status. One at a time: the bound of
// parking holds for submissions that come at once, too.
func (in *Intake) park(ctx context.Context, d *draft, code Code) (Answer, error) {
	in.parking.Lock()
	defer in.parking.Unlock()
	if err := in.mayPark(ctx, d); err != nil {
		return Answer{}, err
	}
	return in.register(ctx, d, StateParked, code)
}

// mayPark bounds parking by caller and by person (DESIGN §3 rule 5).
func (in *Intake) mayPark(ctx context.Context, d *draft) error {
	byCaller, byIIN, err := in.ledger.ParkedCount(ctx, d.sub.Caller.ID, d.form.IIN)
	if err != nil {
		return err
	}
	if byCaller >= in.cfg.ParkedPerCaller || byIIN >= in.cfg.ParkedPerIIN {
		return &Error{Code: CodeRateLimited, Detail: "too many applications wait for a certificate's status"}
	}
	return nil
}

// refuseError refuses with the reason an error names; an error that names none is ours and refuses nobody.
func (in *Intake) refuseError(ctx context.Context, d *draft, err error) (Answer, error) {
	var e *Error
	if !errors.As(err, &e) || e.Code == CodeInternal || e.Code == CodeUnavailable {
		return Answer{}, err
	}
	return in.refuse(ctx, d, e.Code, e.Detail)
}
