package gateway

import (
	"context"
	"time"
)

// Ledger is the truth: every request, every state it went through, every act. Implementations
// pass gatewaytest.ExerciseLedger. A method that writes is durable when it returns nil; a full
// disk or a lost database is a CodeUnavailable error and nothing is written.
type Ledger interface {
	// Stored returns the answer given to a message, nil if the key is new.
	Stored(ctx context.Context, key MessageKey) (*Stored, error)
	// FirstNumber returns the number of the accepted or parked application with these covered
	// octets, "" if there is none.
	FirstNumber(ctx context.Context, coveredSHA string) (string, error)
	// Record writes one submission in one transaction. If the key was taken meanwhile nothing is
	// written and the stored answer comes back; if another case with the same covered octets was
	// recorded meanwhile nothing is written and the error has CodeDuplicate.
	Record(ctx context.Context, r Record) (*Stored, error)

	// Case returns one case; CodeNotFound if the number is unknown.
	Case(ctx context.Context, number string) (Case, error)
	// Change loads the case under a lock, asks decide what is to be done, and writes that in the same
	// transaction. A transition outside the table is CodeTransitionRefused. An error of decide is
	// returned as it is and nothing is written.
	Change(ctx context.Context, number string, decide func(Case) (Change, error)) (Case, error)
	// CasesOf returns one person's cases, newest first.
	CasesOf(ctx context.Context, iin string, limit int) ([]Case, error)
	// Events returns a case's history in order.
	Events(ctx context.Context, number string) ([]Event, error)
	// Document returns stored bytes by digest; CodeNotFound if there are none.
	Document(ctx context.Context, sha256 string) ([]byte, error)

	// Claim leases up to Max accepted cases of a provider, oldest due date first: Attempt grows by
	// one, LeaseID and LeaseUntil are set, a "leased" event is written. Cases whose lease is still
	// running are passed over. No case is given to two claimers.
	Claim(ctx context.Context, c Claim) ([]Case, error)
	// CaseByLease returns the case a lease id belongs to; CodeLeaseExpired if it was taken over or never was.
	CaseByLease(ctx context.Context, leaseID string) (Case, error)
	// Queues tells every provider's waiting cases, for the ready-index, metrics and pages.
	Queues(ctx context.Context) ([]Queue, error)

	// DueParked returns numbers of parked cases whose status is to be asked again, earliest due date first.
	DueParked(ctx context.Context, now time.Time, limit int) ([]string, error)
	// DueMarked returns numbers of unconfirmed cases whose status is to be asked again, earliest due date first.
	DueMarked(ctx context.Context, now time.Time, limit int) ([]string, error)
	// Wake lets every parked or unconfirmed case be asked about at once and says how many those are.
	Wake(ctx context.Context, now time.Time) (int, error)
	// Escalated returns numbers of cases that need people and are neither delivered nor refused, earliest due date first.
	Escalated(ctx context.Context, limit int) ([]string, error)
	// WaitingBy counts parked and unconfirmed cases, all of them and those due by each of the moments.
	WaitingBy(ctx context.Context, moments ...time.Time) (Waiting, error)
	// ParkedCount counts parked cases of one caller and of one person, for the bounds of parking.
	ParkedCount(ctx context.Context, caller, iin string) (byCaller, byIIN int, err error)

	// ClaimOutbox takes due messages for delivery, hiding them until the given moment. Of one case
	// only the first undelivered message is ever handed out.
	ClaimOutbox(ctx context.Context, now, until time.Time, limit int) ([]Message, error)
	// Delivered marks a message delivered and appends the event to its case; the RESPONSE of an
	// answered case (completed or declined) moves it to delivered in the same transaction.
	Delivered(ctx context.Context, id, receipt string, at time.Time) error
	// Postpone stores a failed attempt and when to try again.
	Postpone(ctx context.Context, id, cause string, next time.Time) error
	// OutboxDepth counts undelivered messages and tells the oldest, by destination.
	OutboxDepth(ctx context.Context) ([]Queue, error)

	// Verdicts returns recorded verdicts, newest first.
	Verdicts(ctx context.Context, f VerdictFilter) ([]Verdict, error)
	// Verdict returns one verdict; CodeNotFound if the id is unknown.
	Verdict(ctx context.Context, id string) (Verdict, error)
	// VerdictBody returns a verdict's JSON exactly as it is stored; CodeNotFound if the id is unknown.
	VerdictBody(ctx context.Context, id string) ([]byte, error)
	// Messages returns a case's outbox in order, delivered messages with their receipts.
	Messages(ctx context.Context, number string) ([]Message, error)
	// Failures counts failed and inconclusive verdicts by code and step of time.
	Failures(ctx context.Context, from, to time.Time, step time.Duration) ([]FailureCount, error)

	// CallerByKey returns the caller whose key has this SHA-256; CodeUnauthenticated if there is none or it is revoked.
	CallerByKey(ctx context.Context, keySHA256 string) (Caller, error)
	// PutCaller stores a caller with its act; an existing id is replaced.
	PutCaller(ctx context.Context, c Caller, act Act) error
	// Callers lists all callers.
	Callers(ctx context.Context) ([]Caller, error)

	// Act records an act of a caller or operator that belongs to no case.
	Act(ctx context.Context, a Act) error
	// Acts returns the newest acts.
	Acts(ctx context.Context, limit int) ([]Act, error)

	// LookupLedger keeps what registers are asked.
	LookupLedger
	// FileIndex knows the files cases name.
	FileIndex

	// Stamps roots and dates what the ledger holds.
	Stamps

	// Latest is the time of the newest event or verdict: a clock that is behind it went backwards.
	Latest(ctx context.Context) (time.Time, error)
	// Ping says whether the ledger can be reached and written.
	Ping(ctx context.Context) error
	Close() error
}

// Claim asks for leases.
type Claim struct {
	Provider string
	Actor    string // caller id
	Max      int
	Now      time.Time
	Until    time.Time
	LeaseIDs []string // at least Max random ids
}

// Queue is the depth of one queue and the age of its oldest entry.
type Queue struct {
	Name   string // provider id or destination
	Depth  int
	Leased int
	Oldest time.Time
}

// VerdictFilter narrows [Ledger.Verdicts]. Zero fields do not filter.
type VerdictFilter struct {
	Code       Code
	Service    string
	Number     string
	OnlyFailed bool // failed or inconclusive
	From, To   time.Time
	Limit      int
}

// FailureCount is how often a code was found in one step of time.
type FailureCount struct {
	At      time.Time
	Code    Code
	Service string
	Count   int
}

// Act is something a caller or operator did outside any case.
type Act struct {
	At     time.Time         `json:"at"`
	Actor  string            `json:"actor"`
	Kind   string            `json:"kind"`
	Target string            `json:"target,omitempty"`
	Data   map[string]string `json:"data,omitempty"`
}

// Index wakes pollers when a provider has work. It may lose anything at any time: the
// ledger decides. Implementations pass gatewaytest.ExerciseIndex.
type Index interface {
	// Ready says that the provider has work.
	Ready(ctx context.Context, provider string) error
	// Wait returns when the provider was said to be ready, when d has passed, or with ctx's error.
	// Work said to be ready before Wait was called and not yet taken wakes at once.
	Wait(ctx context.Context, provider string, d time.Duration) error
	// Drained says that the provider's queue was found empty.
	Drained(ctx context.Context, provider string) error
	// Rebuild replaces what the index believes by what the ledger knows.
	Rebuild(ctx context.Context, queues []Queue) error
	// Ping says whether the index can be reached.
	Ping(ctx context.Context) error
	Close() error
}

// Courier carries one message to its destination and returns the receipt. An error means: try again later.
type Courier interface {
	Deliver(ctx context.Context, m Message, c Case, result []byte) (receipt string, err error)
}

// Meter counts what happened. Its labels come from closed lists only.
type Meter interface {
	Verdict(v Verdict)
	Answer(a Answer, via Via)
	Verified(took time.Duration) // one document, without the status of its certificates
	Accepted(took time.Duration) // from the submission to its recorded answer
	Delivery(destination string, delivered bool)
	StatusEvent(event, service string) // escalated, marked, mark_confirmed, mark_failed
}

// NoMeter counts nothing.
type NoMeter struct{}

// Verdict implements [Meter].
func (NoMeter) Verdict(Verdict) {}

// Answer implements [Meter].
func (NoMeter) Answer(Answer, Via) {}

// Verified implements [Meter].
func (NoMeter) Verified(time.Duration) {}

// Accepted implements [Meter].
func (NoMeter) Accepted(time.Duration) {}

// Delivery implements [Meter].
func (NoMeter) Delivery(string, bool) {}

// StatusEvent implements [Meter].
func (NoMeter) StatusEvent(string, string) {}
