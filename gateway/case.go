package gateway

import (
	"time"

	"kopir/xmlsig/reason"
)

// Channel is how the regulation lets an applicant come (services.md): the portal or a front office.
type Channel string

// Channels of the regulations.
const (
	ChannelPortal           Channel = "portal"
	ChannelDepartment       Channel = "department"
	ChannelServiceCentre    Channel = "service_centre"
	ChannelRuralAkim        Channel = "rural_akim"
	ChannelEmploymentCentre Channel = "employment_centre"
)

// Channels lists the channels of the regulations.
func Channels() []Channel {
	return []Channel{ChannelPortal, ChannelDepartment, ChannelServiceCentre, ChannelRuralAkim, ChannelEmploymentCentre}
}

// Via is the transport a message came by; it is part of the message key.
type Via string

// Transports.
const (
	ViaREST      Via = "rest"
	ViaSyncSOAP  Via = "soap-sync"
	ViaAsyncSOAP Via = "soap-async"
)

// MessageKey identifies a message: same key and same covered octets, same answer (DESIGN §3 rule 6).
type MessageKey struct {
	Caller string
	Via    Via
	ID     string
}

// Envelope is what travelled around the signed document. It must agree with it, and
// is kept so that answers go back along the same chain.
type Envelope struct {
	ServiceID     string `json:"service_id,omitempty"`
	RouteID       string `json:"route_id,omitempty"`
	MessageID     string `json:"message_id,omitempty"`
	CorrelationID string `json:"correlation_id,omitempty"`
	SessionID     string `json:"session_id,omitempty"`
	SenderID      string `json:"sender_id,omitempty"`
	// SenderChain are the SHA-256 of the sender's certificates with spaces between, kept as documents, while
	// their status is to be asked for again.
	SenderChain string `json:"sender_chain,omitempty"`
}

// Submission is one application as an adapter hands it in. The caller is authenticated.
type Submission struct {
	Caller    Caller
	Via       Via
	MessageID string
	Channel   Channel
	Document  []byte         // the signed XML exactly as it came
	Envelope  Envelope       //
	Transport []reason.Check // what was found about the transport's own signature
	Sender    *Sender        // whose that signature is; nil: none was looked at
	Files     []File         // that came beside the document; nil: the message had no room for files
}

// Key is the message key of the submission.
func (s Submission) Key() MessageKey {
	return MessageKey{Caller: s.Caller.ID, Via: s.Via, ID: s.MessageID}
}

// Decision is what became of a submission.
type Decision string

// Decisions.
const (
	DecisionAccepted Decision = "accepted"
	DecisionParked   Decision = "parked"
	DecisionRefused  Decision = "refused"
)

// Answer is what the caller is told, and told again for the same message.
type Answer struct {
	Decision    Decision  `json:"decision"`
	Number      string    `json:"number,omitempty"` // empty when refused
	Code        Code      `json:"code,omitempty"`   // why refused, parked or marked
	Detail      string    `json:"detail,omitempty"`
	FirstNumber string    `json:"first_number,omitempty"` // with duplicate
	Service     string    `json:"service,omitempty"`
	Provider    string    `json:"provider,omitempty"`
	ReceivedAt  time.Time `json:"received_at"`
	DueAt       time.Time `json:"due_at,omitzero"`
	Verdict     string    `json:"verdict,omitempty"` // id of the recorded verdict
	Mark        Mark      `json:"mark,omitempty"`
	Files       FileCount `json:"files,omitzero"`
}

// Mark stands on a case that went on without its certificate's status, where the service's owner has
// signed for that. It is asked for until it is known.
type Mark string

// Marks.
const (
	MarkNone        Mark = ""
	MarkUnconfirmed Mark = "unconfirmed" // the status is still asked for
	MarkFailed      Mark = "failed"      // the certificate does not hold after all: people decide what follows
)

// Marks lists the marks a case can carry.
func Marks() []Mark { return []Mark{MarkUnconfirmed, MarkFailed} }

// Case is one registered application and where it stands.
type Case struct {
	Number        string
	Service       string // catalogue key, "asp-certificate/zhambyl"
	Provider      string // provider id of the registry
	Territory     string // КАТО code the form names
	Rule          string // why this provider, in words
	State         State
	Outcome       string // "positive" or "negative" once answered
	IIN, BIN      string // the applicant's
	RequestNumber string // the portal's own number
	RequestDate   string // as written in the form
	ChainID       string // of the first application in the portal's chain, where the form names it
	Channel       Channel
	Via           Via
	Caller        string // who brought it
	Envelope      Envelope
	ReceivedAt    time.Time
	DueAt         time.Time
	DocumentSHA   string // the received bytes
	CoveredSHA    string // the covered octets
	ResultSHA     string // the signed result as it came from the provider
	Attachments   []Attachment
	Attempt       int // fencing: grows with every lease
	LeaseID       string
	LeaseUntil    time.Time
	Mark          Mark
	NextCheckAt   time.Time    // parked or unconfirmed: when the status is asked again
	Checks        int          // how often it was asked again
	EscalatedAt   time.Time    // people were told that this case needs them; zero once it is settled
	Doubt         bool         // received by a clock that was behind the ledger: dates are judged at the re-check
	Lookups       []LookupMark // what registers were asked about the applicant
	UpdatedAt     time.Time
}

// awaitsStatus says whether the certificate's status is still asked for.
func (c Case) awaitsStatus() bool { return c.State == StateParked || c.Mark == MarkUnconfirmed }

// open says that the provider's answer is still to come: the clock of the service runs.
func (c Case) open() bool {
	return c.State == StateParked || c.State == StateAccepted || c.State == StateInWork || c.State == StateDead
}

// Events about a certificate's status that came late, or not in time.
const (
	EventEscalated     = "escalated"      // the due time is near and the status unknown
	EventMarked        = "marked"         // counted only: accepted with a mark
	EventMarkConfirmed = "mark_confirmed" // the certificate was good; the mark is gone
	EventMarkFailed    = "mark_failed"    // it was not; the provider and people are shown that
)

// Event is one entry of a case's history. The ledger chains events per case: see [ChainHash].
type Event struct {
	Seq    int               `json:"seq"`
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"`  // registered, parked, leased, acknowledged, step, result, delivered …
	Actor  string            `json:"actor"` // caller id, or "kopir"
	Data   map[string]string `json:"data,omitempty"`
	Hash   string            `json:"hash"`
	Number string            `json:"number,omitempty"`
}

// Message is one entry of the outbox: something a destination must be told. Messages of one
// case go out in Seq order, the next only after the one before was delivered.
type Message struct {
	ID          string
	Number      string
	Seq         int
	Destination string // "shep" or "callback:<caller id>"
	Kind        string // "NOTIFICATION" or "RESPONSE" (SHEP messageType)
	Status      string // reason for the message: parked, accepted, in_work, step, completed, declined, refused
	Text        map[string]string
	ResultSHA   string // the signed result, with RESPONSE
	CreatedAt   time.Time
	NextAt      time.Time
	Attempts    int
	LastError   string
	DeliveredAt time.Time
	Receipt     string
}

// Stored is the recorded answer of a message.
type Stored struct {
	CoveredSHA string
	Answer     Answer
}

// Record is everything one submission leaves behind; it is written in one transaction.
type Record struct {
	Key        MessageKey // empty ID: nothing to remember under a key (conflict)
	CoveredSHA string
	Answer     Answer
	Verdict    Verdict
	Case       *Case // nil when refused
	Events     []Event
	Outbox     []Message
	Documents  []Document
}

// Document is stored once by its digest.
type Document struct {
	SHA256 string
	Bytes  []byte
}

// Change is what a use case wants done to a case, in one transaction.
type Change struct {
	Case      Case // as it shall be; its State must be reachable by the table
	Events    []Event
	Outbox    []Message
	Documents []Document
	Verdict   *Verdict
	Lookup    *LookupEnd
}
